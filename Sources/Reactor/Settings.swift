public import Postgres

/// What a reactor is told at start. Times in milliseconds.
public struct Settings: Sendable {
  /// Where the database is.
  public var database: ConnectionString
  /// How its sessions are set up.
  public var session: SessionSettings
  /// Connections of the pool lane, per reactor.
  public var poolSize: Int
  /// Connections of the point lane, per reactor.
  public var pointConnections: Int
  /// Requests that may wait for a connection, per lane.
  public var poolQueue: Int
  /// Wait for a connection.
  public var poolWait: Int
  /// Client-side limit of one statement.
  public var deadline: Int
  /// One attempt to connect.
  public var connectTimeout: Int
  /// After it a connection beyond the first is closed.
  public var idleTimeout: Int
  /// After it a connection is renewed.
  public var maxLifetime: Int
  /// Bytes.
  public var maxBody: Int
  /// How long a stop waits for what is under way.
  public var drain: Int
  /// From here on a request is slow, and logged; 0: none is.
  public var slow: Int
  /// Whether every request is logged.
  public var logsAccess: Bool

  /// All of them; defaults are the configuration's.
  public init(
    database: ConnectionString, session: SessionSettings, poolSize: Int, pointConnections: Int,
    poolQueue: Int, poolWait: Int, deadline: Int, connectTimeout: Int, idleTimeout: Int,
    maxLifetime: Int, maxBody: Int, drain: Int, slow: Int, logsAccess: Bool
  ) {
    self.database = database
    self.session = session
    self.poolSize = poolSize
    self.pointConnections = pointConnections
    self.poolQueue = poolQueue
    self.poolWait = poolWait
    self.deadline = deadline
    self.connectTimeout = connectTimeout
    self.idleTimeout = idleTimeout
    self.maxLifetime = maxLifetime
    self.maxBody = maxBody
    self.drain = drain
    self.slow = slow
    self.logsAccess = logsAccess
  }

  func limits(size: Int, depth: Int, group: Int = 1, readers: Int = 0) -> PoolState.Limits {
    PoolState.Limits(
      size: size, depth: depth, queue: poolQueue, wait: UInt64(poolWait) * 1_000_000,
      idle: UInt64(idleTimeout) * 1_000_000, lifetime: UInt64(maxLifetime) * 1_000_000,
      group: group, readers: readers)
  }
}
