/// The decisions of a pool of connections, without the connections: no clock, no socket, no
/// randomness of its own. Times are nanoseconds of one monotonic clock.
///
/// A slot: empty → connecting → open → empty; open → draining → empty, where draining takes no
/// more work; connecting → empty when refused, then nothing is tried before `retryAt`.
public struct PoolState: Sendable {
  /// Sizes and times; times in nanoseconds.
  public struct Limits: Sendable {
    /// Connections at most.
    public var size: Int
    /// Statements in flight on one connection at most, beside reads that share it and writes that
    /// commit together.
    public var depth: Int
    /// Requests that may wait for a connection.
    public var queue: Int
    /// How long a request waits.
    public var wait: UInt64
    /// How long a connection beyond the first may stay idle.
    public var idle: UInt64
    /// How old a connection may become; each gets up to a tenth less.
    public var lifetime: UInt64
    /// Writes that may share a transaction, at most.
    public var group: Int
    /// Connections that quick reads share, beside those that stand still; 0: they share none.
    public var readers: Int

    /// Times in nanoseconds.
    public init(
      size: Int, depth: Int, queue: Int, wait: UInt64, idle: UInt64, lifetime: UInt64,
      group: Int = 1, readers: Int = 0
    ) {
      self.size = size
      self.depth = depth
      self.queue = queue
      self.wait = wait
      self.idle = idle
      self.lifetime = lifetime
      self.group = group
      self.readers = readers
    }
  }

  /// With whom a statement may share a connection.
  public enum Company: Equatable, Sendable {
    case none
    /// Reads, sent behind others without waiting for what those give, where fewer than `depth` are in
    /// flight.
    case reads(depth: Int)
    /// Having had to wait, a transaction with writes of other keys.
    case writes(key: UInt64)

    fileprivate func mayJoin(_ group: [Company]) -> Bool {
      if case .writes = self { !group.contains(self) } else { false }
    }

    fileprivate var isRead: Bool { if case .reads = self { true } else { false } }
  }

  /// What the owner of the connections has to do.
  public enum Action: Equatable, Sendable {
    case connect(slot: Int)
    case run(ticket: Int, slot: Int)
    /// The next runs on this slot are writes that commit together.
    case group(slot: Int)
    /// No connection can be had: unavailable.
    case refuse(ticket: Int)
    case close(slot: Int)
  }

  enum Slot: Equatable, Sendable {
    case empty
    case connecting
    case open(inFlight: Int, used: UInt64, expires: UInt64)
    case draining(inFlight: Int)
  }

  /// What runs on a slot.
  private struct Work: Sendable {
    var company = Company.none
    /// When it was sent; of reads when the last result came, if that was later.
    var since: UInt64 = 0
  }

  /// What it was made with.
  public let limits: Limits
  private(set) var slots: [Slot]
  private var waiting = WaitingLine()
  /// Whether the reads, and the writes, that ended last were quick: those that share a connection run
  /// one after the other, which would add up slow ones.
  private var areReadsQuick = true
  private var areWritesQuick = true
  /// Whether a connection leads through a pooler: nothing may be sent there before the Sync of what is in
  /// flight has come back.
  var isPooled = false
  /// By slot.
  private var work: [Work]
  /// Attempts refused in a row.
  private(set) var failures = 0
  private(set) var retryAt: UInt64 = 0
  private var attemptedAt: UInt64 = 0
  /// Requests that gave up waiting, and those refused at once.
  private(set) var timeouts: UInt64 = 0
  private(set) var refusals: UInt64 = 0

  /// No connection yet, nobody waits.
  public init(_ limits: Limits) {
    self.limits = limits
    slots = Array(repeating: .empty, count: limits.size)
    work = Array(repeating: Work(), count: limits.size)
  }

  /// First pause between attempts that are refused, doubled up to `longestPause`; half of it is jitter.
  static let shortestPause: UInt64 = 100_000_000
  static let longestPause: UInt64 = 1_000_000_000
  /// Nanoseconds to the end of a statement, within which others may share its connection: many times
  /// what a commit takes on a slow disk.
  static let quickLimit: UInt64 = 100_000_000
  /// A connection that has given no result for so long is left to the reads that are there.
  static let stallLimit: UInt64 = 20_000_000

  /// Whether no connection is open and the last attempt was refused.
  public var isDown: Bool {
    failures > 0 && !slots.contains { if case .open = $0 { true } else { false } }
  }

  /// Requests that wait for a connection.
  public var waitingCount: Int { waiting.count }

  /// Statements in flight on a connection.
  public func load(_ slot: Int) -> Int {
    switch slots[slot] {
    case .open(let inFlight, _, _), .draining(let inFlight): inFlight
    case .empty, .connecting: 0
    }
  }

  /// Statements in flight on one connection at most, as in `limits`.
  var depth: Int { isPooled ? 1 : limits.depth }

  private var sharesReads: Bool { limits.readers > 0 && !isPooled }

  /// Whether time alone can change something: somebody waits, or a connection is wanted.
  public var needsTicks: Bool { !waiting.isEmpty || openCount == 0 }

  private var openCount: Int {
    slots.count { if case .open = $0 { true } else { false } }
  }

  private var connectingCount: Int { slots.count { $0 == .connecting } }

  // MARK: events

  /// A request asks for a connection.
  ///
  /// - Parameter company: that it may run in; a write only having had to wait.
  public mutating func submit(
    _ ticket: Int, company: Company = .none, now: UInt64, _ actions: inout [Action]
  ) {
    // Reads that wait beside an idle connection were held back: nobody else waits for them.
    let isNext = company.isRead ? waiting.isEmpty : waiting.firstOther == nil
    if isNext, let slot = room(for: company, now: now) {
      run(ticket, company, slot, now: now, &actions)
      if company.isRead && sharesReads { grow(by: limits.readers - openCount, now: now, &actions) }
      return
    }
    guard !isDown, waiting.count < limits.queue else {
      refusals += 1
      return actions.append(.refuse(ticket: ticket))
    }
    waiting.append(.init(ticket: ticket, since: now, company: company))
    grow(by: waiting.count, now: now, &actions)
  }

  /// A request whose statement was undone with others, or did not run, is to run alone. It was
  /// admitted and has waited: it comes before all others.
  public mutating func resubmit(_ ticket: Int, now: UInt64, _ actions: inout [Action]) {
    if let slot = best() { return run(ticket, .none, slot, now: now, &actions) }
    waiting.appendAgain(.init(ticket: ticket, since: now, company: .none))
    grow(by: waiting.count, now: now, &actions)
  }

  /// - Parameter jitter: 0 to 255.
  public mutating func connected(
    _ slot: Int, now: UInt64, jitter: UInt8, _ actions: inout [Action]
  ) {
    failures = 0
    let shortening = limits.lifetime / 10 / 256 * UInt64(jitter)
    slots[slot] = .open(inFlight: 0, used: now, expires: now + limits.lifetime - shortening)
    dispatch(now: now, &actions)
  }

  /// An attempt to connect failed. The pause counts from its beginning: whoever has waited for a
  /// server that said nothing does not wait again.
  ///
  /// - Parameter jitter: 0 to 255.
  public mutating func refused(
    _ slot: Int, now: UInt64, jitter: UInt8, _ actions: inout [Action]
  ) {
    slots[slot] = .empty
    failures += 1
    let pause = min(Self.shortestPause << UInt64(min(failures - 1, 8)), Self.longestPause)
    retryAt = attemptedAt + pause / 2 + pause / 512 * UInt64(jitter)
    if isDown { refuseAll(&actions) }
  }

  /// A statement ended and its connection is well.
  public mutating func released(_ slot: Int, now: UInt64, _ actions: inout [Action]) {
    switch slots[slot] {
    case .open(let inFlight, let used, let expires):
      learn(slot, now: now)
      slots[slot] = .open(
        inFlight: inFlight - 1, used: inFlight == 1 ? now : used, expires: expires)
      dispatch(now: now, &actions)
    case .draining(let inFlight):
      slots[slot] = .draining(inFlight: inFlight - 1)
      if inFlight == 1 { close(slot, &actions) }
    case .empty, .connecting: break
    }
  }

  /// An open connection is lost; what was in flight is submitted again or given up by the owner.
  public mutating func lost(_ slot: Int, now: UInt64, _ actions: inout [Action]) {
    slots[slot] = .empty
    if openCount + connectingCount == 0 { connect(slot, now: now, &actions) }
    if isDown { refuseAll(&actions) }
  }

  /// The connection takes no more and ends with what is in flight.
  public mutating func retire(_ slot: Int, _ actions: inout [Action]) {
    guard case .open(let inFlight, _, _) = slots[slot] else { return }
    slots[slot] = .draining(inFlight: inFlight)
    // Given up before it ended, or left with its server: it does not count as quick.
    if inFlight > 0 { note(work[slot].company, isQuick: false) }
    if inFlight == 0 { close(slot, &actions) }
  }

  /// A request that waited is gone.
  public mutating func withdraw(_ ticket: Int) {
    waiting.remove(ticket)
  }

  /// Time has passed.
  public mutating func tick(now: UInt64, _ actions: inout [Action]) {
    while now >= limits.wait, let late = waiting.pop(since: now - limits.wait) {
      timeouts += 1
      actions.append(.refuse(ticket: late.ticket))
    }
    var open = openCount
    for slot in slots.indices {
      guard case .open(let inFlight, let used, let expires) = slots[slot] else { continue }
      if inFlight > 0 {
        // Under a steady load it is never idle.
        if now >= expires { slots[slot] = .draining(inFlight: inFlight) }
      } else if now >= expires || (open > 1 && now >= used + limits.idle) {
        close(slot, &actions)
        open -= 1
      }
    }
    if open + connectingCount == 0, let slot = slots.firstIndex(of: .empty) {
      connect(slot, now: now, &actions)
    } else {
      grow(by: waiting.count, now: now, &actions)
    }
    // Those for whom reads were held back may stand still.
    dispatch(now: now, &actions)
  }

  // MARK: steps

  /// Where a statement may run now. A few connections are enough to keep the loop busy with reads, and
  /// PostgreSQL does more with few processes: further reads are held back, and come in their order. None
  /// joins those on a connection that stands still, nor waits for them.
  private func room(for company: Company, now: UInt64) -> Int? {
    guard case .reads(let depth) = company, sharesReads, areReadsQuick else { return best() }
    var readers = 0
    var shared: Int?
    var least = depth
    for slot in slots.indices where work[slot].company.isRead {
      guard case .open(let inFlight, _, _) = slots[slot], inFlight > 0,
        now <= work[slot].since + Self.stallLimit
      else { continue }
      readers += 1
      if inFlight < least { (shared, least) = (slot, inFlight) }
    }
    return readers < limits.readers ? best() ?? shared : shared
  }

  /// The open connection used last that has room: few connections stay warm, the rest fall idle.
  private func best() -> Int? {
    var best: Int?
    var bestLoad = Int.max
    var bestUse: UInt64 = 0
    for slot in slots.indices {
      guard case .open(let inFlight, let used, _) = slots[slot], inFlight < depth else {
        continue
      }
      if inFlight < bestLoad || (inFlight == bestLoad && used > bestUse) {
        best = slot
        bestLoad = inFlight
        bestUse = used
      }
    }
    return best
  }

  private mutating func run(
    _ ticket: Int, _ company: Company, _ slot: Int, now: UInt64, _ actions: inout [Action]
  ) {
    guard case .open(let inFlight, _, let expires) = slots[slot] else { return }
    if inFlight == 0 { work[slot] = Work(company: company, since: now) }
    slots[slot] = .open(inFlight: inFlight + 1, used: now, expires: expires)
    actions.append(.run(ticket: ticket, slot: slot))
  }

  private mutating func dispatch(now: UInt64, _ actions: inout [Action]) {
    while let (next, slot) = nextToRun(now: now) {
      let others = companions(of: next.company)
      if !others.isEmpty { actions.append(.group(slot: slot)) }
      run(next.ticket, next.company, slot, now: now, &actions)
      for ticket in others { run(ticket, next.company, slot, now: now, &actions) }
    }
  }

  /// Who has waited longest goes first; only reads that are held back let others pass. Not for ever: a
  /// read goes anywhere long before it would be refused.
  private mutating func nextToRun(now: UInt64) -> (WaitingLine.Request, slot: Int)? {
    if waiting.isReadFirst, let read = waiting.firstRead,
      let slot = room(for: read.company, now: now)
        ?? (now >= read.since + limits.wait / 4 ? best() : nil), let next = waiting.popRead()
    {
      return (next, slot)
    }
    guard waiting.firstOther != nil, let slot = best(), let next = waiting.popOther() else {
      return nil
    }
    return (next, slot)
  }

  /// Takes those right behind that may commit with `first`, but leaves their share to the other
  /// connections: what holds up one of a group, such as an index's upkeep, holds up all of it.
  private mutating func companions(of first: Company) -> [Int] {
    guard case .writes = first, areWritesQuick else { return [] }
    let most = min(limits.group - 1, waiting.otherCount / max(openCount, 1))
    var group = [first]
    var tickets: [Int] = []
    while tickets.count < most, waiting.firstOther?.company.mayJoin(group) == true,
      let next = waiting.popOther()
    {
      group.append(next.company)
      tickets.append(next.ticket)
    }
    return tickets
  }

  /// Something that ran on a slot has ended.
  private mutating func learn(_ slot: Int, now: UInt64) {
    note(work[slot].company, isQuick: now <= work[slot].since + Self.quickLimit)
    if work[slot].company.isRead { work[slot].since = now }
  }

  private mutating func note(_ company: Company, isQuick: Bool) {
    switch company {
    case .none: break
    case .reads: areReadsQuick = isQuick
    case .writes: areWritesQuick = isQuick
    }
  }

  /// One more connection, if none is idle and more are wanted than are on their way.
  private mutating func grow(by count: Int, now: UInt64, _ actions: inout [Action]) {
    guard count > connectingCount, best() == nil, let slot = slots.firstIndex(of: .empty) else {
      return
    }
    connect(slot, now: now, &actions)
  }

  private mutating func connect(_ slot: Int, now: UInt64, _ actions: inout [Action]) {
    guard failures == 0 || (now >= retryAt && connectingCount == 0) else { return }
    slots[slot] = .connecting
    attemptedAt = now
    actions.append(.connect(slot: slot))
  }

  private mutating func close(_ slot: Int, _ actions: inout [Action]) {
    slots[slot] = .empty
    actions.append(.close(slot: slot))
  }

  private mutating func refuseAll(_ actions: inout [Action]) {
    while let next = waiting.pop(since: .max) {
      refusals += 1
      actions.append(.refuse(ticket: next.ticket))
    }
  }
}
