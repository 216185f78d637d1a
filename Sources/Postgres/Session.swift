internal import CPostgres

/// A blocking session for commands at a terminal; the serving path has `Pool`.
@safe public final class Session {
  private let handle: OpaquePointer

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
  public init(_ string: ConnectionString) throws(Failure) {
    let handle = unsafe PQconnectdb(string.conninfo)
    guard let handle = unsafe handle else { throw .noConnection("out of memory") }
    unsafe self.handle = unsafe handle
    guard unsafe PQstatus(handle) == CONNECTION_OK else {
      let text = unsafe String(cString: PQerrorMessage(handle)).trimmingSpace()
      throw .noConnection(text.split(whereSeparator: \.isNewline).joined(separator: "; "))
    }
    unsafe PQsetNoticeReceiver(handle, { _, _ in }, nil)
    try run("SET client_encoding = 'UTF8'; SET application_name = 'erp-back migrate'")
  }

  deinit { unsafe PQfinish(handle) }

  /// Runs any number of statements that answer nothing.
  public func run(_ sql: String) throws(Failure) {
    unsafe PQclear(try check(PQexec(handle, sql)))
  }

  /// Runs one statement and returns its rows as text; nil is NULL.
  public func rows(_ sql: String, _ parameters: [String?] = []) throws(Failure) -> [[String?]] {
    let result = try unsafe check(execute(sql, parameters))
    defer { unsafe PQclear(result) }
    return unsafe (0..<PQntuples(result)).map { row in
      unsafe (0..<PQnfields(result)).map { column in
        unsafe PQgetisnull(result, row, column) == 1
          ? nil : String(cString: PQgetvalue(result, row, column))
      }
    }
  }

  private func execute(_ sql: String, _ parameters: [String?]) -> OpaquePointer? {
    var bytes: [[CChar]?] = parameters.map { $0.map { Array($0.utf8CString) } }
    return unsafe withPointers(&bytes) { values in
      unsafe PQexecParams(handle, sql, Int32(values.count), nil, values, nil, nil, 0)
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
