import Catalog
import TestSupport
import Testing

@testable import API

/// What is decided without the database, and what needs it.
@Suite struct PlanTests {
  @Test(arguments: ["/", ""])
  func `the root says what runs`(_ path: String) {
    let exchange = Exchange("GET", "/api" + path, [.mount: "/api"])
    #expect(exchange.decision == .respond)
    #expect(exchange.text == #"{"message":"ERP Wash&Go API","status":"running"}"#)
  }

  @Test func `health is ok with its version`() {
    for target in ["/health", "/health/"] {
      let exchange = Exchange("GET", target)
      #expect(exchange.response.status == 200)
      #expect(exchange.text == #"{"status":"ok","version":"1.2.3"}"#)
    }
  }

  @Test func `health without the database is degraded and still 200`() {
    let exchange = Exchange("GET", "/health", database: .away(reason: "no \"route\""))
    #expect(exchange.response.status == 200)
    #expect(exchange.json["status"] as? String == "degraded")
    #expect(exchange.json["reasons"] as? [String] == ["no \"route\""])
    #expect(exchange.json["version"] as? String == "1.2.3")
  }

  @Test func `the process lives whatever the database does`() {
    let exchange = Exchange("GET", "/health/live", database: .away(reason: "x"))
    #expect(exchange.decision == .respond)
    #expect(exchange.response.status == 200)
  }

  static let targets: [(String, String)] = [
    ("/", "GET, HEAD, OPTIONS"), ("/health/ready", "GET, HEAD, OPTIONS"),
    ("/clients", "GET, HEAD, POST, OPTIONS"), ("/clients/", "GET, HEAD, POST, OPTIONS"),
    ("/clients/not-a-uuid", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
    ("/clients/search/x?limit=no", "GET, HEAD, OPTIONS"),
  ]

  @Test(arguments: targets)
  func `OPTIONS is a 204 with Allow`(_ target: String, _ allow: String) {
    let exchange = Exchange("OPTIONS", target, body: Array("garbage".utf8))
    #expect(exchange.decision == .respond)
    #expect(exchange.head == "Status: 204 No Content\r\nAllow: \(allow)\r\n\r\n")
    #expect(exchange.text.isEmpty)
  }

  @Test(arguments: targets, ["TRACE", "CONNECT", "PROPFIND", "get", "", "GETX", "G", "POST\u{0}"])
  func `another method is a 405 with Allow`(
    _ target: (path: String, allow: String), _ method: String
  ) {
    let exchange = Exchange(method, target.path)
    #expect(exchange.decision == .respond)
    #expect(exchange.response.status == 405)
    #expect(exchange.code == "method_not_allowed")
    #expect(exchange.values("Allow") == [target.allow])
  }

  @Test func `every method is known by its name and by nothing like it`() {
    for method in Method.allCases {
      var request = Request()
      request.set(.method, method.name)
      #expect(request.method == method)
      for place in method.name.indices {
        var name = method.name
        name.replaceSubrange(place...place, with: "Z")
        request.set(.method, name)
        #expect(request.method == nil, "\(name)")
      }
    }
  }

  @Test(arguments: [
    ("DELETE", "/clients/"), ("PUT", "/clients"), ("PATCH", "/"), ("POST", "/health"),
    ("POST", "/clients/00000000-0000-4000-8000-000000000001"), ("DELETE", "/clients/status/x"),
  ])
  func `a method that a route lacks is a 405`(_ method: String, _ target: String) {
    #expect(Exchange(method, target).response.status == 405)
  }

  @Test(arguments: ["GET", "POST", "OPTIONS", "BREW"])
  func `an unknown path is a 404 whatever the method`(_ method: String) {
    let exchange = Exchange(method, "/nothing")
    #expect(exchange.decision == .respond)
    #expect(exchange.response.status == 404)
    #expect(exchange.code == "not_found")
  }

  @Test(arguments: [
    "/clients/%", "/clients/%zz", "/clients/search/%ff", "/clients/search/%00", "/clients/?q=%",
    "/clients/?q=%C3", "/clients/?%00=1", "/nothing/%", "/\u{1}", "/clients/?a b", "/%ED%A0%80",
  ])
  func `a target that is badly encoded is a 400`(_ target: String) {
    let exchange = Exchange("GET", target)
    #expect(exchange.response.status == 400)
    #expect(exchange.code == "bad_request")
  }

  @Test func `a body of another length is a 400 and ends the connection`() {
    let exchange = Exchange("POST", "/clients/", state: .wrongLength)
    #expect(exchange.response.status == 400)
    #expect(exchange.code == "bad_request")
    #expect(!exchange.response.mayKeepConnection)
    #expect(Exchange("GET", "/").response.mayKeepConnection)
  }

  @Test func `a body that is too large is a 413`() {
    for target in ["/clients/", "/clients/00000000-0000-4000-8000-000000000001"] {
      let exchange = Exchange(target.count > 10 ? "PUT" : "POST", target, state: .tooLarge)
      #expect(exchange.response.status == 413)
      #expect(exchange.code == "too_large")
    }
  }

  @Test func `a body that there was no memory for is a 503`() {
    let exchange = Exchange("POST", "/clients/", state: .dropped)
    #expect(exchange.response.status == 503)
    #expect(exchange.code == "unavailable")
    #expect(exchange.response.mayKeepConnection)
  }

  static let types: [(String, Bool)] = [
    ("application/json", true), ("application/json; charset=utf-8", true), ("", true),
    ("Application/JSON", true), ("application/json ;charset=UTF-8", true),
    ("application/merge-patch+json", true), ("application/vnd.api+json;v=1", true),
    ("application/problem+JSON", true), ("text/plain", false), ("text/json", false),
    ("application/x-www-form-urlencoded", false), ("multipart/form-data; boundary=x", false),
    ("application/jsonp", false), ("application/json2", false), ("json", false),
    ("application/xml; a=application/json", false), ("text/plain;+json", false), ("*/*", false),
  ]

  @Test(arguments: types)
  func `a body is JSON or a 415`(_ type: String, _ isJSON: Bool) {
    for (method, target) in [
      ("POST", "/clients/"), ("PATCH", "/clients/00000000-0000-4000-8000-000000000001"),
    ] {
      let exchange = Exchange(
        method, target, [.contentType: type], body: Array(clientBody().utf8))
      #expect((exchange.decision == .query) == isJSON)
      if !isJSON {
        #expect(exchange.response.status == 415)
        #expect(exchange.code == "unsupported_media_type")
      }
    }
  }

  @Test func `a type without a body that is read does not matter`() {
    for method in ["GET", "DELETE"] {
      let exchange = Exchange(
        method, "/clients/00000000-0000-4000-8000-000000000001", [.contentType: "text/plain"])
      #expect(exchange.decision == .query)
    }
  }

  @Test func `a read of one row goes through the point lane, lists through the pool`() {
    let item = Exchange("GET", "/clients/00000000-0000-4000-8000-000000000001")
    #expect(item.plan.statement?.lane == .point)
    #expect(Exchange("HEAD", "/clients/00000000-0000-4000-8000-000000000001").sql == item.sql)
    #expect(Exchange("GET", "/clients").plan.statement?.lane == .pool)
    #expect(Exchange("HEAD", "/clients/?limit=2").sql == Exchange("GET", "/clients").sql)
  }

  @Test func `HEAD has the head of GET and no body`() {
    for target in ["/", "/health", "/nothing", "/clients/x", "/clients/?limit=0"] {
      let get = Exchange("GET", target)
      let head = Exchange("HEAD", target)
      #expect(head.head == get.head)
      #expect(head.response.body.isEmpty)
    }
  }

  static let identifiers: [(String, Bool)] = [
    ("12345678", true), ("aZ09._-x", true), (String(repeating: "a", count: 128), true),
    ("1234567", false), ("", false), (String(repeating: "a", count: 129), false),
    ("12345678 ", false), ("1234 678", false), ("1234567é", false), ("12345678\n", false),
    ("1234567/", false), ("1234567:", false), ("1234567@", false), ("1234567[", false),
    ("1234567`", false), ("1234567{", false),
  ]

  @Test(arguments: identifiers)
  func `an identifier has 8 to 128 plain characters`(_ id: String, _ isOne: Bool) {
    for field in [Request.Field.requestID, .ownRequestID] {
      var request = Request()
      request.set(field, id)
      var random = SeededGenerator(1)
      request.identify(using: &random)
      #expect((request.id == id) == isOne)
      #expect(isOne || request.id.wholeMatch(of: /[0-9a-f]{32}/) != nil)
    }
  }

  @Test func `nginx's identifier goes before the client's own`() {
    var request = Request()
    request.set(.ownRequestID, "the-clients-own")
    request.set(.requestID, "the-one-of-nginx")
    var random = SeededGenerator(1)
    request.identify(using: &random)
    #expect(request.id == "the-one-of-nginx")
  }

  @Test func `the request's identifier stands on every answer`() {
    for target in ["/", "/nothing", "/clients/x"] {
      let exchange = Exchange("GET", target, [.requestID: "abc.DEF_123-4"])
      #expect(exchange.values("X-Request-Id") == ["abc.DEF_123-4"])
      if exchange.response.status != 200 {
        #expect(exchange.json["request_id"] as? String == "abc.DEF_123-4")
      }
    }
  }
}
