import Foundation

@testable import Harness

/// Two servers, one of which follows the other; the roles change with each failover.
///
/// Replication is synchronous: PostgreSQL acknowledges a commit when the standby has it on disk.
/// Otherwise a failover may lose the newest acknowledged writes, whatever the service does.
final class ServerPair {
  private(set) var primary: String
  private(set) var standby: String
  private let database: Database

  /// Makes a standby of the server of `database`, and waits until it follows.
  init(_ database: Database) throws {
    self.database = database
    primary = try database.psql("SHOW unix_socket_directories")
    standby = primary + "-standby"
    try follow()
  }

  /// A URL that names both, and asks for the one that takes writes.
  static func url(_ database: Database) throws -> String {
    let first = try database.psql("SHOW unix_socket_directories")
    return "postgresql://erp@/\(database.name)?target_session_attrs=read-write&host="
      + percentEncoded("\(first),\(first)-standby")
  }

  /// The database on the server that is the primary now.
  var live: Database {
    Database(
      name: database.name, url: "postgresql://erp@/\(database.name)?host=\(percentEncoded(primary))"
    )
  }

  /// Ends the primary as a crash would.
  func killPrimary() throws { try Self.cluster("kill", primary) }

  /// The standby takes over; the time from its promotion on counts.
  func promote() throws {
    try Self.cluster("promote", standby)
    swap(&primary, &standby)
  }

  /// What was the primary becomes a copy of the new one, and follows it.
  func rebuild() throws {
    try FileManager.default.removeItem(atPath: standby + "/data")
    try follow()
  }

  /// Stops every process of the primary where it is: to others it is there, and says nothing.
  func freezePrimary() throws -> [pid_t] {
    let path = primary + "/data"
    func processes() throws -> [pid_t] {
      try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }.filter {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\($0)/cwd")) == path
      }
    }
    var frozen: Set<pid_t> = []
    while true {  // until nobody new was forked meanwhile
      let new = try processes().filter { !frozen.contains($0) }
      if new.isEmpty { return Array(frozen) }
      for process in new {
        kill(process, SIGSTOP)
        frozen.insert(process)
      }
    }
  }

  /// Ends it at once: it takes no request any more.
  func endFrozen(_ processes: [pid_t], in directory: String) {
    let text = try? String(contentsOfFile: directory + "/data/postmaster.pid", encoding: .utf8)
    guard let first = text?.split(separator: "\n").first, let postmaster = pid_t(first) else {
      return
    }
    for process in processes { kill(process, process == postmaster ? SIGQUIT : SIGTERM) }
    for process in processes { kill(process, SIGCONT) }
    try? eventually("the frozen server ends") { processes.allSatisfy { kill($0, 0) != 0 } }
  }

  func end() {
    for directory in [primary, standby] { try? Self.cluster("kill", directory) }
  }

  private func follow() throws {
    try Self.cluster("standby", standby, primary, "--test")
    let server = live.maintenance
    try server.psql("ALTER SYSTEM SET synchronous_standby_names = '*'")
    try server.psql("SELECT pg_reload_conf()")
    try eventually("the standby follows, synchronously") {
      try server.psql("SELECT sync_state FROM pg_stat_replication") == "sync"
    }
  }

  private static func cluster(_ arguments: String...) throws {
    _ = try Output.ofSuccess(try Workbench.require().scripts + "/cluster", arguments)
  }
}
