import Foundation

@testable import Harness

/// The processes of a site's own cluster, which a scenario may hurt one by one.
struct Server {
  /// A superuser's way in, beside the responder's role.
  let warden: Database
  private let data: String
  private let binaries: String

  /// - Parameter isUp: whether the warden can be made now.
  init(_ site: Site, isUp: Bool = true) throws {
    let url = site.database.url
    warden = Database(
      name: site.database.name, url: url.replacing("//erp@", with: "//warden@"))
    if isUp { try site.database.psql("CREATE ROLE warden SUPERUSER LOGIN") }
    data = try site.database.place + "/data"
    let version = try String(contentsOfFile: data + "/PG_VERSION", encoding: .utf8)
    binaries = "/usr/lib/postgresql/\(version.split(separator: "\n")[0])/bin"
  }

  // MARK: processes

  /// The first of them all.
  var postmaster: pid_t {
    get throws {
      let text = try String(contentsOfFile: data + "/postmaster.pid", encoding: .utf8)
      guard let line = text.split(separator: "\n").first, let pid = pid_t(line) else {
        throw Failure("no process in \(data)/postmaster.pid")
      }
      return pid
    }
  }

  /// The responder's sessions of which `condition` holds, those used last first.
  func sessions(where condition: String = "true") throws -> [pid_t] {
    try warden.psql(
      "SELECT pid FROM pg_stat_activity WHERE application_name = 'erp-back'"
        + " AND (\(condition)) ORDER BY state_change DESC"
    ).split(separator: "\n").compactMap { pid_t($0) }
  }

  /// The processes that serve a role, as their titles tell, for when no session is to be had.
  func processes(of role: String, in database: String = "") throws -> [pid_t] {
    try children.filter { pid in
      let title = try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8)
      return title?.hasPrefix("postgres: \(role) \(database)") == true
    }
  }

  private var children: [pid_t] {
    get throws {
      let parent = try postmaster
      return try String(contentsOfFile: "/proc/\(parent)/task/\(parent)/children", encoding: .utf8)
        .split(separator: " ").compactMap { pid_t($0) }
    }
  }

  /// The session of the lane that reads rows by key.
  static let isPoint =
    "query LIKE '%FROM public.clients WHERE id = $1' AND query LIKE 'SELECT id, type%'"

  /// Sends a signal to a session, unless it has ended: the number may be another's by now.
  func signal(_ pid: pid_t, _ number: Int32) throws {
    if try children.contains(pid) { kill(pid, number) }
  }

  func signalPostmaster(_ number: Int32) throws { kill(try postmaster, number) }

  /// Whether connections are taken.
  var isUp: Bool { (try? warden.psql("SELECT 1")) == "1" }

  /// What it says to who comes now; empty: nothing.
  func refusal() throws -> String {
    try Output.of("/usr/bin/psql", ["-X", warden.url, "-c", "SELECT 1"]).errors
  }

  func waitUntilUp() throws {
    try eventually("the server takes connections", within: 30) { isUp }
  }

  func waitUntilGone(_ pid: pid_t) throws {
    try eventually("process \(pid) is gone", within: 30) { !Workbench.exists("/proc/\(pid)") }
  }

  // MARK: settings

  /// Changes a setting of the server in all its sessions; nil: back to its default.
  func set(_ name: String, _ value: String?) throws {
    let clause = value.map { "SET \(name) = '\($0)'" } ?? "RESET \(name)"
    // Not both in one transaction: -c puts them into one.
    try warden.psql("ALTER SYSTEM \(clause)")
    try warden.psql("SELECT pg_reload_conf()")
    let seen =
      value.map { "current_setting('\(name)') = '\($0)'" } ?? "source <> 'configuration file'"
    try eventually("\(name) is set") {
      try warden.psql("SELECT \(seen) FROM pg_settings WHERE name = '\(name)'") == "t"
    }
  }

  /// Begins to recover, and does not come to an end before `promote`.
  func startRecovering() throws {
    try append("hot_standby = off\n", to: "/postgresql.auto.conf")
    try append("", to: "/standby.signal")
    try asOwner([
      "\(binaries)/pg_ctl", "start", "-s", "-w", "-t", "60", "-D", data, "-l",
      data + "/../postgres.log",
    ])
  }

  /// Ends the recovery.
  func promote() throws {
    try append("", to: "/promote")
    try signalPostmaster(SIGUSR1)
  }

  /// As the server's owner, so that the file is its own.
  private func append(_ text: String, to name: String) throws {
    try asOwner(["/bin/sh", "-c", #"printf '%s' "$0" >>"$1""#, text, data + name])
  }

  private func asOwner(_ command: [String]) throws {
    let owner = getuid() == 0 ? ["runuser", "-u", "postgres", "--"] : []
    _ = try Output.ofSuccess(
      "/bin/sh", ["-c", #"cd "$0" && exec "$@""#, data] + owner + command)
  }
}
