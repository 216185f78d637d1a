/// A five-character error code of PostgreSQL; unknown ones survive
/// (https://www.postgresql.org/docs/15/errcodes-appendix.html).
public struct SQLState: RawRepresentable, Hashable, Sendable {
  /// The five characters.
  public let rawValue: String
  /// Takes any code.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// cached plan must not change result type
  public static let featureNotSupported = SQLState(rawValue: "0A000")
  /// 25006: the server is a standby
  public static let readOnlyTransaction = SQLState(rawValue: "25006")
  /// prepared statement does not exist
  public static let invalidStatementName = SQLState(rawValue: "26000")
  /// 40001
  public static let serializationFailure = SQLState(rawValue: "40001")
  /// 40P01
  public static let deadlockDetected = SQLState(rawValue: "40P01")
  /// 42P05: prepared statement already exists
  public static let duplicateStatement = SQLState(rawValue: "42P05")

  /// The session ends with this error: shutdown, crash of another backend, recovery. An error
  /// without a code is libpq's own: the connection failed.
  public var endsSession: Bool {
    rawValue.isEmpty || rawValue.hasPrefix("57P") || rawValue.hasPrefix("08")
  }

  /// The statement was rolled back for no fault of its own and may simply run again, when it was
  /// alone in its transaction (https://www.postgresql.org/docs/15/mvcc-serialization-failure-handling.html).
  public var isTransient: Bool { self == .serializationFailure || self == .deadlockDetected }

  /// The session's prepared statement is of no more use.
  public var needsPreparing: Bool {
    self == .featureNotSupported || self == .invalidStatementName || self == .duplicateStatement
  }
}
