internal import CPostgres

/// The rows of a long list as they come, each a PGresult of its own
/// (https://www.postgresql.org/docs/15/libpq-single-row-mode.html), until they have enough bytes: what
/// comes behind is dropped at once, so that the memory of a list has a limit.
@safe struct GatheredRows: ~Copyable {
  private let handle: OpaquePointer
  private let limit: Int
  private var bytes = 0
  private var isCut = false

  /// With the columns of `row`; nil: out of memory.
  ///
  /// - Parameter limit: bytes of values; the row that reaches it is the last.
  init?(like row: OpaquePointer, limit: Int) {
    guard let handle = unsafe PQcopyResult(row, PG_COPYRES_ATTRS) else { return nil }
    unsafe self.handle = unsafe handle
    self.limit = limit
  }

  deinit { unsafe PQclear(handle) }

  /// Takes the one row of `row`, or drops it; false: out of memory.
  mutating func append(_ row: OpaquePointer) -> Bool {
    guard bytes < limit else {
      isCut = true
      return true
    }
    let number = unsafe PQntuples(handle)
    for column in 0..<(unsafe PQnfields(handle)) {
      let isNull = unsafe PQgetisnull(row, 0, column) != 0
      let length = unsafe PQgetlength(row, 0, column)
      let value = unsafe PQgetvalue(row, 0, column)
      guard unsafe PQsetvalue(handle, number, column, value, isNull ? -1 : length) == 1 else {
        return false
      }
      bytes += Int(length)
    }
    return true
  }

  /// All that were taken.
  consuming func rows() -> Result {
    let handle = unsafe self.handle
    let isCut = self.isCut
    discard self
    return unsafe Result(handle, isCut: isCut)
  }
}
