import Foundation

@testable import Harness

/// PgBouncer in transaction mode in front of a site's database, as docs/operations.md sets it up.
final class PgBouncer: @unchecked Sendable {
  static let program = "/usr/sbin/pgbouncer"
  static let isThere = Workbench.exists(program)

  /// What a URL names as `host`.
  let directory: String
  private var child: Child?

  /// Starts it, for the plain role of the database.
  init(_ directory: String, for database: Database) throws {
    self.directory = directory
    let files = FileManager.default
    try files.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let server = try database.psql("SHOW unix_socket_directories")
    try """
    [databases]
    \(database.name) = host=\(server) port=5432 dbname=\(database.name)
    [pgbouncer]
    listen_port = 6432
    unix_socket_dir = \(directory)
    auth_type = trust
    auth_file = \(directory)/userlist.txt
    pool_mode = transaction
    default_pool_size = 20
    server_login_retry = 1
    query_wait_timeout = 5
    logfile = \(logPath)
    pidfile = \(directory)/pgbouncer.pid
    """.write(toFile: ini, atomically: true, encoding: .utf8)
    try "\"\(database.role)\" \"\"\n".write(
      toFile: "\(directory)/userlist.txt", atomically: true, encoding: .utf8)
    if getuid() == 0 {  // It does not run as root.
      _ = try Output.ofSuccess("/usr/bin/chown", ["-R", "postgres:", directory])
    }
    try start()
  }

  private var ini: String { directory + "/pgbouncer.ini" }

  /// The URL of `database` through it.
  func url(of database: Database) -> String {
    "postgresql://\(database.role)@/\(database.name)?port=6432&host=\(percentEncoded(directory))"
  }

  var logPath: String { directory + "/pgbouncer.log" }

  /// What it logged of answers that came when their session was lent to nobody.
  func strays() throws -> [Substring] {
    try String(contentsOfFile: logPath, encoding: .utf8).split(separator: "\n")
      .filter { $0.contains("when not linked") || $0.contains("got dirty") }
  }

  func start() throws {
    let asPostgres = ["--reuid=postgres", "--regid=postgres", "--init-groups"]
    child = try Child(
      getuid() == 0 ? "/usr/bin/setpriv" : Self.program,
      (getuid() == 0 ? asPostgres + [Self.program] : []) + [ini],
      output: directory + "/out", errors: directory + "/err")
    try eventually("PgBouncer listens") {
      (try? Socket(path: directory + "/.s.PGSQL.6432")) != nil
    }
  }

  /// Ends it, with the connections of both sides.
  func stop(_ signal: Int32 = SIGTERM) throws {
    child?.signal(signal)
    _ = try child?.wait(within: 10)
    child = nil
  }

  func end() {
    child?.end()
    child = nil
  }
}
