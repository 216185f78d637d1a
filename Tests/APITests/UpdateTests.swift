import Testing

@testable import API

/// PUT and PATCH, which both change only what is sent.
@Suite struct UpdateTests {
  static let methods = ["PUT", "PATCH"]

  /// The mask of the columns sent: the second parameter.
  private func mask(_ exchange: Exchange) throws -> UInt64 {
    try #require(exchange.decision == .query, "\(exchange.text)")
    let bytes = try #require(exchange.parameters[1])
    #expect(bytes.count == 8)
    return bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }

  @Test(arguments: methods)
  func `only what is sent is marked`(_ method: String) throws {
    let exchange = Exchange.update(#"{"name":"N","city":null,"tags":[]}"#, method)
    #expect(try mask(exchange) == 1 << 2 | 1 << 10 | 1 << 12)
    #expect(exchange.parameters.count == 16)
    #expect(exchange.parameters[0] == Cell.uuid(1))
    #expect(exchange.parameters[3] == Cell.text("N"))
    #expect(exchange.parameters[11] == nil)
    #expect(exchange.parameters[13] == Cell.textArray([]))
    #expect(exchange.plan.statement?.parameterTypes.count == 16)
    #expect(exchange.plan.statement?.isRead == false)
  }

  @Test(arguments: methods)
  func `nothing is required and no default is written`(_ method: String) throws {
    #expect(try mask(Exchange.update(#"{"phone":"1"}"#, method)) == 1 << 8)
  }

  @Test(arguments: [
    "{}", " { } ", #"{"unknown":1}"#, #"{"id":"00000000-0000-4000-8000-000000000002"}"#,
    #"{"id":5,"createdAt":"x","updated_at":null}"#,
  ])
  func `an update that changes nothing is a read`(_ body: String) throws {
    let exchange = Exchange.update(body)
    #expect(exchange.decision == .query)
    #expect(exchange.parameters == [Cell.uuid(1)])
    #expect(exchange.plan.statement?.isRead == true)
    #expect(exchange.plan.statement?.lane == .point)
  }

  @Test(arguments: [
    ("name", "1", "string_type"), ("name", #""""#, "string_too_short"), ("type", "null", "enum"),
    ("status", #"" ""#, "string_too_short"), ("email", #""x""#, "value_error"),
    ("tags", "{}", "list_type"), ("contacts", "null", "list_type"),
  ])
  func `what is sent keeps its rules`(_ name: String, _ value: String, _ type: String) {
    for method in Self.methods {
      #expect(
        Exchange.update("{\"\(name)\":\(value)}", method).violations == ["body.\(name) \(type)"])
    }
  }

  @Test(arguments: [
    "x", "5", "00000000-0000-4000-8000-00000000000", "00000000-0000-4000-8000-00000000000g",
    "00000000000040008000000000000001", "00000000-0000-4000-8000-000000000001%20",
    "%7B00000000-0000-4000-8000-000000000001%7D", "search", "00000000-0000-4000-8000-%2f",
  ])
  func `an id in the path is a UUID`(_ id: String) {
    for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE"] {
      let exchange = Exchange(method, "/clients/\(id)", body: Array("{}".utf8))
      #expect(exchange.response.status == 422)
      if method != "HEAD" { #expect(exchange.violations == ["path.id uuid_parsing"]) }
    }
  }

  @Test func `an id in the path may be encoded and in either case`() {
    for id in [
      "00000000-0000-4000-8000-0000000000Ab", "%30%30000000-0000-4000-8000-0000000000%61%42",
    ] {
      #expect(Exchange("GET", "/clients/\(id)").parameters == [Cell.uuid(0xab)])
    }
  }

  @Test func `a tag that is given guards an update and a delete`() throws {
    let tag = "\"\(String(repeating: "0", count: 31))7\""
    for method in ["PUT", "DELETE"] {
      let target = "/clients/00000000-0000-4000-8000-000000000001"
      let body = Array(#"{"name":"x"}"#.utf8)
      let plain = Exchange(method, target, body: body)
      let any = Exchange(method, target, [.ifMatch: "*"], body: body)
      let guarded = Exchange(method, target, [.ifMatch: tag], body: body)
      #expect(plain.sql == any.sql)
      #expect(guarded.sql != plain.sql)
      #expect(guarded.sql.contains("FOR UPDATE"))
      #expect(guarded.parameters.count == plain.parameters.count + 2)
      #expect(guarded.plan.statement?.parameterTypes.suffix(2) == [1011, 1185])
    }
  }
}
