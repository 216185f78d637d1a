/// One lane: connections, their states, and who waits for them. Never blocks; the owner's loop
/// calls it when a socket is ready, when time has passed, and at the end of each turn.
public final class Pool {
  /// `point` or `pool`, for the log.
  public let name: String
  private let string: ConnectionString
  private let settings: SessionSettings
  /// Nanoseconds an attempt to connect may take.
  private let connectLimit: UInt64
  private unowned let owner: any PoolOwner

  private var state: PoolState
  /// By slot.
  private var places: [Place]
  private var hosts: HostOrder
  /// By ticket.
  private var courses: [Course] = []
  private var actions: [PoolState.Action] = []
  private var now: UInt64 = 0
  private var random = SystemRandomNumberGenerator()
  private var isLost = false
  private var isPerforming = false
  /// Connections that died and were not replaced yet.
  private var unreplaced = 0
  /// What happened so far.
  public private(set) var counts = Counts()

  /// Serialization failures and deadlocks are tried this often (PostgreSQL, section 13.5).
  private static let maxAttempts: UInt8 = 3
  /// How long a cancelled statement may take to end.
  private static let cancelLimit: UInt64 = 1_000_000_000
  /// How long a connection that writes are refused on is taken for the best there is.
  private static let readOnlyLimit: UInt64 = 1_000_000_000

  /// Begins to connect at the first `tick` or `submit`.
  public init(
    name: String, _ string: ConnectionString, _ settings: SessionSettings,
    _ limits: PoolState.Limits, connectLimit: UInt64, owner: any PoolOwner
  ) {
    self.name = name
    self.string = string
    self.settings = settings
    self.connectLimit = connectLimit
    self.owner = owner
    state = PoolState(limits)
    places = Array(repeating: Place(), count: limits.size)
    hosts = HostOrder(count: string.hosts.count)
  }

  /// Whether `tick` is wanted at short intervals.
  public var needsTicks: Bool {
    state.needsTicks || places.contains { $0.deadline != Place.never }
  }

  /// Whether it has no connection, and the last attempt to get one was refused.
  public var isDown: Bool { state.isDown }

  /// Whether a connection has led through a pooler.
  public var isPooled: Bool { state.isPooled }

  /// How the lane stands.
  public var figures: PoolState.Figures { state.figures }

  // MARK: requests

  /// Runs the request's statement as soon as a connection has room.
  public func submit(_ ticket: Int, now: UInt64) {
    self.now = now
    while courses.count <= ticket { courses.append(Course()) }
    courses[ticket] = Course()
    enqueue(ticket)
    perform()
  }

  /// Nobody waits for the request any more: its client left, or its deadline passed.
  ///
  /// - Parameter isHung: the deadline passed, so the server did not end the statement in time.
  public func abandon(_ ticket: Int, isHung: Bool, now: UInt64) {
    self.now = now
    let slot = courses[ticket].slot
    guard slot >= 0, let connection = places[slot].connection else { return state.withdraw(ticket) }
    courses[ticket].slot = -1
    connection.orphan(ticket)
    // What is in company is not cancelled for one that left, and nothing is cancelled twice.
    let isWanted = state.depth > 1 || connection.isAwaited
    guard isHung || !isWanted, places[slot].deadline == Place.never else { return }
    connection.cancellation()?.run()
    if state.depth == 1 {
      // A late cancel must not meet the next statement: the connection ends with this one.
      places[slot].deadline = now + Self.cancelLimit
      state.retire(slot, &actions)
    } else {
      lose(slot)
    }
    perform()
  }

  /// Sends what this turn of the loop has queued: one Sync for each connection.
  public func flush() {
    for slot in places.indices {
      guard let connection = places[slot].connection, connection.hasUnsynced, connection.isReady
      else {
        continue
      }
      owner.sent(batch: connection.unsyncedStatements, of: self)
      guard connection.sync(), let isBlocked = connection.flush() else {
        lose(slot)
        perform()
        continue
      }
      if isBlocked {
        owner.watch(connection.descriptor, slot: slot, of: self, writable: true)
      }
    }
  }

  // MARK: events of the loop

  /// The socket of `slot` is ready.
  public func ready(_ slot: Int, writable: Bool, now: UInt64) {
    self.now = now
    if let connector = places[slot].connector {
      // Else it is the pipe of the one before, which was given up.
      guard connector.isOver() else { return }
      take(slot, connector)
      return perform()
    }
    guard let connection = places[slot].connection else { return }
    guard connection.isReady else {
      advance(slot, connection)
      return perform()
    }
    if writable {
      guard let isBlocked = connection.flush() else {
        lose(slot)
        return perform()
      }
      if !isBlocked {
        owner.watch(connection.descriptor, slot: slot, of: self, writable: false)
      }
    }
    let isAlive = connection.consume()
    places[slot].heardAt = now
    receive(slot, connection)
    // What came before the end was read first.
    if !isAlive, places[slot].connection === connection { lose(slot) }
    perform()
  }

  /// Time has passed.
  public func tick(now: UInt64) {
    self.now = now
    for slot in places.indices where now >= places[slot].deadline {
      if places[slot].connection?.isReady == true {
        lose(slot)
      } else {
        // A connector's thread does not tell at which host it was; the first is tried first.
        hosts.noteSilence(of: places[slot].connection?.host(of: string), now: now)
        refuse(slot, "the server did not answer within \(connectLimit / 1_000_000) ms")
      }
    }
    state.tick(now: now, &actions)
    perform()
  }

  /// Ends every connection.
  public func close() {
    for slot in places.indices { places[slot].clear() }
  }

  // MARK: connecting

  private func connect(_ slot: Int) {
    places[slot].deadline = now + connectLimit
    let options = string.options(inOrder: hosts.order(now: now))
    if string.needsNameService {
      // libpq counts in seconds and takes 1 as 2.
      let seconds = max(Int(connectLimit / 1_000_000_000), 2)
      guard let connector = Connector(string, limit: seconds, options: options) else {
        return refuse(slot, "no thread to connect with")
      }
      places[slot].connector = connector
      return owner.watch(connector.descriptor, slot: slot, of: self, writable: false)
    }
    guard let connection = Connection(string, settings, options) else {
      return refuse(slot, "out of memory")
    }
    places[slot].connection = connection
    follow(slot, connection, connection.firstProgress)
  }

  /// Takes over what a connector's thread has made.
  private func take(_ slot: Int, _ connector: Connector) {
    places[slot].connector = nil
    guard let handle = unsafe connector.take() else { return refuse(slot, "out of memory") }
    let connection = unsafe Connection(handle, settings)
    places[slot].connection = connection
    advance(slot, connection)
  }

  private func advance(_ slot: Int, _ connection: Connection) {
    follow(slot, connection, connection.advance())
  }

  private func follow(_ slot: Int, _ connection: Connection, _ progress: Connection.Progress) {
    switch progress {
    case .reading:
      owner.watch(connection.descriptor, slot: slot, of: self, writable: false)
    case .writing:
      owner.watch(connection.descriptor, slot: slot, of: self, writable: true)
    case .ready:
      places[slot].deadline = Place.never
      places[slot].openedAt = now
      // Before anything runs on it, also what has waited for it.
      if connection.isPooled { state.isPooled = true }
      counts.connects += 1
      if unreplaced > 0 {
        unreplaced -= 1
        counts.reconnects += 1
      }
      owner.watch(connection.descriptor, slot: slot, of: self, writable: false)
      state.connected(slot, now: now, jitter: random.next(), &actions)
      if isLost {
        isLost = false
        owner.databaseChanged(self, lost: nil)
      }
    case .failed(let reason): refuse(slot, reason)
    }
  }

  private func refuse(_ slot: Int, _ reason: String) {
    places[slot].clear()
    counts.connectFailures += 1
    state.refused(slot, now: now, jitter: random.next(), &actions)
    tellIfDown(reason)
  }

  private func tellIfDown(_ reason: String) {
    guard state.isDown else { return }
    if isLost { return owner.databaseRefused(self, reason: reason) }
    isLost = true
    owner.databaseChanged(self, lost: reason)
  }

  // MARK: running

  private func perform() {
    // Performing an action may lead back here, and may add more behind it.
    guard !isPerforming else { return }
    isPerforming = true
    defer { isPerforming = false }
    var index = 0
    while index < actions.count {
      let action = actions[index]
      index += 1
      switch action {
      case .connect(let slot): connect(slot)
      case .run(let ticket, let slot): run(ticket, slot)
      // A connection that is dead shows it with the run behind.
      case .group(let slot): _ = places[slot].connection?.beginGroup()
      case .refuse(let ticket): finish(ticket, .unavailable)
      case .close(let slot): places[slot].clear()
      }
    }
    actions.removeAll(keepingCapacity: true)
  }

  private func run(_ ticket: Int, _ slot: Int) {
    guard let connection = places[slot].connection else {
      return enqueue(ticket)
    }
    // libpq still says OK of a connection that died while idle; one that spoke in this turn of the
    // loop was not.
    if connection.isIdle && places[slot].heardAt != now && connection.isStale
      || !owner.send(ticket, on: connection, mayPrepare: !courses[ticket].isUnprepared)
    {
      // Not one byte of the statement was sent: writes too may go elsewhere.
      lose(slot)
      return enqueue(ticket)
    }
    courses[ticket].attempts += 1
    courses[ticket].slot = slot
  }

  private func enqueue(_ ticket: Int) {
    let company = courses[ticket].isAlone ? .none : owner.company(ticket)
    state.submit(ticket, company: company, now: now, &actions)
  }

  private func receive(_ slot: Int, _ connection: Connection) {
    while places[slot].connection === connection {
      switch connection.receive() {
      case .none: return
      case .dead: return lose(slot)
      case .rows(let tag, let result):
        released(slot, tag)
        if tag >= 0 { owner.finished(tag, .rows(result)) }
      case .aborted(let tag):
        released(slot, tag)
        if tag >= 0 {
          // It did not run: that was no attempt. Alone, it will not be undone by another.
          courses[tag].attempts -= 1
          courses[tag].isAlone = true
          state.resubmit(tag, now: now, &actions)
        }
      case .refused(let tag, let error):
        if error.state.endsSession {
          unassign(tag)
          state.released(slot, now: now, &actions)
          lose(slot)
          if tag >= 0 { retryElsewhere(tag) }
          return
        }
        released(slot, tag)
        if tag >= 0 { refused(tag, slot, error) }
      }
      perform()
    }
  }

  private func released(_ slot: Int, _ tag: Int) {
    unassign(tag)
    state.released(slot, now: now, &actions)
  }

  private func refused(_ ticket: Int, _ slot: Int, _ error: ServerError) {
    let mayRunAgain =
      (error.state.needsPreparing && !courses[ticket].isUnprepared)
      || (error.state.isTransient && courses[ticket].attempts <= Self.maxAttempts)
    if mayRunAgain {
      counts.retries += 1
      // The next connection may know as little: parsed anew, it depends on none.
      if error.state.needsPreparing { courses[ticket].isUnprepared = true }
      return enqueue(ticket)
    }
    // Its server became a standby, or was read-only when the session began: new sessions look for the one
    // that writes. When this one is new itself there is none, and looking again would cost the reads dearly.
    if error.state == .readOnlyTransaction, now >= places[slot].openedAt + Self.readOnlyLimit {
      renew(now: now, age: Self.readOnlyLimit)
      owner.serverTakesNoWrites(self)
      counts.retries += 1
      return enqueue(ticket)
    }
    finish(ticket, .refused(error))
  }

  /// Replaces the connections that are `age` nanoseconds old or older.
  public func renew(now: UInt64, age: UInt64 = 0) {
    self.now = now
    for slot in places.indices where now >= places[slot].openedAt + age {
      state.retire(slot, &actions)
    }
    perform()
  }

  /// The connection is dead or given up. What was in flight on it goes elsewhere if it may.
  private func lose(_ slot: Int) {
    guard let connection = places[slot].connection else { return }
    let tags = connection.takeTags()
    places[slot].clear()
    counts.losses += 1
    // Bounded: what was not wanted again by then is no replacement later.
    unreplaced = min(unreplaced + 1, places.count)
    state.lost(slot, now: now, &actions)
    // The last one, while new ones are refused.
    tellIfDown("connection lost")
    for ticket in tags { retryElsewhere(ticket) }
  }

  /// A read is sent once more; a write may have been done already, and its client decides.
  private func retryElsewhere(_ ticket: Int) {
    courses[ticket].slot = -1
    if owner.isRead(ticket) && courses[ticket].attempts < 2 {
      counts.retries += 1
      enqueue(ticket)
    } else {
      finish(ticket, .lost)
    }
  }

  private func unassign(_ ticket: Int) {
    if ticket >= 0 { courses[ticket].slot = -1 }
  }

  private func finish(_ ticket: Int, _ outcome: consuming Outcome) {
    unassign(ticket)
    owner.finished(ticket, outcome)
  }
}
