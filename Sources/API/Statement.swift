/// One SQL statement of the service; prepared once per connection under its name.
public final class Statement: Sendable {
  /// Which lane of connections it travels in.
  public enum Lane: Sendable {
    /// One row by its key: many in flight on one connection.
    case point
    /// Everything else: what may be slow has a connection for itself, short lists share some.
    case pool
  }

  /// Type OIDs of parameters (catalog `pg_type`, src/include/catalog/pg_type.dat).
  public enum ParameterType: UInt32, Sendable {
    case int8 = 20
    case text = 25
    case textArray = 1009
    case timestamptz = 1184
    case xidArray = 1011
    case timestamptzArray = 1185
    case uuid = 2950
    case jsonb = 3802
  }

  /// Counts from 0 in the order of declaration; nil: built for one request, never prepared.
  public let index: Int?
  /// With `$1`… for its parameters.
  public let sql: String
  /// OIDs, one per parameter.
  public let parameterTypes: [UInt32]
  /// Where it travels.
  public let lane: Lane
  /// Whether it may be sent twice: a read.
  public let isRead: Bool
  /// Whether the best plan depends on the values: then it is planned each time, and not once.
  public let isPlannedEachTime: Bool
  /// Whether it may share a connection with others: reads in an index's order, which are sent behind
  /// one another, or writes of one row each, whose first parameter is its id, which commit together.
  let mayShare: Bool

  init(
    _ sql: String, _ parameterTypes: [ParameterType], lane: Lane = .pool, isRead: Bool,
    isPlannedEachTime: Bool = false, mayShare: Bool = false, index: Int?
  ) {
    self.sql = sql
    self.parameterTypes = parameterTypes.map(\.rawValue)
    self.lane = lane
    self.isRead = isRead
    self.isPlannedEachTime = isPlannedEachTime
    self.mayShare = mayShare
    self.index = index
  }
}

extension Column.Kind {
  var parameterType: Statement.ParameterType {
    switch self {
    case .uuid: .uuid
    case .text: .text
    case .textArray: .textArray
    case .objects: .jsonb
    case .timestamp: .timestamptz
    }
  }
}
