import Foundation

@testable import Harness

/// What operators do to the sessions and roles of a service.
extension Database {
  /// Of the same server, where this one is not to be in use.
  var maintenance: Database {
    Database(name: "postgres", url: url.replacing("/\(name)?", with: "/postgres?"))
  }

  /// Ends the service's sessions, and waits for their end.
  func endSessions() throws {
    try maintenance.psql(
      "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
        + " WHERE application_name = 'erp-back' AND datname = '\(name)'")
  }

  /// The name of the role of ``plainURL(password:)``: a server's roles are those of all its databases.
  var role: String { name }

  /// A role that may do what the service does and no more; the URL with it.
  func plainURL(password: String?) throws -> String {
    try psql(
      """
      CREATE ROLE \(role) LOGIN PASSWORD '\(password ?? "none")';
      GRANT SELECT, INSERT, UPDATE, DELETE ON clients TO \(role);
      GRANT SELECT ON erp_back_revisions TO \(role);
      """)
    return Self.url(url.replacing("//erp@", with: "//\(role)@"), password: password)
  }

  /// From now on sessions of ``role`` are asked for its password, in a cluster of the test's own.
  func requirePassword() throws {
    let path = try psql("SHOW hba_file")
    let rules = try String(contentsOfFile: path, encoding: .utf8)
    // In place, so that the file stays the server's own.
    try Data("local all \(role) scram-sha-256\n\(rules)".utf8).write(to: URL(fileURLWithPath: path))
    try psql("SELECT pg_reload_conf()")
    try eventually("a password is asked for") {
      try Output.of(
        "/usr/bin/psql",
        ["-X", "-w", url.replacing("//erp@", with: "//\(role)@"), "-c", "SELECT 1"]
      ).status != 0
    }
  }
}

extension Scene {
  /// Waits until requests for rows are answered with `status`.
  func isAnswered(_ status: Int, within seconds: Double = 10) throws {
    try eventually("\(name): answered with \(status)", within: seconds) {
      try site.client.request("GET", "/clients/?limit=1").status == status
    }
  }

  /// What `/health/ready` answers now.
  func readiness() throws -> Answer { try site.get("/health/ready") }
}
