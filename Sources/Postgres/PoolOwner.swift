/// How a statement ended.
public enum Outcome: ~Copyable {
  case rows(Result)
  case refused(ServerError)
  /// No connection was to be had: nothing was sent.
  case unavailable
  /// The connection died under the statement.
  case lost
}

/// Who owns a pool: lends it the event loop and its requests.
public protocol PoolOwner: AnyObject {
  /// Watch the socket of `slot` from now on; always readable, writable where told.
  func watch(_ descriptor: Int32, slot: Int, of pool: Pool, writable: Bool)
  /// Send the statement of a request, now or again; prepared, if it may be.
  func send(_ ticket: Int, on connection: Connection, mayPrepare: Bool) -> Bool
  /// Whether the request may be sent twice: a read.
  func isRead(_ ticket: Int) -> Bool
  /// With whom the request may share a connection. Reads stand before their transaction ends, so a read
  /// and a write never do; nor do writes of one row, whose number is the key.
  func company(_ ticket: Int) -> PoolState.Company
  /// The request has ended.
  func finished(_ ticket: Int, _ outcome: consuming Outcome)
  /// Statements that one Sync ends were sent.
  func sent(batch size: Int, of pool: Pool)
  /// A session that took writes takes none any more: its server is not the one that writes now.
  func serverTakesNoWrites(_ pool: Pool)
  /// The database was lost, with the reason, or is back.
  func databaseChanged(_ pool: Pool, lost reason: String?)
  /// The database, which is lost, was looked for in vain.
  func databaseRefused(_ pool: Pool, reason: String)
}
