internal import CPostgres
internal import Glibc

/// One non-blocking connection to the server, always in pipeline mode
/// (https://www.postgresql.org/docs/15/libpq-pipeline-mode.html).
///
/// Legal order: `advance` until `.ready` → (`send`… `sync`) and `receive`, in any interleaving.
@safe public final class Connection {
  private enum Phase { case connecting, settingUp, ready }

  private let handle: OpaquePointer
  private let settings: SessionSettings
  private var phase = Phase.connecting
  private var entries = FIFO<Entry>()
  /// By statement: its name here as C takes it; empty: it is not prepared.
  private var prepared: [[CChar]] = []
  /// Counts preparations, so that a name is never used twice.
  private var generation: UInt32 = 0
  /// Whether another process serves it than libpq was told of: a pooler is in front, and may lend the
  /// server's session to others after each Sync. PgBouncer 1.18 does so after an error although a second
  /// Sync is owed, and answers go to others: rows of one client to another. So nothing is prepared then,
  /// and nothing is sent before the Sync came back.
  private(set) var isPooled = false
  private var prepares: Bool { settings.prepares && !isPooled }
  private var refusedPreparation: ServerError?
  private var writes = WriteBatch()
  /// Of the list at the front, if its rows are taken one at a time.
  private var gathered: GatheredRows?
  /// Whether everything sent was answered, the last Sync too.
  var isIdle: Bool { entries.isEmpty && !hasUnsynced }
  /// Syncs that have not come back.
  private var owedSyncs = 0
  /// Sent to libpq since the last Sync.
  private(set) var hasUnsynced = false
  /// Of that, what `send` queued.
  private(set) var unsyncedStatements = 0
  private var values: [UnsafePointer<CChar>?] = unsafe []
  private var lengths: [Int32] = []
  private var formats: [Int32] = []

  /// Begins to connect; never waits, unless the server is named and not addressed: see
  /// `Connector`.
  ///
  /// - Parameter options: that override the string's.
  convenience init?(
    _ string: ConnectionString, _ settings: SessionSettings, _ options: [String: String]
  ) {
    let handle = unsafe string.withParameters(options) {
      unsafe PQconnectStartParams($0, $1, 1)
    }
    guard let handle = unsafe handle else { return nil }
    unsafe self.init(handle, settings)
  }

  /// Takes over a connection that was made, or refused.
  init(_ handle: OpaquePointer, _ settings: SessionSettings) {
    unsafe self.handle = unsafe handle
    self.settings = settings
    // The default receiver writes notices to standard error.
    unsafe PQsetNoticeReceiver(handle, { _, _ in }, nil)
  }

  deinit { unsafe PQfinish(handle) }

  /// The socket; changes while connecting.
  var descriptor: Int32 { unsafe PQsocket(handle) }

  var isReady: Bool { phase == .ready }

  /// Which of the string's hosts it is connected to, or is being connected to.
  func host(of string: ConnectionString) -> Int? {
    guard let name = unsafe PQhost(handle), let port = unsafe PQport(handle) else { return nil }
    return unsafe string.host(named: String(cString: name), port: String(cString: port))
  }

  // MARK: connecting

  /// Goes on connecting after the descriptor became ready.
  func advance() -> Progress {
    if phase == .settingUp { return finishSettingUp() }
    if unsafe PQstatus(handle) == CONNECTION_BAD { return .failed(reason) }
    switch unsafe PQconnectPoll(handle) {
    case PGRES_POLLING_READING: return .reading
    case PGRES_POLLING_WRITING: return .writing
    case PGRES_POLLING_OK: return beginSettingUp()
    default: return .failed(reason)
    }
  }

  /// What PQconnectPoll wants first (https://www.postgresql.org/docs/15/libpq-connect.html).
  var firstProgress: Progress {
    unsafe PQstatus(handle) == CONNECTION_BAD ? .failed(reason) : .writing
  }

  private func beginSettingUp() -> Progress {
    let encoding = unsafe PQparameterStatus(handle, "server_encoding").map {
      unsafe String(cString: $0)
    }
    guard encoding == "UTF8" else {
      return .failed("the database's encoding is \(encoding ?? "unknown"): UTF8 is needed")
    }
    guard unsafe PQsetnonblocking(handle, 1) == 0, unsafe PQenterPipelineMode(handle) == 1 else {
      return .failed(reason)
    }
    guard settings.prepares else {
      phase = .ready
      return .ready
    }
    guard send(settings: settings.sql) else { return .failed(reason) }
    phase = .settingUp
    return sync() ? .reading : .failed(reason)
  }

  private func send(settings: String) -> Bool {
    guard unsafe PQsendQueryParams(handle, settings, 0, nil, nil, nil, nil, 1) == 1 else {
      return false
    }
    entries.append(.settings)
    hasUnsynced = true
    return true
  }

  private func finishSettingUp() -> Progress {
    switch receive() {
    case .none: return phase == .ready ? .ready : .reading
    case .refused(_, let error): return .failed(error.description)
    default: return .failed(reason)
    }
  }

  /// libpq's account of what went wrong, first line; it names hosts and users, never a password.
  private var reason: String {
    let text = unsafe String(cString: PQerrorMessage(handle))
    let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    return line.isEmpty ? "the server closed the connection" : line
  }

  // MARK: sending

  /// Queues one statement; nothing is waited for. `sync` sends what is queued.
  ///
  /// - Parameters:
  ///   - index: under which it is prepared; nil: parsed each time.
  ///   - types: OIDs of the parameters.
  ///   - ranges: of `bytes`, in binary format; nil is NULL.
  ///   - isPlannedEachTime: its plan is made for these values.
  ///   - isRead: a read's rows stand at once, a write's when its Sync has come back.
  ///   - rowBytes: of a read: once its rows have as many bytes those behind are dropped, and the result
  ///     says so; nil: all are taken, and faster.
  ///   - tag: comes back with the outcome.
  /// - Returns: false when the connection is dead; nothing of the statement was sent.
  public func send(
    index: Int?, sql: String, types: [UInt32], bytes: [UInt8], ranges: [Range<Int>?],
    isPlannedEachTime: Bool, isRead: Bool, rowBytes: Int?, tag: Int
  ) -> Bool {
    guard unsafe PQstatus(handle) == CONNECTION_OK else { return false }
    // libpq sends early when much is queued, so a refusal may be read before this batch has its
    // Sync: what is sent behind it in the same batch would only be aborted too.
    // With a Sync owed it is an earlier batch that was refused.
    if hasUnsynced, owedSyncs == 0, unsafe PQpipelineStatus(handle) == PQ_PIPELINE_ABORTED,
      !sync()
    {
      return false
    }
    let index = prepares ? index : nil
    if let index, !prepare(index, sql, types) { return false }
    // Without the session's settings that is PostgreSQL's own way.
    if settings.prepares, isPlannedEachTime, !send(settings: SessionSettings.customPlanSQL) {
      return false
    }
    let isSent = unsafe bytes.withUnsafeBytes { buffer in
      unsafe values.removeAll(keepingCapacity: true)
      lengths.removeAll(keepingCapacity: true)
      for range in ranges {
        // An empty value still needs an address: a null pointer is NULL.
        let start = unsafe buffer.baseAddress ?? UnsafeRawPointer(Self.emptyValue.utf8Start)
        unsafe values.append(
          range.map { unsafe (start + $0.lowerBound).assumingMemoryBound(to: CChar.self) })
        lengths.append(Int32(range?.count ?? 0))
      }
      while formats.count < ranges.count { formats.append(1) }
      let count = Int32(ranges.count)
      if let index {
        return unsafe PQsendQueryPrepared(
          handle, prepared[index], count, values, lengths, formats, 1) == 1
      }
      return unsafe PQsendQueryParams(
        handle, sql, count, types, values, lengths, formats, 1) == 1
    }
    guard isSent else { return false }
    entries.append(
      .execute(statement: index, tag: tag, isRead: isRead && prepares, rowBytes: rowBytes))
    chooseRowMode()
    hasUnsynced = true
    unsyncedStatements += 1
    return true
  }

  private static let emptyValue: StaticString = ""

  /// Until the next Sync no statement waits long for a lock: the others of a group are not to wait
  /// for one that meets a locked row. Who is refused for it is tried again alone.
  func beginGroup() -> Bool { send(settings: SessionSettings.groupSQL) }

  private func prepare(_ index: Int, _ sql: String, _ types: [UInt32]) -> Bool {
    while prepared.count <= index { prepared.append([]) }
    guard prepared[index].isEmpty else { return true }
    generation += 1
    let name = Array("s\(index)_\(generation)".utf8CString)
    guard unsafe PQsendPrepare(handle, name, sql, Int32(types.count), types) == 1 else {
      return false
    }
    prepared[index] = name
    entries.append(.prepare(index))
    return true
  }

  /// Ends the batch and sends it; false when the connection is dead.
  func sync() -> Bool {
    guard hasUnsynced else { return true }
    hasUnsynced = false
    unsyncedStatements = 0
    entries.append(.sync)
    owedSyncs += 1
    return unsafe PQpipelineSync(handle) == 1
  }

  /// Sends more of what is queued; nil when the connection is dead, else whether it waits for the
  /// descriptor to become writable.
  func flush() -> Bool? {
    let left = unsafe PQflush(handle)
    return left < 0 ? nil : left > 0
  }

  /// Whether the other side closed an idle connection, or sent something unasked.
  var isStale: Bool {
    var byte: UInt8 = 0
    return unsafe recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) >= 0
      || (errno != EAGAIN && errno != EINTR)
  }

  // MARK: receiving

  /// Reads what has come; false when the connection is dead.
  func consume() -> Bool {
    unsafe PQconsumeInput(handle) == 1 && PQstatus(handle) == CONNECTION_OK
  }

  /// The next outcome; call it until `.none` or `.dead`.
  func receive() -> Event {
    if phase == .settingUp, !consume() { return .dead }
    while true {
      if let (tag, verdict) = writes.popSettled() { return event(tag, verdict) }
      // Once it is dead libpq 15 has forgotten what was asked (pqDropConnection), and takes the rows that
      // it had read but not looked at for those of a Describe: no row, and no error.
      if unsafe PQstatus(handle) == CONNECTION_BAD { return .dead }
      if unsafe PQisBusy(handle) == 1 { return .none }
      guard let result = unsafe PQgetResult(handle) else {
        // The end of one entry's results, or of everything.
        if unsafe PQstatus(handle) == CONNECTION_BAD { return .dead }
        if entries.isEmpty { return .none }
        chooseRowMode()
        if unsafe PQisBusy(handle) == 1 { return .none }
        continue
      }
      let status = unsafe PQresultStatus(result)
      guard let entry = entries.first else {
        unsafe PQclear(result)
        return .dead
      }
      if status == PGRES_SINGLE_TUPLE {
        let isTaken = unsafe gather(result, entry)
        unsafe PQclear(result)
        if isTaken { continue }
        return .dead
      }
      // A commit that is refused comes before its Sync, which is still owed.
      if case .sync = entry, status == PGRES_FATAL_ERROR {
        let error = unsafe ServerError(result)
        unsafe PQclear(result)
        if error.state.endsSession { return .dead }
        writes.refuseAll(error)
        continue
      }
      _ = entries.popFirst()
      switch entry {
      case .sync:
        unsafe PQclear(result)
        guard status == PGRES_PIPELINE_SYNC else { return .dead }
        owedSyncs -= 1
        if phase == .settingUp { phase = .ready }
        writes.settle()
        // No end of results follows: libpq is at the next statement already.
        chooseRowMode()
      case .settings:
        let isDone = status == PGRES_TUPLES_OK
        let error = unsafe ServerError(result)
        if isDone && phase == .settingUp {
          isPooled = unsafe SessionSettings.process(in: result) != PQbackendPID(handle)
        }
        unsafe PQclear(result)
        if !isDone && phase == .settingUp { return .refused(tag: -1, error) }
      case .prepare(let index):
        if status != PGRES_COMMAND_OK {
          prepared[index] = []
          // What is aborted behind it is answered with this.
          if status == PGRES_FATAL_ERROR { refusedPreparation = unsafe ServerError(result) }
        }
        unsafe PQclear(result)
      case .execute(_, let tag, true, _) where status == PGRES_TUPLES_OK:
        return unsafe .rows(tag: tag, rows(result))
      case .execute(let statement, let tag, let isRead, _):
        let verdict = unsafe verdict(result, status, statement)
        // No Sync will come back after an error that ends the session.
        if case .refused(let error) = verdict, error.state.endsSession {
          return event(tag, verdict)
        }
        if isRead { return event(tag, verdict) }
        writes.append(tag, verdict)
      }
    }
  }

  /// Once the statement at the front is libpq's current one, and before its first row is looked at:
  /// when it was sent, when the results of the one before have ended, when the Sync before has come
  /// back. Earlier libpq refuses, and this is called again.
  private func chooseRowMode() {
    guard case .execute(_, _, _, .some) = entries.first else { return }
    _ = unsafe PQsetSingleRowMode(handle)
  }

  private func gather(_ row: OpaquePointer, _ entry: Entry) -> Bool {
    guard case .execute(_, _, _, let limit?) = entry else { return false }
    if gathered == nil { unsafe gathered = GatheredRows(like: row, limit: limit) }
    return unsafe gathered?.append(row) ?? false
  }

  /// The rows of the entry whose last result this is.
  private func rows(_ last: OpaquePointer) -> Result {
    guard let gathered = gathered.take() else { return unsafe Result(last) }
    unsafe PQclear(last)
    return gathered.rows()
  }

  private func verdict(
    _ result: OpaquePointer, _ status: ExecStatusType, _ statement: Int?
  ) -> WriteBatch.Verdict {
    switch status {
    // Every statement returns rows, if none.
    case PGRES_TUPLES_OK:
      return unsafe .done(WriteBatch.Held(rows(result)))
    case PGRES_PIPELINE_ABORTED:
      unsafe PQclear(result)
      guard let error = refusedPreparation else { return .aborted }
      refusedPreparation = nil
      return .refused(error)
    default:
      gathered = nil
      let error = unsafe ServerError(result)
      unsafe PQclear(result)
      if error.state.needsPreparing, let statement { prepared[statement] = [] }
      return .refused(error)
    }
  }

  private func event(_ tag: Int, _ verdict: WriteBatch.Verdict) -> Event {
    switch verdict {
    case .done(let held):
      guard let rows = held.take() else { return .aborted(tag: tag) }
      return .rows(tag: tag, rows)
    case .refused(let error): return .refused(tag: tag, error)
    case .aborted: return .aborted(tag: tag)
    }
  }

  /// Whether anybody waits for an outcome.
  var isAwaited: Bool { writes.isAwaited || entries.contains { $0.tag >= 0 } }

  /// Nobody waits for the outcome of `tag` any more.
  func orphan(_ tag: Int) {
    writes.orphan(tag)
    for offset in 0..<entries.count where entries[offset].tag == tag { entries[offset].orphan() }
  }

  /// The tags still in flight, in order; the connection is given up.
  func takeTags() -> [Int] {
    var tags = writes.takeTags()
    while let entry = entries.popFirst() {
      if entry.tag >= 0 { tags.append(entry.tag) }
    }
    return tags
  }

  /// What cancels the statement that runs, from another thread.
  func cancellation() -> Cancellation? {
    unsafe PQgetCancel(handle).map { unsafe Cancellation($0) }
  }
}
