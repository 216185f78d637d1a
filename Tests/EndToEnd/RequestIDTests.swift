import Testing

@testable import Harness

extension EndToEnd {
  /// `X-Request-Id`: the request's own, else nginx's. That it is there, and in the envelope too, is
  /// checked on every answer.
  @Suite struct RequestIDTests {
    let site: Site
    init() throws { site = try Site.shared() }

    @Test(arguments: [
      "abcdefgh", "A-Z.a_z-09", String(repeating: "x", count: 128), "........",
    ])
    func aSoundIDIsKept(_ id: String) throws {
      for target in ["/", "/clients/", nobody, "/nothing", "/clients/%ff"] {
        #expect(try site.get(target, "X-Request-Id: \(id)")["X-Request-Id"] == id)
      }
      let head = try site.send("HEAD", "/clients/", ["X-Request-Id: \(id)"])
      #expect(head["X-Request-Id"] == id)
    }

    @Test(arguments: [
      "", "seven77", String(repeating: "x", count: 129), "two words", "semi;colon", "quo\"ted12",
      "éééééééé", "slash/12", "<script>alert(1)</script>", "%0d%0aSet-Cookie:a=b",
    ])
    func anUnsoundIDIsReplaced(_ id: String) throws {
      for target in ["/", nobody, "/clients/%zz"] {
        let answer = try site.get(target, "X-Request-Id: \(id)")
        #expect(answer["X-Request-Id"]?.wholeMatch(of: /[0-9a-f]{32}/) != nil, "\(answer.headers)")
        #expect(answer["Set-Cookie"] == nil)
      }
    }

    @Test func everyRequestWithoutOneGetsItsOwn() throws {
      let ids = try (0..<5).map { _ in try site.get("/")["X-Request-Id"] }
      #expect(Set(ids).count == 5)
    }

    @Test func nginxKeepsItInItsOwnRefusals() throws {
      let answer = try site.send(
        "POST", "/clients/", ["X-Request-Id: too-large-1"],
        body: Array(repeating: UInt8(ascii: " "), count: 1_048_577))
      #expect(answer.status == 413)
      #expect(answer["X-Request-Id"] == "too-large-1")
    }
  }
}
