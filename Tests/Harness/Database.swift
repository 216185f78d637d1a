import Foundation

/// A PostgreSQL cluster: the run's own, or one that a test may stop.
struct Cluster: Sendable {
  /// Of its own database, as a superuser.
  let url: String
  /// Nil for the run's cluster, which no test may stop.
  private let directory: String?

  static func shared() throws -> Cluster {
    Cluster(url: try Workbench.require().databaseURL, directory: nil)
  }

  /// Starts a new cluster in `directory`.
  static func new(in directory: String) throws -> Cluster {
    Cluster(url: try command("start", directory), directory: directory)
  }

  func stop() throws { try act("stop") }
  func start() throws { try act("start") }
  func kill() throws { try act("kill") }

  /// Creates an empty database.
  func database(_ name: String) throws -> Database {
    try Database(name: "erp", url: url).psql("CREATE DATABASE \(name)")
    guard let query = url.range(of: "/erp?") else { throw Failure("no /erp? in \(url)") }
    return Database(
      name: name, url: url.replacingCharacters(in: query, with: "/\(name)?"))
  }

  private func act(_ verb: String) throws {
    guard let directory else { throw Failure("the run's cluster is not to be stopped") }
    _ = try Self.command(verb, directory)
  }

  private static func command(_ verb: String, _ directory: String) throws -> String {
    let script = try Workbench.require().scripts + "/cluster"
    let out = try Output.ofSuccess(script, [verb, directory, "--test"])
    return String(out.split(separator: "\n").last ?? "")
  }
}

/// One database of a cluster.
struct Database: Sendable {
  let name: String
  let url: String

  /// Runs SQL; rows as lines, columns parted by `|`, without the last line end.
  @discardableResult
  func psql(_ sql: String) throws -> String {
    let out = try Output.ofSuccess("/usr/bin/psql", Self.options + [url, "-c", sql])
    return out.hasSuffix("\n") ? String(out.dropLast()) : out
  }

  /// Starts SQL that is to go on in the background, under its own application name.
  func hold(_ sql: String) throws -> Child {
    let path = try Workbench.require().directory + "/hold-\(unique())"
    return try Child(
      "/usr/bin/psql", Self.options + [url, "-c", sql], environment: ["PGAPPNAME": "holder"],
      output: path + ".out", errors: path + ".err")
  }

  /// Ends what ``hold(_:)`` has started.
  func release(_ holder: Child) throws {
    try psql(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        + " WHERE application_name = 'holder' AND datname = current_database()")
    holder.end()
  }

  /// Whether anybody holds a lock of this mode, for example `AccessShareLock`, on the table.
  func isLocked(_ table: String, _ mode: String) throws -> Bool {
    try psql(
      "SELECT count(*) > 0 FROM pg_locks WHERE granted AND mode = '\(mode)'"
        + " AND relation = '\(table)'::regclass"
        + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    ) == "t"
  }

  /// Whether a statement of the service has waited for a lock for so many seconds.
  func hasWaiter(for seconds: Double = 0) throws -> Bool {
    try psql(
      "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database()"
        + " AND application_name = 'erp-back' AND wait_event_type = 'Lock'"
        + " AND clock_timestamp() - query_start > interval '\(seconds) s'") == "t"
  }

  /// `pg_dump --schema-only`, without the random tokens that recent releases put around it.
  func schema() throws -> String {
    let dump = try Output.ofSuccess("/usr/bin/pg_dump", ["--schema-only", url])
    return dump.split(separator: "\n", omittingEmptySubsequences: false)
      .filter { !$0.hasPrefix("\\restrict") && !$0.hasPrefix("\\unrestrict") }
      .joined(separator: "\n")
  }

  /// The directory of the server's socket, with its data below.
  var place: String {
    get throws {
      guard let host = url.firstRange(of: "?host="),
        let place = url[host.upperBound...].prefix(while: { $0 != "&" }).removingPercentEncoding
      else { throw Failure("no directory in \(url)") }
      return place
    }
  }

  /// `url` with the password, if there is one.
  static func url(_ url: String, password: String?) -> String {
    url + (password.map { "&password=\($0)" } ?? "")
  }

  /// Runs `erp-back` with this database.
  func erpBack(
    _ arguments: [String], environment: [String: String] = [:], input: [UInt8] = []
  ) throws -> Output {
    try Output.of(
      Workbench.require().binary, arguments,
      environment: ["DATABASE_URL": url].merging(environment) { $1 }, input: input)
  }

  private static let options = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
}
