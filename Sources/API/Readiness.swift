/// `GET /health/ready`: whether the database answers and its schema is the one this build needs.
struct Readiness: Sendable {
  /// The newest revision that the migrations have noted.
  let statement: Statement
  private let revision: String

  init(revision: String, _ resources: [Resource], next index: inout Int) {
    self.revision = revision
    // The joins fetch nothing: they fail where a table, a column or a permission is missing.
    let tables = resources.enumerated().map { number, resource in
      " LEFT JOIN (SELECT \(resource.columnList) FROM \(resource.table) LIMIT 0) AS t\(number) ON true"
    }
    statement = Statement(
      "SELECT applied.revision FROM public.erp_back_revisions AS applied\(tables.joined()) "
        + "ORDER BY applied.revision DESC LIMIT 1", [], isRead: true, index: index)
    index += 1
  }

  /// Nil when `live` is the revision needed.
  func problem(live: String?) -> Problem? {
    guard let live else { return .notReady(Self.notMigrated) }
    guard live != revision else { return nil }
    return .notReady(
      live > revision
        ? "la base est en \(live), plus récente que ce programme (\(revision)) : "
          + "installez la version qui l’a migrée ou lancez « erp-back migrate downgrade \(revision) » avec elle"
        : "la base est en \(live), ce programme demande \(revision) : "
          + "lancez « erp-back migrate upgrade head »")
  }

  func problem(_ failure: DatabaseFailure) -> Problem {
    guard case .refused(let error) = failure else {
      return .notReady("la base de données ne répond pas")
    }
    switch Verdict(sqlState: error.sqlState) {
    case .misconfigured: return .notReady(Self.misconfigured)
    default: return .notReady("la base de données refuse la lecture (SQLSTATE \(error.sqlState))")
    }
  }

  private static let misconfigured =
    "une table, une colonne ou un droit manque dans la base : "
    + "lancez « erp-back migrate upgrade head » ; s’il n’y a rien à faire, « erp-back check » dit ce qui manque"
  private static let notMigrated =
    "la base n’est pas migrée : lancez « erp-back migrate upgrade head »"
}
