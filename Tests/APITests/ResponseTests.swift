import Testing

@testable import API

private let noIdentifier: [UInt8] = []

/// The bytes of answers (RFC 3875 section 6).
@Suite struct ResponseTests {
  private func finished(isHead: Bool = false, id: String = "", _ change: (inout Response) -> Void)
    -> (head: String, body: String)
  {
    var response = Response()
    response.reset()
    change(&response)
    let id = Array(id.utf8)
    response.finish(isHead: isHead, requestID: id.span)
    return (
      String(decoding: response.head, as: UTF8.self), String(decoding: response.body, as: UTF8.self)
    )
  }

  @Test func `an answer has its head and its length`() {
    let (head, body) = finished(id: "abc-123") { response in
      response.field("Location", "/x")
      response.body.append("{\"é\":1}")
    }
    #expect(
      head == "Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n"
        + "Location: /x\r\nX-Request-Id: abc-123\r\n\r\n")
    #expect(body == "{\"é\":1}")
  }

  @Test func `HEAD keeps the length and sends no body`() {
    let (head, body) = finished(isHead: true) { $0.body.append("12345") }
    #expect(head.contains("\r\nContent-Length: 5\r\n"))
    #expect(body.isEmpty)
  }

  @Test(arguments: [204, 304])
  func `204 and 304 have neither type nor length`(_ status: Int) {
    let (head, body) = finished { $0.status = status }
    #expect(!head.contains("Content-"))
    #expect(head.hasPrefix("Status: \(status) N"))
    #expect(head.hasSuffix("\r\n\r\n"))
    #expect(body.isEmpty)
  }

  static let reasons: [(Int, String)] = [
    (200, "OK"), (201, "Created"), (204, "No Content"), (304, "Not Modified"),
    (400, "Bad Request"), (404, "Not Found"), (405, "Method Not Allowed"), (409, "Conflict"),
    (412, "Precondition Failed"), (413, "Content Too Large"), (415, "Unsupported Media Type"),
    (422, "Unprocessable Content"), (500, "Internal Server Error"), (503, "Service Unavailable"),
  ]

  @Test(arguments: reasons)
  func `every status that is answered has its words`(_ status: Int, _ reason: String) {
    #expect(finished { $0.status = status }.head.hasPrefix("Status: \(status) \(reason)\r\n"))
  }

  @Test func `an answer is clean for the next`() {
    var response = Response()
    response.write(.methodNotAllowed(Methods(.get)), requestID: "x")
    response.mayKeepConnection = false
    response.finish(isHead: false, requestID: noIdentifier.span)
    response.reset()
    response.finish(isHead: false, requestID: noIdentifier.span)
    let head = String(decoding: response.head, as: UTF8.self)
    #expect(
      head == "Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n")
    #expect(response.mayKeepConnection)
  }
}

/// The failure envelope.
@Suite struct ProblemTests {
  private func written(_ problem: Problem, id: String = "req-1") -> (head: String, body: String) {
    var response = Response()
    response.write(problem, requestID: id)
    response.finish(isHead: false, requestID: noIdentifier.span)
    return (
      String(decoding: response.head, as: UTF8.self), String(decoding: response.body, as: UTF8.self)
    )
  }

  @Test func `members stand in the order of the contract`() {
    #expect(
      written(Problem(404, "not_found", "Client non trouvé")).body
        == #"{"success":false,"data":null,"error":"Client non trouvé","code":"not_found","#
        + #""detail":"Client non trouvé","request_id":"req-1"}"#)
  }

  @Test func `a conflict names the field, and says what to do`() {
    let sentence = "Pris : email ; choisissez une autre valeur"
    #expect(
      written(.taken("Pris", field: "email")).body
        == #"{"success":false,"data":null,"error":"\#(sentence)","code":"conflict","#
        + #""detail":"\#(sentence)","field":"email","request_id":"req-1"}"#)
    #expect(!written(.taken("Pris", field: nil)).body.contains("field"))
  }

  @Test func `violations are the detail`() {
    var violations = Violations()
    violations.add(.missing, at: ["body", "contacts", 3, "id"], "le \"champ\"")
    violations.add(.intParsing, at: ["query", "limit"], "x")
    let body = written(.invalid(violations)).body
    #expect(
      body.contains(
        #""code":"invalid","detail":[{"loc":["body","contacts",3,"id"],"msg":"le \"champ\"","type":"missing"},"#
          + #"{"loc":["query","limit"],"msg":"x","type":"int_parsing"}],"request_id":"req-1"}"#))
  }

  @Test(arguments: [Problem.unavailable, .timeout, .notReady("x")])
  func `a 503 says when to try again`(_ problem: Problem) {
    let head = written(problem).head
    #expect(head.hasPrefix("Status: 503 "))
    #expect(head.contains("\r\nRetry-After: "))
    #expect(["unavailable", "timeout"].contains(problem.code))
  }

  @Test(arguments: [Problem.badTarget, .noRoute, .stale, .tooLarge, .unsupportedType, .internal])
  func `nothing else does`(_ problem: Problem) {
    #expect(!written(problem).head.contains("Retry-After"))
  }

  @Test func `a 405 lists what is allowed`() {
    let head = written(.methodNotAllowed(Methods(.get, .head, .options))).head
    #expect(head.contains("\r\nAllow: GET, HEAD, OPTIONS\r\n"))
  }

  static let codes: [(Problem, Int, String)] = [
    (.badTarget, 400, "bad_request"), (.badLength, 400, "bad_request"),
    (.noRoute, 404, "not_found"), (.methodNotAllowed(Methods(.get)), 405, "method_not_allowed"),
    (.taken("x", field: nil), 409, "conflict"), (.stale, 412, "precondition_failed"),
    (.tooLarge, 413, "too_large"), (.unsupportedType, 415, "unsupported_media_type"),
    (.invalid(Violations()), 422, "invalid"), (.rejectedByDatabase("body"), 422, "invalid"),
    (.internal, 500, "internal"), (.unavailable, 503, "unavailable"), (.timeout, 503, "timeout"),
  ]

  @Test(arguments: codes)
  func `status and code are those of the contract`(
    _ problem: Problem, _ status: Int, _ code: String
  ) {
    #expect(problem.status == status)
    #expect(problem.code == code)
    #expect(!problem.message.isEmpty)
  }
}
