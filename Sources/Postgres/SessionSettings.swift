internal import CPostgres

/// How every session is set up.
public struct SessionSettings: Sendable {
  /// Milliseconds.
  public let statementTimeout: Int
  /// Milliseconds.
  public let lockTimeout: Int
  /// Whether statements are prepared; off behind PgBouncer in transaction mode, where a session's
  /// settings would not last either: there the role or the database carries them.
  public let prepares: Bool

  /// Times in milliseconds.
  public init(statementTimeout: Int, lockTimeout: Int, prepares: Bool) {
    self.statementTimeout = statementTimeout
    self.lockTimeout = lockTimeout
    self.prepares = prepares
  }

  /// One statement that applies them, and asks last which process serves the session.
  var sql: String {
    let settings = [
      ("TimeZone", "UTC"),
      ("statement_timeout", "\(statementTimeout)"),
      ("lock_timeout", "\(lockTimeout)"),
      ("idle_in_transaction_session_timeout", "\(statementTimeout * 2)"),
      // A LIMIT $1 is planned anew each time otherwise
      // (https://www.postgresql.org/docs/15/runtime-config-query.html#GUC-PLAN-CACHE_MODE).
      ("plan_cache_mode", "force_generic_plan"),
    ]
    return "SELECT "
      + settings.map { "pg_catalog.set_config('\($0.0)', '\($0.1)', false)" }
      .joined(separator: ", ") + ", pg_catalog.pg_backend_pid()"
  }

  /// The last column of what ``sql`` returns: an int4, in network byte order.
  static func process(in result: OpaquePointer) -> Int32? {
    let column = unsafe PQnfields(result) - 1
    guard unsafe PQntuples(result) == 1, unsafe PQgetlength(result, 0, column) == 4,
      let bytes = unsafe PQgetvalue(result, 0, column)
    else { return nil }
    // libpq has four bytes there.
    return unsafe Int32(bigEndian: UnsafeRawPointer(bytes).loadUnaligned(as: Int32.self))
  }

  /// For one transaction: its plans are made for its values.
  static let customPlanSQL =
    "SELECT pg_catalog.set_config('plan_cache_mode', 'force_custom_plan', true)"

  /// For one transaction: 50 ms is long for a row that one of ours has locked, and nobody's patience.
  static let groupSQL = "SELECT pg_catalog.set_config('lock_timeout', '50', true)"
}
