internal import CPostgres

/// The rows of one statement, in binary format. Ends the PGresult it owns.
@safe public struct Result: ~Copyable {
  private let handle: OpaquePointer
  /// Rows.
  public let count: Int
  /// Whether there were more rows than are here.
  public let isCut: Bool

  /// Takes over the handle.
  init(_ handle: OpaquePointer, isCut: Bool = false) {
    unsafe self.handle = unsafe handle
    self.isCut = isCut
    count = unsafe Int(PQntuples(handle))
  }

  deinit { unsafe PQclear(handle) }

  /// Whether a cell is NULL.
  public func isNull(_ row: Int, _ column: Int) -> Bool {
    unsafe PQgetisnull(handle, Int32(row), Int32(column)) != 0
  }

  /// The bytes of a cell; empty for NULL.
  @_lifetime(borrow self)
  public func cell(_ row: Int, _ column: Int) -> Span<UInt8> {
    // libpq looks whether there is such a cell.
    let (row, column) = (Int32(truncatingIfNeeded: row), Int32(truncatingIfNeeded: column))
    let length = unsafe Int(PQgetlength(handle, row, column))
    // Valid until PQclear, which deinit alone calls.
    let bytes = unsafe UnsafeRawBufferPointer(start: PQgetvalue(handle, row, column), count: length)
    return unsafe _overrideLifetime(
      Span<UInt8>(_unsafeBytes: bytes), borrowing: self)
  }
}

/// The fields of an error that the server sent
/// (https://www.postgresql.org/docs/15/protocol-error-fields.html).
public struct ServerError: Error, Sendable, CustomStringConvertible {
  /// What kind of error it is.
  public let state: SQLState
  /// In the server's language; never shown to a client.
  public let message: String
  /// More of it, with values: never shown to a client.
  public let detail: String
  /// The constraint or unique index that was violated.
  public let constraint: String

  init(_ result: OpaquePointer?) {
    func field(_ code: Character) -> String {
      let value = unsafe PQresultErrorField(result, Int32(code.asciiValue ?? 0))
      return unsafe value.map { unsafe String(cString: $0) } ?? ""
    }
    // PG_DIAG_SQLSTATE and its like are characters (postgres_ext.h).
    state = SQLState(rawValue: field("C"))
    message = field("M")
    detail = field("D")
    constraint = field("n")
  }

  /// Message, SQLSTATE and detail, for an operator at a terminal.
  public var description: String {
    "\(message) (SQLSTATE \(state.rawValue))\(detail.isEmpty ? "" : ": \(detail)")"
  }
}
