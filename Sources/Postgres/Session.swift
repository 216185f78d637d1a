internal import CPostgres
internal import Glibc

/// A blocking session for commands at a terminal; the serving path has `Pool`.
@safe public final class Session {
  private let handle: OpaquePointer
  /// Milliseconds; nil: none.
  private let limit: Int?

  /// A statement or the connection itself failed.
  public enum Failure: Error, CustomStringConvertible {
    case noConnection(String)
    case refused(ServerError)

    /// For an operator at a terminal; holds no password.
    public var description: String {
      switch self {
      case .noConnection(let reason): "no connection to the database: \(reason)"
      case .refused(let error): "the database refused: \(error)"
      }
    }
  }

  /// Connects and waits for it.
  ///
  /// - Parameters:
  ///   - application: application_name, for those who look at pg_stat_activity.
  ///   - limit: milliseconds for the connection and for each call after it; nil: no limit, since
  ///     a migration may take its time.
  public init(
    _ string: ConnectionString, application: String = "erp-back migrate", limit: Int? = nil
  ) throws(Failure) {
    let connected =
      if let limit { unsafe try Self.connect(string, within: limit) } else {
        unsafe PQconnectdb(string.conninfo)
      }
    guard let handle = unsafe connected else { throw .noConnection("out of memory") }
    unsafe self.handle = unsafe handle
    self.limit = limit
    guard unsafe PQstatus(handle) == CONNECTION_OK else {
      let text = unsafe String(cString: PQerrorMessage(handle)).trimmingSpace()
      throw .noConnection(
        text.split(whereSeparator: \.isNewline).map { String($0).trimmingSpace() }
          .joined(separator: "; "))
    }
    unsafe PQsetNoticeReceiver(handle, { _, _ in }, nil)
    try run("SET client_encoding = 'UTF8'; SET application_name = '\(application)'")
  }

  /// In a thread of its own, since asking the name service has no limit of ours.
  private static func connect(
    _ string: ConnectionString, within limit: Int
  ) throws(Failure) -> OpaquePointer? {
    // libpq counts in whole seconds and has words of its own: ours come first.
    guard let connector = Connector(string, limit: limit / 1000 + 2) else {
      throw .noConnection("out of memory")
    }
    guard wait(for: connector.descriptor, until: deadline(limit)), connector.isOver() else {
      throw .noConnection("no answer within \(limit) ms")
    }
    return unsafe connector.take()
  }

  /// Where it leads: the database, the user, and the socket's directory or the host. No password.
  public var place: String {
    func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String {
      unsafe pointer.map { unsafe String(cString: $0) } ?? "?"
    }
    let host = unsafe text(PQhost(handle))
    return unsafe "database \(text(PQdb(handle))) as \(text(PQuser(handle))) "
      + (isRemote ? "at \(host):\(text(PQport(handle)))" : "over the socket in \(host)")
  }

  /// The process that serves it, as libpq was told on connecting: a pooler tells a number of its own.
  public var toldProcess: Int { unsafe Int(PQbackendPID(handle)) }

  /// Whether it goes over TCP.
  public var isRemote: Bool {
    let host = unsafe PQhost(handle).map { unsafe String(cString: $0) } ?? ""
    return !host.hasPrefix("/") && !host.hasPrefix("@")
  }

  /// The server's address in digits; empty over a unix socket.
  public var address: String {
    unsafe PQhostaddr(handle).map { unsafe String(cString: $0) } ?? ""
  }

  deinit { unsafe PQfinish(handle) }

  /// Runs any number of statements that answer nothing.
  public func run(_ sql: String) throws(Failure) {
    if limit == nil {
      unsafe PQclear(try check(PQexec(handle, sql)))
    } else {
      unsafe PQclear(try check(try collect(PQsendQuery(handle, sql))))
    }
  }

  /// Runs one statement and returns its rows as text; nil is NULL.
  public func rows(_ sql: String, _ parameters: [String?] = []) throws(Failure) -> [[String?]] {
    let result = try unsafe check(try execute(sql, parameters))
    defer { unsafe PQclear(result) }
    return unsafe (0..<PQntuples(result)).map { row in
      unsafe (0..<PQnfields(result)).map { column in
        unsafe PQgetisnull(result, row, column) == 1
          ? nil : String(cString: PQgetvalue(result, row, column))
      }
    }
  }

  private func execute(
    _ sql: String, _ parameters: [String?]
  ) throws(Failure) -> OpaquePointer? {
    var bytes: [[CChar]?] = parameters.map { $0.map { Array($0.utf8CString) } }
    guard limit != nil else {
      return unsafe withPointers(&bytes) { values in
        unsafe PQexecParams(handle, sql, Int32(values.count), nil, values, nil, nil, 0)
      }
    }
    let sent = unsafe withPointers(&bytes) { values in
      unsafe PQsendQueryParams(handle, sql, Int32(values.count), nil, values, nil, nil, 0)
    }
    return unsafe try collect(sent)
  }

  /// The outcome of what was sent, as PQexec gives it: the last, or the first that failed.
  ///
  /// - Parameter sent: what PQsendQuery returned. nil is returned when nothing came back.
  private func collect(_ sent: Int32) throws(Failure) -> OpaquePointer? {
    guard sent == 1, let limit else {
      throw .noConnection(unsafe String(cString: PQerrorMessage(handle)).trimmingSpace())
    }
    let deadline = Self.deadline(limit)
    var outcome: OpaquePointer? = nil
    while true {
      while unsafe PQisBusy(handle) == 1 {
        let isReadable = unsafe Self.wait(for: PQsocket(handle), until: deadline)
        guard isReadable, unsafe PQconsumeInput(handle) == 1 else {
          unsafe PQclear(outcome)
          throw .noConnection(
            isReadable
              ? unsafe String(cString: PQerrorMessage(handle)).trimmingSpace()
              : "the server did not answer within \(limit) ms")
        }
      }
      guard let next = unsafe PQgetResult(handle) else { return unsafe outcome }
      if unsafe outcome != nil && PQresultStatus(outcome) == PGRES_FATAL_ERROR {
        unsafe PQclear(next)
      } else {
        unsafe PQclear(outcome)
        unsafe outcome = unsafe next
      }
    }
  }

  /// On the monotonic clock.
  private static func deadline(_ milliseconds: Int) -> ContinuousClock.Instant {
    .now + .milliseconds(milliseconds)
  }

  /// False when the deadline passed.
  private static func wait(for descriptor: Int32, until deadline: ContinuousClock.Instant) -> Bool {
    while true {
      let left = (deadline - .now) / .milliseconds(1)
      guard left > 0 else { return false }
      var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      if unsafe poll(&entry, 1, Int32(left) + 1) > 0 { return true }
    }
  }

  /// Calls `body` with pointers that are valid during the call.
  private func withPointers<Value>(
    _ strings: inout [[CChar]?], _ body: ([UnsafePointer<CChar>?]) -> Value
  ) -> Value {
    func collect(_ index: Int, _ pointers: [UnsafePointer<CChar>?]) -> Value {
      guard index < strings.count else { return unsafe body(pointers) }
      guard let string = strings[index] else { return unsafe collect(index + 1, pointers + [nil]) }
      return unsafe string.withUnsafeBufferPointer {
        unsafe collect(index + 1, pointers + [$0.baseAddress])
      }
    }
    return unsafe collect(0, [])
  }

  private func check(_ result: OpaquePointer?) throws(Failure) -> OpaquePointer {
    guard let result = unsafe result else { throw .noConnection("out of memory") }
    let status = unsafe PQresultStatus(result)
    guard status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK else {
      let error = unsafe ServerError(result)
      let message = unsafe String(cString: PQerrorMessage(handle)).trimmingSpace()
      unsafe PQclear(result)
      throw error.state.rawValue.isEmpty ? .noConnection(message) : .refused(error)
    }
    return unsafe result
  }
}
