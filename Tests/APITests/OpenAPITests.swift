import Catalog
import Foundation
import Testing

@testable import API

@Suite struct OpenAPITests {
  /// Made up, to see that a resource needs no line anywhere else.
  static let orders = Resource(
    "order_lines", nouns: Nouns(one: "ligne", feminine: true), order: ["-created_at"],
    lookups: ["state"],
    columns: [
      .id(),
      .text("bill_to", 40, .required, rule: .notBlank, uses: [.searched, .sorted]),
      .text("state", 10, .text("open"), rule: .oneOf(["open", "shut"]), uses: [.filtered]),
      .text("kind", 10, rule: .oneOf(["a", "b"])),
      .text("mail", 100, rule: .email),
      .objects("parts", maxCount: 3, [.string("name"), .boolean("isLast", false)]),
      .timestamp("created_at", uses: .sorted),
      .timestamp("updated_at"),
    ])

  static let application = Application(
    [clients, orders], title: "T <&> \"q\"", version: "1", revision: "r", origins: [])

  let document: [String: Any]

  init() {
    document = Exchange("GET", "/openapi.json", of: Self.application).json
  }

  private func object(_ path: String...) -> [String: Any] {
    path.reduce(document) { $0[$1] as? [String: Any] ?? [:] }
  }

  private func schema(_ name: String) -> [String: Any] { object("components", "schemas", name) }

  private func properties(_ name: String) -> [String: [String: Any]] {
    schema(name)["properties"] as? [String: [String: Any]] ?? [:]
  }

  /// Every object in the document.
  private func forEach(_ value: Any, _ work: ([String: Any]) -> Void) {
    if let members = value as? [String: Any] {
      work(members)
      for member in members.values { forEach(member, work) }
    } else if let items = value as? [Any] {
      for item in items { forEach(item, work) }
    }
  }

  // MARK: routes

  @Test func `every route of the router is described, and no other`() {
    let paths = object("paths").keys.map {
      $0.count > 1 && $0.hasSuffix("/") ? String($0.dropLast()) : $0
    }
    #expect(paths.sorted() == Self.application.routes.dropFirst().sorted())
    #expect(paths.contains("/order_lines/state/{state}"))
    #expect(
      object("paths", "/order_lines/", "get")["description"] as? String
        == "Sorted by `-created_at` unless `sort` says otherwise.")
  }

  @Test func `the methods are those that Allow lists`() throws {
    for (path, item) in object("paths") {
      let described = try #require(item as? [String: Any]).keys.filter { $0 != "parameters" }
      let target = path.replacing(/\{[a-z_]+\}/, with: "5a7a82b0-b956-4030-b5fa-9ae853f9a3f1")
      let allow = Exchange("OPTIONS", target, of: Self.application).values("Allow").joined()
      let allowed = allow.components(separatedBy: ", ").map { $0.lowercased() }
      #expect(Set(described) == Set(allowed).subtracting(["head", "options"]), "\(path)")
    }
  }

  @Test func `every operation has a name of its own, and every reference leads somewhere`() throws {
    var names: [String] = []
    var references: [String] = []
    forEach(document) { members in
      if let name = members["operationId"] as? String, members["responses"] != nil {
        names.append(name)
      }
      if let reference = members["$ref"] as? String { references.append(reference) }
    }
    #expect(names.count == Set(names).count)
    #expect(names.contains("clients_list") && names.contains("order_lines_by_state"))
    #expect(references.count > 50)
    for reference in Set(references) {
      let steps = reference.split(separator: "/").dropFirst().map(String.init)
      let found = steps.reduce(document as Any) { ($0 as? [String: Any])?[$1] ?? NSNull() }
      #expect(found is [String: Any], "\(reference)")
    }
  }

  @Test func `a status is one that is answered here or by nginx`() {
    var statuses: Set<Int> = []
    forEach(document) { members in
      guard let responses = members["responses"] as? [String: Any] else { return }
      statuses.formUnion(responses.keys.compactMap(Int.init))
    }
    #expect(statuses.subtracting(Application.statuses) == [403, 414])
  }

  // MARK: schemas

  @Test func `rows carry every declared column`() throws {
    for (resource, name) in [(clients, "Clients"), (Self.orders, "OrderLines")] {
      #expect(Set(properties("\(name)Fields").keys) == Set(resource.columns.map(\.name)))
      #expect(schema("\(name)Row")["required"] as? [String] == resource.columns.map(\.name))
    }
    #expect(properties("ClientsFields")["city"]?["type"] as? [String] == ["string", "null"])
    #expect(properties("ClientsFields")["name"]?["type"] as? String == "string")
    #expect(properties("ClientsFields")["created_at"]?["format"] as? String == "date-time")
  }

  @Test func `bodies carry every column that may be written, and ask for what is required`() {
    for (resource, name) in [(clients, "Clients"), (Self.orders, "OrderLines")] {
      let writable = resource.writable.map { resource.columns[$0].jsonName }
      #expect(Set(properties("\(name)Create").keys) == Set(writable))
      #expect(Set(properties("\(name)Update").keys) == Set(writable.dropFirst()))
      #expect(schema("\(name)Update")["required"] == nil)
    }
    #expect(schema("ClientsCreate")["required"] as? [String] == ["type", "name"])
    #expect(schema("OrderLinesCreate")["required"] as? [String] == ["billTo"])
    let create = properties("OrderLinesCreate")
    #expect(create["billTo"]?["maxLength"] as? Int == 40)
    #expect(create["billTo"]?["minLength"] as? Int == 1)
    #expect(create["state"]?["default"] as? String == "open")
    #expect(create["state"]?["enum"] as? [String] == ["open", "shut"])
    #expect((create["kind"]?["enum"] as? [Any])?.last is NSNull)
    #expect(create["mail"]?["maxLength"] as? Int == 100)
    #expect(properties("ClientsCreate")["email"]?["maxLength"] as? Int == 254)
    #expect(properties("ClientsUpdate")["status"]?["default"] == nil)
  }

  @Test func `the example of a body is accepted`() throws {
    for name in ["clients", "order_lines"] {
      let body = object("paths", "/\(name)/", "post", "requestBody", "content", "application/json")
      let example = try JSONSerialization.data(withJSONObject: try #require(body["example"]))
      let exchange = Exchange(
        "POST", "/\(name)/", [.contentType: "application/json"], body: Array(example),
        of: Self.application)
      #expect(exchange.decision == .query, "\(exchange.text)")
    }
  }

  // MARK: patterns

  private func matches(_ pattern: String, _ text: String) throws -> Bool {
    let range = NSRange(text.startIndex..., in: text)
    // ICU's $ stands before a last line end too, ECMA-262's does not.
    let expression = try NSRegularExpression(pattern: pattern.replacing(/\$$/, with: #"\z"#))
    return expression.firstMatch(in: text, range: range) != nil
  }

  @Test(arguments: [
    "a@b.fr", "a.b+c@d-e.f.gh", "é@é.fr", "e\u{301}@b.fr", "\u{939}\u{93f}@b.in", "李@例.中国", "a@b",
    "a@b.", "@b.fr",
    "a@", ".a@b.fr", "a.@b.fr", "a..b@c.fr", "a@-b.fr", "a@b-.fr", "a@b..fr", "a b@c.fr",
    "a@b@c.fr",
    "\"a\"@b.fr", "a@[127.0.0.1]", "€@b.fr", "a@€.fr", "٣@b.fr", "😀@b.fr", "a\u{20dd}@b.fr",
    "a@b_c.fr",
    "a@b.fr\n", "A <a@b.fr>", "a@b.1", "a\u{d4e}@b.fr", "a@\u{485}b.fr", "a.\u{301}b@c.\u{301}d.fr",
    String(repeating: "a", count: 64) + "@b.fr", String(repeating: "a", count: 65) + "@b.fr",
    "a@" + String(repeating: "b", count: 63) + ".fr",
    "a@" + String(repeating: "b", count: 64) + ".fr",
  ])
  func `the pattern of an e-mail address is the validator's rule`(_ text: String) throws {
    let isMatch = try matches(SchemaPattern.email, text) && matches(SchemaPattern.local, text)
    #expect(isMatch == EmailAddress.isValid(text[...]))
  }

  @Test func `an empty e-mail address is taken`() throws {
    #expect(try matches(SchemaPattern.email, ""))
  }

  @Test func `the pattern of what is not blank is the validator's rule`() throws {
    for value in UInt32(1)...0x3100 {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let text = String(Character(scalar))
      let bytes = Array(text.utf8)
      #expect(try matches(SchemaPattern.notBlank, text) == !isBlank(bytes.span), "\(scalar.value)")
    }
    for (text, isTaken) in [("", false), ("  ", false), (" a ", true), ("a\u{0}", false)] {
      #expect(try matches(SchemaPattern.notBlank, text) == isTaken)
    }
  }

  // MARK: the answer

  @Test func `only the server depends on the mount prefix`() throws {
    func answer(_ fields: [Request.Field: String], _ target: String) -> Exchange {
      Exchange("GET", target, fields, of: Self.application)
    }
    let here = answer([:], "/openapi.json")
    let there = answer([.mount: "/a\"b"], "/a\"b/openapi.json")
    #expect((here.json["servers"] as? [[String: String]]) == [["url": "/"]])
    #expect((there.json["servers"] as? [[String: String]]) == [["url": "/a\"b"]])
    #expect(there.text.replacing(#""/a\"b""#, with: #""/""#) == here.text)
    #expect(here.values("Content-Type") == ["application/json"])
    let document = OpenAPIDocument([clients, Self.orders], title: "T <&> \"q\"", version: "1")
    #expect(document.text(mount: "") == here.response.body)
  }

  @Test func `the page links to its files by the mount prefix, and lets nobody else in`() {
    let page = Exchange("GET", "/m<\"&>/docs/", [.mount: "/m<\"&>"], of: Self.application)
    #expect(page.values("Content-Type") == ["text/html; charset=utf-8"])
    #expect(page.text.contains("<title>T &lt;&amp;&gt; &quot;q&quot;</title>"))
    #expect(page.text.contains("src=\"/m&lt;&quot;&amp;&gt;/docs/assets/swagger-ui-bundle.js\""))
    #expect(page.text.contains("data-document=\"/m&lt;&quot;&amp;&gt;/openapi.json\""))
    #expect(page.text.contains("scripts/ui"))
    #expect(!page.text.contains("://"))
    let policy = page.values("Content-Security-Policy").joined()
    #expect(policy.hasPrefix("default-src 'none'; script-src 'self';"))
    #expect(!policy.contains("unsafe"))
    #expect(Exchange("GET", "/docs", of: Self.application).response.status == 200)
    #expect(
      Exchange("POST", "/docs", of: Self.application).values("Allow") == ["GET, HEAD, OPTIONS"])
  }
}
