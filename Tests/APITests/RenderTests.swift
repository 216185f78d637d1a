import Testing

@testable import API

/// From rows to answers.
@Suite struct RenderTests {
  private static let id = "00000000-0000-4000-8000-000000000001"
  private static let item = "/clients/\(id)"

  private func list(_ target: String, _ prefer: String? = nil, rows: Int, total: Int64? = nil)
    -> Exchange
  {
    var exchange = Exchange("GET", target, prefer.map { [.prefer: $0] } ?? [:])
    exchange.render(
      FakeRows(
        (0..<rows).map { row in
          var cells = Cell.client(UInt8(row + 1))
          cells[17] = total.map { Cell.number($0) } ?? cells[17]
          return cells
        }))
    return exchange
  }

  @Test func `one row is the data`() {
    var exchange = Exchange("GET", Self.item)
    exchange.render(FakeRows([Cell.client(1)]))
    #expect(exchange.response.status == 200)
    #expect(
      exchange.text.hasPrefix("{\"success\":true,\"data\":{\"id\":\"\(Self.id)\",\"type\":"))
    #expect(exchange.text.hasSuffix("}}"))
    #expect(exchange.values("ETag").count == 1)
  }

  @Test(arguments: ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
  func `no row is a 404`(_ method: String) {
    var exchange = Exchange(method, Self.item, body: Array(#"{"name":"x"}"#.utf8))
    exchange.render(FakeRows.none)
    #expect(exchange.response.status == 404)
    if method != "HEAD" {
      #expect(exchange.json["error"] as? String == "Client non trouvé")
      #expect(exchange.json["detail"] as? String == "Client non trouvé")
      #expect(exchange.code == "not_found")
    }
  }

  @Test func `a create is a 201 with its place and tag`() {
    var exchange = Exchange("POST", "/clients", json: clientBody())
    exchange.render(FakeRows([Cell.client(1)]))
    #expect(exchange.response.status == 201)
    #expect(exchange.values("Location") == ["/clients/\(Self.id)"])
    #expect(exchange.values("ETag").count == 1)
    #expect(exchange.text.hasPrefix(#"{"success":true,"data":{"id":""#))
  }

  @Test func `an update is the whole row`() {
    var exchange = Exchange.update(#"{"name":"x"}"#)
    exchange.render(FakeRows([Cell.client(1)]))
    #expect(exchange.response.status == 200)
    #expect((exchange.json["data"] as? [String: Any])?.count == 17)
    #expect(exchange.values("ETag").count == 1)
  }

  @Test func `a delete says what it did`() {
    var exchange = Exchange("DELETE", Self.item)
    exchange.render(FakeRows([[Cell.uuid(1)]]))
    #expect(exchange.response.status == 200)
    #expect(
      exchange.text
        == "{\"success\":true,\"data\":{\"id\":\"\(Self.id)\",\"message\":\"Client supprimé avec succès\"}}"
    )
  }

  @Test func `a resource of feminine noun is spoken of so`() {
    let application = Application([notes], title: "", version: "", revision: "", origins: [])
    var exchange = Exchange("DELETE", "/notes/\(Self.id)", of: application)
    exchange.render(FakeRows([[Cell.uuid(1)]]))
    #expect(exchange.text.contains("Note supprimée avec succès"))
    exchange.render(FakeRows.none)
    #expect(exchange.json["error"] as? String == "Note non trouvée")
  }

  // MARK: lists

  @Test func `an empty list`() {
    let exchange = list("/clients/", rows: 0)
    #expect(exchange.text == #"{"success":true,"data":[],"count":0,"has_more":false}"#)
    #expect(exchange.values("Link").isEmpty)
  }

  @Test func `a list that ends says so`() {
    let exchange = list("/clients/?limit=2", rows: 2)
    #expect(exchange.text.hasPrefix(#"{"success":true,"data":[{"id":""#))
    #expect(exchange.text.hasSuffix(#"}],"count":2,"has_more":false}"#))
    #expect(exchange.values("Link").isEmpty)
  }

  @Test func `a list that goes on carries a link and not one row more`() {
    let exchange = list("/clients/?limit=2", rows: 3)
    #expect((exchange.json["data"] as? [Any])?.count == 2)
    #expect(exchange.text.hasSuffix(#"}],"count":2,"has_more":true}"#))
    #expect(exchange.values("Link").count == 1)
  }

  @Test func `a total is counted where it is asked for`() {
    let exchange = list("/clients/?limit=2", "count=exact", rows: 3, total: 1234)
    #expect(exchange.text.hasSuffix(#"],"count":2,"has_more":true,"total":1234}"#))
    #expect(exchange.values("Preference-Applied") == ["count=exact"])
    #expect(exchange.sql.contains("count(*)"))
    #expect(!list("/clients/", rows: 0).sql.contains("count(*)"))
  }

  @Test func `an empty page has its total`() {
    var exchange = Exchange("GET", "/clients/?offset=50", [.prefer: "count=exact"])
    let nothing: [[UInt8]?] = Array(repeating: nil, count: 17)
    exchange.render(FakeRows([nothing + [Cell.number(Int64(7))]]))
    #expect(
      exchange.text == #"{"success":true,"data":[],"count":0,"has_more":false,"total":7}"#)
  }

  @Test(arguments: [
    ("/clients?limit=1", "</clients?limit=1&after="),
    ("/clients/?offset=3&limit=1&offset=4", "</clients/?limit=1&after="),
    ("/clients/?limit=1&after=", "</clients/?limit=1&after="),
    ("/clients/?%6Fffset=3&limit=1&x=%22&&", "</clients/?limit=1&after="),
    (
      "/clients/?q=%22&x=1&city=a&limit=1&name=b&fields=id&sort=name&sort=city",
      "</clients/?q=%22&city=a&limit=1&fields=id&sort=name&sort=city&after="
    ),
    ("/clients/search/a%2Fb%3E?limit=1", "</clients/search/a%2Fb%3E?limit=1&after="),
    ("/clients/search/é>\"?limit=1", "</clients/search/%C3%A9%3E%22?limit=1&after="),
    ("/clients/status/Actif/?limit=1&q=a+b", "</clients/status/Actif/?limit=1&q=a+b&after="),
  ])
  func `the link keeps the query but its place`(_ target: String, _ link: String) throws {
    let found = try #require(list(target, rows: 2).values("Link").first)
    #expect(found.hasPrefix(link))
    #expect(found.hasSuffix(#">; rel="next""#))
    #expect(found.utf8.allSatisfy { $0 > 0x1f && $0 < 0x7f })
  }

  /// 20 rows of a megabyte each: a page ends once it has 16 MiB.
  @Test func `a page that grows too long ends early and says that there is more`() throws {
    let name = String(repeating: "x", count: 1 << 20)
    var exchange = Exchange("GET", "/clients/")
    exchange.render(FakeRows((0..<20).map { Cell.client($0, name: name) }))
    let count = try #require(exchange.json["count"] as? Int)
    #expect(1..<20 ~= count)
    #expect((exchange.json["data"] as? [Any])?.count == count)
    #expect(exchange.json["has_more"] as? Bool == true)
    let link = try #require(exchange.values("Link").first)
    let next = Exchange("GET", String(link.dropFirst().prefix { $0 != ">" }))
    #expect(next.parameters.contains(Cell.uuid(UInt8(count - 1))))
  }

  /// Of a list longer than the usual the connection keeps rows up to a size only.
  @Test(arguments: [(100, nil), (101, 16_777_216), (1000, 16_777_216)] as [(Int, Int?)])
  func `rows that were left behind are told of`(_ limit: Int, _ bytes: Int?) throws {
    var exchange = Exchange("GET", "/clients/?limit=\(limit)")
    #expect(exchange.plan.rowBytes == bytes)
    var rows = FakeRows([Cell.client(1), Cell.client(2)])
    rows.isCut = true
    exchange.render(rows)
    #expect(exchange.json["count"] as? Int == 2)
    #expect(exchange.json["has_more"] as? Bool == true)
    let link = try #require(exchange.values("Link").first)
    let next = Exchange("GET", String(link.dropFirst().prefix { $0 != ">" }))
    #expect(next.parameters.contains(Cell.uuid(2)))
  }

  @Test func `HEAD of a list has its length and link`() {
    var exchange = Exchange("HEAD", "/clients/?limit=1")
    exchange.render(FakeRows([Cell.client(1), Cell.client(2)]))
    let get = list("/clients/?limit=1", rows: 2)
    #expect(exchange.head == get.head)
    #expect(exchange.response.body.isEmpty)
  }
}
