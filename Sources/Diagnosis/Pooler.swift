/// What stands between the service and the server, such as PgBouncer, and what of a session lasts
/// there.
public struct Pooler: Sendable {
  /// Whether the session is another's than the server's: its process is not the one that libpq was
  /// told of.
  public let isThere: Bool
  /// Whether two sessions were served by one process of the server: it is lent from transaction to
  /// transaction.
  public let isShared: Bool
  /// ERP_PREPARE
  public let prepares: Bool
  /// Of statement_timeout, lock_timeout: what a session has not set when it is new.
  public let unlimited: [String]

  /// As it was seen.
  public init(isThere: Bool, isShared: Bool, prepares: Bool, unlimited: [String]) {
    self.isThere = isThere
    self.isShared = isShared
    self.prepares = prepares
    self.unlimited = unlimited
  }

  /// - Parameter role: quoted for SQL.
  public func findings(role: String) -> [Finding] {
    let carried = [("statement_timeout", "5s"), ("lock_timeout", "2s")]
    let alter = carried.map { "ALTER ROLE \(role) SET \($0.0) = '\($0.1)';" }
    if prepares {
      guard isShared else {
        return isThere ? [.ok("a pooler is in front; what is prepared seems to last there")] : []
      }
      return [
        .warning(
          "a pooler lends its sessions from transaction to transaction (PgBouncer's pool_mode), and ERP_PREPARE is on: nothing is prepared all the same, and what the service sets for a session does not last",
          remedy: ([
            "ERP_PREPARE=off in /etc/erp-back/erp-back.env, then systemctl restart erp-back"
          ]
            + alter).joined(separator: "\n"))
      ]
    }
    var findings: [Finding] = []
    if isShared {
      findings.append(
        .ok("a pooler lends its sessions from transaction to transaction; ERP_PREPARE=off fits it"))
    }
    if !unlimited.isEmpty {
      findings.append(
        .warning(
          "with ERP_PREPARE=off the role carries the settings, and \(unlimited.joined(separator: " and ")) of \(role) is 0: no limit",
          remedy: alter.joined(separator: "\n")
            + (isThere ? "" : "\nor ERP_PREPARE=on, which is right without a pooler")))
    }
    return findings
  }
}
