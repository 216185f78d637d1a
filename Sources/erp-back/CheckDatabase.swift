internal import API
internal import Catalog
internal import Diagnosis
internal import Migrations
internal import Postgres
internal import Reactor

/// The database: whether it is there, what it is, and whether it is as this build needs it.
struct DatabaseCheck {
  private(set) var sections: [Report.Section] = []
  private(set) var isUnreachable = false
  private let configuration: Configuration
  private let string: ConnectionString
  private let environment: OperatorEnvironment

  /// Milliseconds for the connection and for each statement.
  private static let limit = 5000

  init(
    _ string: ConnectionString, _ environment: OperatorEnvironment, _ configuration: Configuration,
    sandbox: Sandbox?
  ) {
    self.configuration = configuration
    self.string = string
    self.environment = environment
    let start = ContinuousClock.now
    do throws(Session.Failure) {
      let session = try connect()
      let time = Int((ContinuousClock.now - start) / .milliseconds(1))
      var findings = [Finding.ok("connected in \(time) ms to \(session.place)")]
      if session.isRemote { findings += sandbox?.findings(reaching: session.address) ?? [] }
      examine(session, findings)
    } catch {
      isUnreachable = true
      let remedy = [environment.connectionHint, ConnectionRemedy.text(for: error.description)]
      sections = [
        Report.Section(
          "database",
          [
            .failure(
              error.description, remedy: remedy.compactMap(\.self).joined(separator: "\n"))
          ])
      ]
    }
  }

  private func connect() throws(Session.Failure) -> Session {
    try environment.connecting { () throws(Session.Failure) in
      try Session(string, application: "erp-back check", limit: Self.limit)
    }
  }

  private mutating func examine(_ session: Session, _ connected: [Finding]) {
    var findings = connected
    var connections: [Finding] = []
    do throws(Session.Failure) {
      let server = try Self.server(session)
      findings += server.findings
      connections =
        configuration.settings.session.prepares
        ? try self.connections(session, server)
        : [.skipped("ERP_PREPARE=off: behind a pooler its own pool size counts, see SHOW POOLS")]
      connections += try pooler(session).findings(role: server.role)
      let schema = SchemaCheck(session, role: server.role, database: server.database)
      sections = [
        Report.Section("database", findings + schema.permissions),
        Report.Section("schema", schema.findings),
        Report.Section("connections", connections),
      ]
    } catch {
      sections = [
        Report.Section(
          "database",
          findings + [.failure("\(error)", remedy: "see the server's log, then try again")])
      ]
    }
  }

  private static func server(_ session: Session) throws(Session.Failure) -> Server {
    let row = try session.rows(
      """
      SELECT current_setting('server_version'), current_setting('server_version_num'),
        current_setting('server_encoding'),
        -- Columns of later versions, where there are such.
        CASE WHEN to_jsonb(d)->>'datlocprovider' = 'i' THEN
          coalesce(to_jsonb(d)->>'daticulocale', to_jsonb(d)->>'datlocale') || ' (ICU)'
        ELSE d.datcollate END, pg_is_in_recovery(),
        current_setting('default_transaction_read_only'), r.rolsuper, quote_ident(current_user),
        quote_ident(current_database()), current_date::text
      FROM pg_database d, pg_roles r
      WHERE d.datname = current_database() AND r.rolname = current_user
      """)[0]
    let number = Int(row[1] ?? "") ?? 0
    // The columns are there from 15 on.
    let isStale =
      number >= 150_000
      ? try session.rows(
        """
        SELECT datcollversion <> pg_database_collation_actual_version(oid) FROM pg_database
        WHERE datname = current_database()
        """)[0][0] == "t" : false
    return Server(
      version: row[0] ?? "", number: number, encoding: row[2] ?? "", collation: row[3] ?? "",
      hasStaleCollation: isStale, isStandby: row[4] == "t", isReadOnly: row[5] == "on",
      isSuperuser: row[6] == "t", role: row[7] ?? "", database: row[8] ?? "", date: row[9] ?? "")
  }

  /// A pooler in transaction mode gives the process that it used last to whoever comes next: two
  /// sessions that take turns meet there, unless others take it from them each time.
  private func pooler(_ session: Session) throws(Session.Failure) -> Pooler {
    func process(_ session: Session) throws(Session.Failure) -> String? {
      try session.rows("SELECT pg_backend_pid()")[0][0]
    }
    let first = try process(session)
    let isThere = first != "\(session.toldProcess)"
    var isShared = false
    if isThere {
      let other = try connect()
      var seen: Set<String?> = [first]
      for _ in 0..<10 where !isShared {
        isShared = seen.contains(try process(other))
        seen.insert(try process(session))
      }
    }
    let limits = ["statement_timeout", "lock_timeout"]
    let values = try session.rows(
      "SELECT current_setting('statement_timeout'), current_setting('lock_timeout')")[0]
    return Pooler(
      isThere: isThere, isShared: isShared,
      prepares: configuration.settings.session.prepares,
      unlimited: zip(limits, values).filter { $0.1 == "0" }.map(\.0))
  }

  private func connections(
    _ session: Session, _ server: Server
  ) throws(Session.Failure) -> [Finding] {
    let numbers = try session.rows(
      """
      SELECT current_setting('max_connections')::int,
        current_setting('superuser_reserved_connections')::int
          + coalesce(current_setting('reserved_connections', true)::int, 0),
        r.rolconnlimit, d.datconnlimit, s.everybody, s.role, s.database
      FROM pg_roles r, pg_database d, (
        SELECT count(*) AS everybody, count(*) FILTER (WHERE usename = current_user) AS role,
          count(*) FILTER (WHERE datname = current_database()) AS database
        FROM pg_stat_activity
        WHERE usesysid IS NOT NULL AND datid IS NOT NULL AND pid <> pg_backend_pid()
          AND NOT (coalesce(application_name, '') = 'erp-back' AND usename = current_user
            AND datname = current_database())
      ) s
      WHERE r.rolname = current_user AND d.datname = current_database()
      """)[0].map { Int($0 ?? "") ?? 0 }
    let settings = configuration.settings
    return Connections(
      wanted: configuration.reactors * (settings.poolSize + settings.pointConnections),
      most: numbers[0], reserved: numbers[1], others: (numbers[4], numbers[5], numbers[6]),
      roleLimit: numbers[2], databaseLimit: numbers[3]
    ).findings(role: server.role, database: server.database)
  }
}
