/// The rows that answered a statement, in PostgreSQL's binary format
/// (https://www.postgresql.org/docs/15/protocol-overview.html#PROTOCOL-FORMAT-CODES).
public protocol Rows: ~Copyable {
  var count: Int { get }
  /// Whether there were more rows than are here.
  var isCut: Bool { get }
  func isNull(_ row: Int, _ column: Int) -> Bool
  /// The bytes of a cell, valid as long as the rows are.
  @_lifetime(borrow self)
  func cell(_ row: Int, _ column: Int) -> Span<UInt8>
}
