import Catalog
import Testing

@testable import API

/// From SQLSTATE to status: the table of the design, and the contract's.
@Suite struct DatabaseFailureTests {
  private func error(_ state: String, detail: String = "", constraint: String = "") -> ServerError {
    ServerError(sqlState: state, detail: detail, constraint: constraint)
  }

  static let states: [(String, Int, String)] = [
    ("23505", 409, "conflict"), ("23503", 409, "conflict"), ("23502", 422, "invalid"),
    ("23514", 422, "invalid"), ("22001", 422, "invalid"), ("22P02", 422, "invalid"),
    ("22021", 422, "invalid"), ("22P05", 422, "invalid"), ("57014", 503, "timeout"),
    ("40001", 503, "unavailable"), ("40P01", 503, "unavailable"), ("08000", 503, "unavailable"),
    ("08006", 503, "unavailable"), ("53100", 503, "unavailable"), ("53300", 503, "unavailable"),
    ("57P01", 503, "unavailable"), ("57P02", 503, "unavailable"), ("57P03", 503, "unavailable"),
    ("55P03", 503, "unavailable"), ("25006", 503, "unavailable"), ("42501", 500, "internal"),
    ("42P01", 500, "internal"), ("42703", 500, "internal"), ("42601", 500, "internal"),
    ("XX000", 500, "internal"), ("25P02", 500, "internal"), ("40002", 500, "internal"),
    ("23000", 500, "internal"), ("57000", 500, "internal"), ("99999", 500, "internal"),
    ("", 500, "internal"), ("é", 500, "internal"), ("5", 500, "internal"),
  ]

  @Test(arguments: states)
  func `a SQLSTATE has its status`(_ state: String, _ status: Int, _ code: String) {
    var exchange = Exchange("GET", "/clients/00000000-0000-4000-8000-000000000001")
    exchange.render(.refused(error(state)))
    #expect(exchange.response.status == status)
    #expect(exchange.code == code)
    #expect(exchange.values("Retry-After").isEmpty == (status != 503))
  }

  @Test func `a value that the database refuses is a violation of where it was sent`() {
    for (exchange, location) in [
      (Exchange("GET", "/clients/"), "query"), (Exchange.create([:]), "body"),
      (Exchange.update(#"{"name":"x"}"#), "body"),
    ] {
      var exchange = exchange
      exchange.render(.refused(error("22P02")))
      #expect(exchange.violations == ["\(location) value_error"])
    }
  }

  @Test func `failures without a SQLSTATE`() {
    var exchange = Exchange("GET", "/clients/")
    exchange.render(.unavailable)
    #expect(exchange.response.status == 503)
    #expect(exchange.code == "unavailable")
    exchange.render(.timeout)
    #expect(exchange.response.status == 503)
    #expect(exchange.code == "timeout")
  }

  @Test(arguments: [("lost", "unavailable"), ("timeout", "timeout")])
  func `only a write that was sent may have been done, and says so`(_ kind: String, _ code: String)
  {
    let failure = kind == "lost" ? DatabaseFailure.lost : .timeout
    let sentence = "vérifiez si l’opération a été faite avant de recommencer"
    for (exchange, isWrite) in [
      (Exchange("GET", "/clients/"), false), (Exchange.update("{}"), false),
      (Exchange.create([:]), true), (Exchange.update(#"{"name":"x"}"#), true),
    ] {
      var exchange = exchange
      exchange.render(failure)
      #expect(exchange.response.status == 503)
      #expect(exchange.code == code)
      #expect(exchange.error.hasSuffix(sentence) == isWrite, "\(exchange.error)")
      exchange.render(.unavailable)
      #expect(!exchange.error.contains("vérifiez"))
    }
  }

  static let conflicts: [(String, String, String?)] = [
    ("Key (lower(email::text))=(a@b.fr) already exists.", "clients_email_key", "email"),
    ("La clé « (lower(email::text))=(a@b.fr) » existe déjà.", "clients_email_key", "email"),
    ("Schlüssel »(lower(email::text))=(a@b.fr)« existiert bereits.", "x", "email"),
    ("Key (id)=(00000000-0000-4000-8000-000000000001) already exists.", "clients_pkey", "id"),
    ("Key (company_name)=(x) already exists.", "x", "companyName"),
    ("Key (company_name, city)=(x, y) already exists.", "x", "companyName"),
    ("Key (lower(email::text))=(name=type) already exists.", "x", "email"),
    ("Key (first_name)=(email) already exists.", "clients_email_key", "firstName"),
    ("", "clients_email_key", "email"), ("", "clients_email_idx", "email"),
    ("", "nothing_known", nil), ("", "", nil),
  ]

  @Test(arguments: conflicts)
  func `a conflict names the column of its key`(
    _ detail: String, _ constraint: String, _ field: String?
  ) {
    for state in ["23505", "23503"] {
      var exchange = Exchange("POST", "/clients/", json: clientBody())
      exchange.render(.refused(error(state, detail: detail, constraint: constraint)))
      #expect(exchange.response.status == 409)
      #expect(exchange.json["field"] as? String == field)
    }
  }

  @Test func `an id that is taken may be that of the request before`() {
    var exchange = Exchange("POST", "/clients/", json: clientBody())
    let detail = "Key (id)=(00000000-0000-4000-8000-000000000001) already exists."
    exchange.render(.refused(error("23505", detail: detail, constraint: "clients_pkey")))
    #expect(exchange.json["field"] as? String == "id")
    #expect(exchange.error.hasSuffix(" ; lisez cette fiche : si c’est la vôtre, elle a été créée"))
  }

  @Test func `a conflict says what to do, by what refers to what`() {
    let detail = #"Key (name)=(1) is still referenced from table "visits"."#
    for (exchange, state, remedy) in [
      (Exchange("POST", "/clients/", json: clientBody()), "23505", "choisissez une autre valeur"),
      (Exchange.update(#"{"name":"x"}"#), "23505", "choisissez une autre valeur"),
      (Exchange("POST", "/clients/", json: clientBody()), "23503", "corrigez-la"),
      (
        Exchange("DELETE", "/clients/00000000-0000-4000-8000-000000000001"), "23503",
        "supprimez-les d’abord"
      ),
    ] {
      var exchange = exchange
      exchange.render(.refused(error(state, detail: detail)))
      #expect(exchange.response.status == 409)
      #expect(exchange.error.hasSuffix(" ; \(remedy)"), "\(exchange.error)")
    }
  }

  @Test func `a constraint's name tells columns apart that end alike`() {
    let conflict = error("23505", constraint: "clients_company_name_key")
    #expect(clients.columnInConflict(conflict) == "companyName")
  }

  @Test(arguments: ["23505", "22001", "42601", "57014", "53300"])
  func `the server's words never reach the client`(_ state: String) {
    var exchange = Exchange("POST", "/clients/", json: clientBody())
    exchange.render(
      .refused(
        error(state, detail: "Key (lower(email::text))=(CANARY) exists", constraint: "CANARY_key")))
    #expect(!exchange.text.contains("CANARY"))
    #expect(!exchange.head.contains("CANARY"))
  }
}
