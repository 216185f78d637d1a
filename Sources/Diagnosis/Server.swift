/// The database server and the database, as they tell of themselves.
public struct Server: Sendable {
  /// `server_version`
  public var version: String
  /// `server_version_num`: 150018 is 15.18.
  public var number: Int
  /// `server_encoding`
  public var encoding: String
  /// LC_COLLATE
  public var collation: String
  /// Whether the operating system sorts otherwise than when the database was made.
  public var hasStaleCollation: Bool
  /// Whether it is a standby.
  public var isStandby: Bool
  /// `default_transaction_read_only`
  public var isReadOnly: Bool
  /// Whether the role is a superuser.
  public var isSuperuser: Bool
  /// Quoted for SQL.
  public var role: String
  /// Quoted for SQL.
  public var database: String
  /// Its clock's date: 2026-11-22.
  public var date: String

  /// As the server says.
  public init(
    version: String, number: Int, encoding: String, collation: String, hasStaleCollation: Bool,
    isStandby: Bool, isReadOnly: Bool, isSuperuser: Bool, role: String, database: String,
    date: String
  ) {
    self.version = version
    self.number = number
    self.encoding = encoding
    self.collation = collation
    self.hasStaleCollation = hasStaleCollation
    self.isStandby = isStandby
    self.isReadOnly = isReadOnly
    self.isSuperuser = isSuperuser
    self.role = role
    self.database = database
    self.date = date
  }

  /// The last day with fixes (https://www.postgresql.org/support/versioning/).
  private static let lastDays = [
    13: "2025-11-13", 14: "2026-11-12", 15: "2027-11-11", 16: "2028-11-09", 17: "2029-11-08",
    18: "2030-11-14",
  ]

  /// Version, encoding, collation, role.
  public var findings: [Finding] {
    var findings = [versionFinding]
    findings.append(
      encoding == "UTF8"
        ? .ok("encoding UTF8, collation \(collation)")
        : .failure(
          "the database's encoding is \(encoding), and UTF8 is needed",
          remedy:
            "createdb -E UTF8 -T template0 -O \(role) NEWNAME\nthen pg_dump \(database) | psql NEWNAME, and name that one in DATABASE_URL"
        ))
    if hasStaleCollation {
      findings.append(
        .warning(
          "the operating system sorts otherwise than when the database was made: indexes on text may be wrong",
          remedy:
            "REINDEX DATABASE \(database);\nthen ALTER DATABASE \(database) REFRESH COLLATION VERSION;"
        ))
    }
    if isStandby {
      findings.append(
        .failure(
          "the server is a standby: it refuses every write",
          remedy: "name the primary in DATABASE_URL, or target_session_attrs=read-write"))
    } else if isReadOnly {
      findings.append(
        .failure(
          "default_transaction_read_only is on: every write is refused",
          remedy:
            "ALTER ROLE \(role) RESET default_transaction_read_only;\nlikewise ALTER DATABASE \(database), and postgresql.conf"
        ))
    }
    findings.append(
      isSuperuser
        ? .warning(
          "role \(role) is a superuser: a fault in the service could reach everything",
          remedy:
            "ALTER ROLE \(role) NOSUPERUSER; -- or take a role that owns the database and no more")
        : .ok("role \(role) is no superuser"))
    return findings
  }

  private var versionFinding: Finding {
    let major = number / 10_000
    if major < 13 {
      return .failure(
        "PostgreSQL \(version): gen_random_uuid(), which creates need, is there from 13 on",
        remedy: "upgrade the server: pg_upgradecluster on Debian")
    }
    if let last = Self.lastDays[major], date > last {
      return .warning(
        "PostgreSQL \(version) works, and has had no security fixes since \(last)",
        remedy: "upgrade the server: pg_upgradecluster on Debian")
    }
    return .ok("PostgreSQL \(version) (13 and later work)")
  }
}

/// What a role may do with one table.
public struct TablePermissions: Sendable {
  /// With its schema.
  public let table: String
  /// Whether rows may be hidden from the role.
  public let hidesRows: Bool
  /// Of SELECT, INSERT, UPDATE, DELETE: what it may not.
  public let missing: [String]

  /// As the server says.
  public init(table: String, hidesRows: Bool, missing: [String]) {
    self.table = table
    self.hidesRows = hidesRows
    self.missing = missing
  }

  /// - Parameters:
  ///   - role: quoted for SQL.
  ///   - needed: those without which the service does not work; the others are for migrations.
  public func findings(role: String, needed: [String]) -> [Finding] {
    var findings: [Finding] = []
    for permission in missing {
      let grant = "GRANT \(permission) ON \(table) TO \(role);"
      findings.append(
        needed.contains(permission)
          ? .failure("\(table): role \(role) has no \(permission)", remedy: grant)
          : .warning(
            "\(table): role \(role) has no \(permission): erp-back migrate fails with it",
            remedy: "\(grant) -- or migrate as the table's owner"))
    }
    if hidesRows {
      findings.append(
        .warning(
          "\(table): row-level security is on, and may hide rows from role \(role)",
          remedy:
            "ALTER TABLE \(table) DISABLE ROW LEVEL SECURITY; -- or make a policy for the role"))
    }
    guard findings.isEmpty else { return findings }
    return [.ok("\(table): SELECT, INSERT, UPDATE, DELETE granted")]
  }
}
