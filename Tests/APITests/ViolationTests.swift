import Testing

@testable import API

/// Which violations a 422 lists, where they point and in which order.
@Suite struct ViolationTests {
  @Test func `every violation stands in declaration order`() {
    let long = quoted(String(repeating: "x", count: 10_001))
    let body = """
      {"contacts":[{"active":"no","roles":[1],"id":5},7],"lastService":\(long),"tags":[1,\(long)],
      "status":null,"city":\(long),"address":\(long),"phone":\(long),"email":"no","siret":\(long),
      "last_name":\(long),"firstName":true,"company_name":\(long),"name":"","type":"neither",
      "id":"x"}
      """
    #expect(
      Exchange("POST", "/clients/", json: body).violations == [
        "body.id uuid_parsing", "body.type enum", "body.name string_too_short",
        "body.companyName string_too_long", "body.firstName string_type",
        "body.lastName string_too_long", "body.siret string_too_long", "body.email value_error",
        "body.phone string_too_long", "body.address string_too_long", "body.city string_too_long",
        "body.status string_type", "body.tags.0 string_type", "body.tags.1 string_too_long",
        "body.lastService string_too_long", "body.contacts.0.id string_type",
        "body.contacts.0.firstName missing", "body.contacts.0.lastName missing",
        "body.contacts.0.roles.0 string_type", "body.contacts.0.active bool_type",
        "body.contacts.1 model_type",
      ])
  }

  @Test func `a hundred violations are listed at most`() {
    let tags = Array(repeating: "0", count: 99).joined(separator: ",")
    let exact = Exchange.create(["name": "1", "tags": "[\(tags)]"])
    #expect(exact.violations.count == 100)
    #expect(exact.violations.last == "body.tags.98 string_type")
    let more = Exchange.create(["tags": "[0,\(tags)]", "contacts": "[1,2,3]"])
    #expect(more.violations.count == 100)
    #expect(more.violations.last == "body.tags.99 string_type")
  }

  @Test(arguments: [#""a\u0000b""#, #""\ud800""#, #""\udc00x""#, #""\ud83d\u0041""#])
  func `what PostgreSQL cannot store is refused at its field`(_ bad: String) {
    for name in [
      "type", "name", "companyName", "firstName", "siret", "email", "phone", "address", "city",
      "status", "lastService",
    ] {
      #expect(Exchange.create([name: bad]).violations == ["body.\(name) value_error"])
    }
    for (name, value) in [
      ("tags", "[\"x\",\(bad)]"), ("contacts", "[\(contact("\"note\":[{\"x\":\(bad)}]"))]"),
      ("contacts", "[\(contact("\(bad):1"))]"),
    ] {
      let violations = Exchange.create([name: value]).violations
      #expect(violations.count == 1)
      #expect(violations.first?.hasPrefix("body.\(name)") == true)
      #expect(violations.first?.hasSuffix(" value_error") == true)
    }
  }

  @Test(arguments: [
    #""x":"\u0000""#, #""x":{"y":["\ud800"]}"#, #""\u0000":1"#, #""\udfff":{}"#,
    #""createdAt":"\u0000""#,
  ])
  func `it is refused in members that are ignored too`(_ member: String) {
    let create = Exchange(
      "POST", "/clients/", json: #"{"type":"company","name":"x",\#(member)}"#)
    #expect(create.violations == ["body value_error"])
    #expect(Exchange.update("{\(member)}").violations == ["body value_error"])
  }

  @Test(arguments: ["PUT", "PATCH"])
  func `it is refused in the id of an update, which is ignored`(_ method: String) {
    #expect(Exchange.update(#"{"id":"\u0000"}"#, method).response.status == 422)
    #expect(Exchange.update(#"{"id":["\ud800"]}"#, method).response.status == 422)
  }

  @Test func `it is refused in the first of two members of one name`() {
    let body = #"{"type":"company","name":"\u0000","name":"x"}"#
    #expect(Exchange("POST", "/clients/", json: body).response.status == 422)
  }

  @Test(arguments: [
    ("nope!", "body"), (#"{"name":}"#, "body.8"), ("", "body.0"), (#"{"é":}"#, "body.6"),
    ("{} x", "body.3"), ("\u{feff}{}", "body.0"),
  ])
  func `text that is not JSON is one violation`(_ text: String, _ location: String) {
    for (method, target) in [
      ("POST", "/clients"), ("PUT", "/clients/00000000-0000-4000-8000-000000000001"),
    ] {
      let exchange = Exchange(method, target, json: text)
      #expect(exchange.response.status == 422)
      #expect(exchange.violations.count == 1)
      #expect(exchange.violations.first?.hasPrefix(location) == true)
      #expect(exchange.violations.first?.hasSuffix(" json_invalid") == true)
    }
  }

  @Test(arguments: [
    ("", "le corps est vide"), ("\u{feff}{}", "(BOM)"), (#"{"a":1"#, "s’arrête trop tôt (octet 6)"),
    (String(repeating: "[", count: 65), "plus de 64 niveaux (octet 64)"),
    ("nope!", "texte JSON valable (octet 0)"), (#"{"a":}"#, "texte JSON valable (octet 5)"),
  ])
  func `text that is not JSON is told what is wrong with it`(_ text: String, _ words: String) {
    let error = Exchange("POST", "/clients", json: text).error
    #expect(error.contains(words), "\(error)")
  }

  @Test(arguments: ["[]", "null", "5", "\"x\"", " [ {} ] "])
  func `a body that is no object is one violation`(_ text: String) {
    #expect(Exchange("POST", "/clients/", json: text).violations == ["body model_type"])
    #expect(Exchange.update(text, "PUT").violations == ["body model_type"])
  }

  @Test(arguments: [
    #"{"type":"CANARY","name":["CANARY"],"email":"CANARY","id":"CANARY","tags":"CANARY"}"#,
    #"{"type":"company","name":"x","CANARY":"\u0000"}"#, #"{"CANARY" CANARY"#,
    #"{"type":"company","name":"x","contacts":[{"id":5,"CANARY":1,"roles":"CANARY"}]}"#,
  ])
  func `the answer never repeats the input`(_ body: String) {
    let exchange = Exchange("POST", "/clients/", json: body)
    #expect(exchange.response.status == 422)
    #expect(!exchange.text.contains("CANARY"))
  }

  @Test func `the envelope stands in its order`() {
    let exchange = Exchange.create(["email": #""x""#])
    #expect(
      exchange.text.hasPrefix(
        #"{"success":false,"data":null,"error":"Données invalides"#))
    #expect(
      exchange.text.contains(
        #"","code":"invalid","detail":[{"loc":["body","email"],"msg":""#))
    #expect(exchange.text.hasSuffix(#"","type":"value_error"}],"request_id":""}"#))
  }
}
