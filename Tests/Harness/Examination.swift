import Foundation

/// What `erp-back check` said.
struct Examination {
  let output: Output
  let findings: [(outcome: String, text: String, remedy: String)]

  /// Runs it on a site, with the site's own nginx.
  static func of(
    _ site: Site, url: String? = nil, _ environment: [String: String] = [:]
  ) throws -> Examination {
    try of(
      ["--nginx-conf", site.nginxConfiguration],
      environment: [
        "DATABASE_URL": url ?? site.database.url, "ERP_SOCKET": site.responder.socketPath,
      ].merging(environment) { $1 })
  }

  /// Runs it with this environment and no more.
  static func of(
    _ arguments: [String] = [], environment: [String: String]
  ) throws -> Examination {
    let output = try Output.of(
      Workbench.require().binary, ["check", "--json"] + arguments, environment: environment)
    let json = JSON(Array(output.out.utf8)) ?? .absent
    let findings = (json["sections"].array ?? []).flatMap { $0["findings"].array ?? [] }
    return Examination(
      output: output,
      findings: findings.map {
        ($0["outcome"].string ?? "", $0["text"].string ?? "", $0["remedy"].string ?? "")
      })
  }

  /// What is not well, a line each.
  func named(_ outcomes: String...) -> [String] {
    findings.filter { outcomes.contains($0.outcome) }.map(\.text)
  }

  var failures: [String] { named("failure") }
  var warnings: [String] { named("warning") }
}

extension Workbench {
  /// Whether a command may be given a mount namespace of its own.
  static let canMount =
    getuid() == 0 && (try? Output.of("/usr/bin/unshare", ["--mount", "/bin/true"]))?.status == 0
}

extension Site {
  /// A role that owns nothing more than the database's tables; the URL with it.
  func plainRole(_ grants: String = "") throws -> String {
    let role = unique()
    try database.psql(
      """
      CREATE ROLE \(role) LOGIN;
      GRANT SELECT, INSERT, UPDATE, DELETE ON clients, erp_back_revisions TO \(role);
      \(grants.replacing("ROLE", with: role))
      """)
    return database.url.replacing("//erp@", with: "//\(role)@")
  }
}
