/// Connections wanted against connections to be had.
public struct Connections: Sendable {
  /// ERP_REACTORS × (ERP_POOL_SIZE + ERP_POINT_CONNECTIONS)
  public let wanted: Int
  /// max_connections
  public let most: Int
  /// superuser_reserved_connections and, from PostgreSQL 16 on, reserved_connections.
  public let reserved: Int
  /// In use by other programs: of all, by this role, in this database.
  public let others: (all: Int, role: Int, database: Int)
  /// CONNECTION LIMIT of the role and of the database; -1: none.
  public let roleLimit: Int
  /// See `roleLimit`.
  public let databaseLimit: Int

  /// As the server counts them.
  public init(
    wanted: Int, most: Int, reserved: Int, others: (all: Int, role: Int, database: Int),
    roleLimit: Int, databaseLimit: Int
  ) {
    self.wanted = wanted
    self.most = most
    self.reserved = reserved
    self.others = others
    self.roleLimit = roleLimit
    self.databaseLimit = databaseLimit
  }

  /// - Parameters:
  ///   - role: its name, quoted for SQL.
  ///   - database: its name, quoted for SQL.
  public func findings(role: String, database: String) -> [Finding] {
    let ceilings = [
      (
        "max_connections", most - reserved, others.all,
        "\(most), of which \(reserved) are reserved",
        "raise max_connections in postgresql.conf and restart PostgreSQL"
      ),
      (
        "the limit of role \(role)", roleLimit, others.role, "\(roleLimit)",
        "ALTER ROLE \(role) CONNECTION LIMIT \(wanted + others.role);"
      ),
      (
        "the limit of database \(database)", databaseLimit, others.database, "\(databaseLimit)",
        "ALTER DATABASE \(database) CONNECTION LIMIT \(wanted + others.database);"
      ),
    ]
    let fewer = "or ask for fewer: ERP_POOL_SIZE, ERP_REACTORS"
    let findings: [Finding] = ceilings.compactMap { what, limit, used, said, remedy in
      guard limit >= 0 else { return nil }
      if wanted > limit {
        return .failure(
          "\(wanted) connections are asked for, and \(what) is \(said)",
          remedy: "\(remedy)\n\(fewer)")
      }
      if wanted > limit - used {
        return .warning(
          "\(wanted) connections are asked for, and \(what) is \(said): others hold \(used) now",
          remedy: "\(remedy)\n\(fewer)")
      }
      return nil
    }
    guard findings.isEmpty else { return findings }
    return [
      .ok(
        "up to \(wanted) connections, of \(most - reserved) that max_connections leaves; others hold \(others.all)"
      )
    ]
  }
}
