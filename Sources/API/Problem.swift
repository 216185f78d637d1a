/// A failure as the client is told of it: status, machine word, French sentence.
struct Problem {
  let status: Int
  let code: String
  let message: String
  /// For 422, instead of the message in `detail`.
  var violations: [Violation]?
  /// For 409: the JSON name of the column.
  var field: String?
  /// For 405.
  var allow: Methods?

  init(_ status: Int, _ code: String, _ message: String) {
    self.status = status
    self.code = code
    self.message = message
  }

  /// Seconds after which a 503 may be tried again.
  var retryAfter: Int? { status == 503 ? 1 : nil }

  static let badTarget = Problem(400, "bad_request", "L’adresse demandée est mal encodée")
  static let badLength = Problem(
    400, "bad_request", "Le corps reçu n’a pas la longueur annoncée par Content-Length")
  static let noRoute = Problem(404, "not_found", "Cette adresse n’existe pas")
  static let stale = Problem(
    412, "precondition_failed",
    "Cette fiche a été modifiée entre-temps : rechargez-la avant d’enregistrer")
  static let tooLarge = Problem(413, "too_large", "Le corps de la requête est trop volumineux")
  static let unsupportedType = Problem(
    415, "unsupported_media_type", "Le corps doit être en JSON (Content-Type: application/json)")
  /// - Parameter location: `body` or `query`.
  static func rejectedByDatabase(_ location: String) -> Problem {
    var violations = Violations()
    violations.add(
      .valueError, at: [.name(location)],
      "une valeur envoyée n’est pas acceptée par la base de données")
    return .invalid(violations)
  }
  static let `internal` = Problem(
    500, "internal", "Erreur interne : signalez l’identifiant de requête à votre administrateur")
  static let unavailable = Problem(
    503, "unavailable", "Service momentanément indisponible : réessayez dans un instant")
  private static let checkFirst = "vérifiez si l’opération a été faite avant de recommencer"
  /// A write that was sent, and whose end is not known.
  static let lostWrite = Problem(
    503, "unavailable", "La liaison avec la base de données a été coupée : \(checkFirst)")
  static let lateWrite = Problem(
    503, "timeout", "La base de données n’a pas répondu à temps : \(checkFirst)")
  static let timeout = Problem(
    503, "timeout", "La base de données n’a pas répondu à temps : réessayez dans un instant")

  static func methodNotAllowed(_ allow: Methods) -> Problem {
    var problem = Problem(
      405, "method_not_allowed", "Cette méthode n’est pas permise à cette adresse")
    problem.allow = allow
    return problem
  }

  static func invalid(_ violations: Violations) -> Problem {
    var problem = Problem(
      422, "invalid",
      violations.list.first.map { "Données invalides : \($0.message)" } ?? "Données invalides")
    problem.violations = violations.list
    return problem
  }

  /// A unique value that another row has. An id that is taken may be the client's own: it creates with one to be
  /// able to send again what had no answer.
  static func taken(_ message: String, field: String?) -> Problem {
    let remedy =
      field == "id"
      ? "lisez cette fiche : si c’est la vôtre, elle a été créée" : "choisissez une autre valeur"
    return conflict("\(message)\(naming(field)) ; \(remedy)", field)
  }

  /// A value that has to name a row, and names none.
  static func dangling(field: String?) -> Problem {
    conflict("Cette valeur ne désigne rien d’existant\(naming(field)) ; corrigez-la", field)
  }

  /// A row that others refer to is not deleted.
  static func stillReferenced(field: String?) -> Problem {
    conflict("D’autres données s’y rapportent encore ; supprimez-les d’abord", field)
  }

  private static func naming(_ field: String?) -> String { field.map { " : \($0)" } ?? "" }

  private static func conflict(_ message: String, _ field: String?) -> Problem {
    var problem = Problem(409, "conflict", message)
    problem.field = field
    return problem
  }

  static func notReady(_ reason: String) -> Problem {
    Problem(503, "unavailable", "Service non prêt : \(reason)")
  }
}
