import Testing

@testable import API

/// What a create makes of a body: 15 parameters in column order, or a 422.
@Suite struct CreateTests {
  /// Slots of the writable columns, which are all but the two timestamps.
  static let slots = [
    "id": 0, "type": 1, "name": 2, "companyName": 3, "firstName": 4, "lastName": 5, "siret": 6,
    "email": 7, "phone": 8, "address": 9, "city": 10, "status": 11, "tags": 12,
    "lastService": 13, "contacts": 14,
  ]

  private func parameter(_ name: String, of exchange: Exchange) throws -> [UInt8]? {
    try #require(exchange.decision == .query, "\(exchange.text)")
    return exchange.parameters[try #require(Self.slots[name])]
  }

  @Test func `a create that names what is required takes the defaults`() throws {
    let exchange = Exchange.create([:])
    try #require(exchange.decision == .query)
    let none: [UInt8]? = nil
    #expect(
      exchange.parameters == [
        none, Cell.text("company"), Cell.text("Wash"), none, none, none, none, none, none, none,
        none, Cell.text("active"), Cell.textArray([]), none, Cell.jsonb("[]"),
      ])
    #expect(exchange.plan.statement?.isRead == false)
    #expect(
      exchange.plan.statement?.parameterTypes == [
        2950, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 1009, 25, 3802,
      ])
  }

  @Test(arguments: ["type", "name"])
  func `what is required is missed`(_ name: String) {
    let exchange = name == "type" ? Exchange.create(["type": nil]) : .create(["name": nil])
    #expect(exchange.response.status == 422)
    #expect(exchange.violations == ["body.\(name) missing"])
  }

  @Test func `an empty body misses both`() {
    #expect(
      Exchange("POST", "/clients/", json: "{}").violations == [
        "body.type missing", "body.name missing",
      ])
  }

  // MARK: text

  static let lengths: [(name: String, limit: Int)] = [
    ("name", 255), ("companyName", 255), ("firstName", 100), ("lastName", 100), ("siret", 20),
    ("phone", 50), ("address", 10_000), ("city", 100), ("status", 20), ("lastService", 50),
  ]

  /// One code point each of 1, 2, 3 and 4 bytes, and two that make one Character.
  @Test(arguments: lengths, ["x", "é", "€", "😀", "e\u{301}"])
  func `lengths count code points`(_ column: (name: String, limit: Int), _ unit: String) throws {
    let units = column.limit / unit.unicodeScalars.count
    let full =
      String(repeating: unit, count: units)
      + String(repeating: "y", count: column.limit - units * unit.unicodeScalars.count)
    #expect(
      try parameter(column.name, of: .create([column.name: quoted(full)])) == Cell.text(full))
    #expect(
      Exchange.create([column.name: quoted(full + "z")]).violations == [
        "body.\(column.name) string_too_long"
      ])
  }

  @Test func `an escape counts as the character it stands for`() throws {
    let full = String(repeating: #"\u00e9"#, count: 20)
    #expect(
      try parameter("siret", of: .create(["siret": quoted(full)]))
        == Cell.text(String(repeating: "é", count: 20)))
    let pairs = String(repeating: #"\ud83d\ude00"#, count: 21)
    #expect(Exchange.create(["siret": quoted(pairs)]).violations == ["body.siret string_too_long"])
  }

  @Test(arguments: lengths.map(\.name) + ["email"], ["5", "1.5", "true", "false", "[]", "{}"])
  func `text is text`(_ name: String, _ value: String) {
    #expect(Exchange.create([name: value]).violations == ["body.\(name) string_type"])
  }

  @Test(arguments: [
    "companyName", "firstName", "lastName", "siret", "email", "phone", "address", "city",
    "lastService",
  ])
  func `null clears what may be null`(_ name: String) throws {
    #expect(try parameter(name, of: .create([name: "null"])) == nil)
  }

  @Test(arguments: [
    ("type", "enum"), ("name", "string_type"), ("status", "string_type"), ("tags", "list_type"),
    ("contacts", "list_type"),
  ])
  func `null is refused where the column is NOT NULL`(_ name: String, _ type: String) {
    #expect(Exchange.create([name: "null"]).violations == ["body.\(name) \(type)"])
    #expect(Exchange.update("{\"\(name)\":null}").violations == ["body.\(name) \(type)"])
  }

  @Test(
    arguments: ["name", "status"],
    ["", " ", #"\t\r\n "#, "\u{a0}", "\u{3000}\u{2003}", #"\u2028"#, "\u{85}"])
  func `blank is refused where it says nothing`(_ name: String, _ blank: String) {
    #expect(
      Exchange.create([name: quoted(blank)]).violations == ["body.\(name) string_too_short"])
  }

  @Test(arguments: ["companyName", "firstName", "phone", "address", "city", "lastService"])
  func `optional text may be empty or blank`(_ name: String) throws {
    #expect(try parameter(name, of: .create([name: #""""#])) == [])
    #expect(try parameter(name, of: .create([name: #""  ""#])) == Cell.text("  "))
  }

  @Test(arguments: ["Actif", "Prospect", "active", " x ", "\u{200b}"])
  func `a status is any text that is not blank`(_ status: String) throws {
    #expect(try parameter("status", of: .create(["status": quoted(status)])) == Cell.text(status))
  }

  @Test(arguments: ["company", "individual", #"c\u006fmpany"#])
  func `a type is one of two`(_ type: String) throws {
    let word = type == "individual" ? type : "company"
    #expect(try parameter("type", of: .create(["type": quoted(type)])) == Cell.text(word))
  }

  @Test(arguments: [
    #""Company""#, #""company ""#, #""""#, #""other""#, #""companyy""#, "5", "[]", "{}", "true",
  ])
  func `another type is refused`(_ value: String) {
    #expect(Exchange.create(["type": value]).violations == ["body.type enum"])
  }

  // MARK: id, email

  @Test func `an id is optional`() throws {
    let id = "00000000-0000-4000-8000-0000000000AB"
    #expect(try parameter("id", of: .create(["id": quoted(id)])) == Cell.uuid(0xab))
    #expect(
      try parameter("id", of: .create(["id": #""\u0030"# + id.dropFirst() + "\""]))
        == Cell.uuid(0xab))
    #expect(try parameter("id", of: .create(["id": "null"])) == nil)
  }

  @Test(arguments: ["5", "{}", "[]", "true", #""""#, #""1""#, #""null""#])
  func `an id that is no UUID is refused`(_ value: String) {
    #expect(Exchange.create(["id": value]).violations == ["body.id uuid_parsing"])
  }

  @Test func `an empty address is null`() throws {
    #expect(try parameter("email", of: .create(["email": #""""#])) == nil)
    #expect(
      try parameter("email", of: .create(["email": #""Né@Exemple.FR""#]))
        == Cell.text("Né@Exemple.FR"))
    for value in [#"" ""#, #""x""#, #""a@b""#] {
      #expect(Exchange.create(["email": value]).violations == ["body.email value_error"])
    }
  }

  // MARK: names and unknown members

  @Test(arguments: [
    ("company_name", "companyName"), ("first_name", "firstName"), ("last_name", "lastName"),
    ("last_service", "lastService"),
  ])
  func `the SQL name is understood and answered in camelCase`(_ sql: String, _ json: String) throws
  {
    #expect(try parameter(json, of: .create([sql: #""x""#])) == Cell.text("x"))
    #expect(Exchange.create([sql: "1"]).violations == ["body.\(json) string_type"])
    for pair in [[sql, json], [json, sql]] {
      let body = clientBody([pair[0]: #""x""#, pair[1]: "null"])
      #expect(
        Exchange("POST", "/clients/", json: body).violations == ["body.\(json) value_error"])
    }
  }

  @Test func `unknown and read-only members are ignored`() throws {
    let exchange = Exchange.create([
      "unknown": #"{"a":[1,"x"]}"#, "createdAt": "5", "created_at": "true", "updatedAt": "[]",
      "updated_at": "null", "Name": "5",
    ])
    #expect(exchange.parameters == Exchange.create([:]).parameters)
    #expect(exchange.decision == .query)
  }

  @Test func `of two members the last counts`() throws {
    let exchange = Exchange(
      "POST", "/clients/",
      json: #"{"type":"x","name":5,"type":"company","name":"first","na\u006de":"last"}"#)
    #expect(try parameter("name", of: exchange) == Cell.text("last"))
    #expect(
      Exchange("POST", "/clients/", json: #"{"type":"company","name":"x","name":5}"#).violations
        == ["body.name string_type"])
  }
}
