import Catalog
import TestSupport
import Testing

@testable import API

@Suite struct EntityTagTests {
  private static let tag = EntityTag(
    fingerprint: 0x0123_4567, transaction: 0x89ab_cdef, updated: -2)
  private static let text = "\"0123456789abcdeffffffffffffffffe\""
  private static let other = "\"0123456789abcdefffffffffffffffff\""

  private func list(_ text: String, weak: Bool) -> EntityTagList {
    let bytes = Array("xx\(text)yy".utf8)
    return EntityTagList(bytes.span, 2..<bytes.count - 2, weak: weak)
  }

  @Test func `a tag is 32 digits in quotes`() {
    var output: [UInt8] = []
    Self.tag.write(into: &output)
    #expect(String(decoding: output, as: UTF8.self) == Self.text)
    #expect(list(Self.text, weak: false) == .tags([Self.tag]))
  }

  static let matching = [
    text, " \(text) ", "\(other), \(text)", "\(text),\(other)", ",\(text),", "\"x\",\(text)",
    "\"\" , \(text)", "\"a,b\",\(text)", "\"W/\", \(text)", "*",
  ]

  @Test(arguments: matching)
  func `a tag in the list matches`(_ field: String) {
    #expect(list(field, weak: false).matches(Self.tag))
    #expect(list(field, weak: true).matches(Self.tag))
  }

  @Test(arguments: [
    "W/\(text)", "\(other), W/\(text)", "W/\(text),W/\(other)", "W/\"\", W/\(text)",
  ])
  func `a weak tag matches where the comparison is weak`(_ field: String) {
    #expect(!list(field, weak: false).matches(Self.tag))
    #expect(list(field, weak: true).matches(Self.tag))
  }

  static let strange = [
    other, "", " ", ",", "\"", "\"\"", "W/", "W", "W/\"", "W/\"\"", "x", "\"x\"", "\"*\"",
    "W/\"*\"",
    "0123456789abcdeffffffffffffffffe", "\"0123456789abcdeffffffffffffffffe",
    "0123456789abcdeffffffffffffffffe\"", "\"0123456789ABCDEFFFFFFFFFFFFFFFFE\"",
    "\"0123456789abcdeffffffffffffffffe \"", "\"0123456789abcdeffffffffffffffff\"",
    "\"0123456789abcdeffffffffffffffffee\"", "'0123456789abcdeffffffffffffffffe'",
    "w/", "W/*", "\"\u{0}\"", "\"é\"", "\"g123456789abcdeffffffffffffffffe\"",
  ]

  @Test(arguments: strange)
  func `another tag and what is none match nothing`(_ field: String) {
    #expect(!list(field, weak: false).matches(Self.tag), "\(field)")
    #expect(!list(field, weak: true).matches(Self.tag), "\(field)")
  }

  /// RFC 9110 section 13.1.1: the star stands alone.
  @Test(arguments: ["x*", "*x", "abc *", "\(other)*"])
  func `a star among garbage is garbage`(_ field: String) {
    #expect(!list(field, weak: false).matches(Self.tag), "\(field)")
  }

  @Test func `random fields never trap`() {
    var random = SeededGenerator(13)
    let alphabet = Array("W/\"*, 0a\u{9}".utf8)
    for _ in 0..<20_000 {
      let bytes = (0..<Int.random(in: 0...12, using: &random)).map { _ in
        alphabet.randomElement(using: &random) ?? 0
      }
      let isAny = EntityTagList(bytes.span, bytes.indices, weak: true) == .any
      #expect(!isAny || bytes.contains(UInt8(ascii: "*")))
    }
  }

  // MARK: in requests

  private static let target = "/clients/00000000-0000-4000-8000-000000000001"

  private func tag() throws -> String {
    var exchange = Exchange("GET", Self.target)
    exchange.render(FakeRows([Cell.client(1, at: 99)]))
    return try #require(exchange.values("ETag").first)
  }

  @Test func `a row has one strong tag, another when anything of it changes`() throws {
    let tag = try tag()
    #expect(tag.count == 34)
    #expect(try self.tag() == tag)
    var later = Exchange("GET", Self.target)
    later.render(FakeRows([Cell.client(1, at: 100)]))
    #expect(later.values("ETag") != [tag])
    var rewritten = Cell.client(1, at: 99)
    rewritten[17] = Cell.number(UInt32(8))
    later.render(FakeRows([rewritten]))
    #expect(later.values("ETag") != [tag])
  }

  @Test(arguments: ["GET", "HEAD"])
  func `a tag that matches is a 304 without a body`(_ method: String) throws {
    let tag = try tag()
    for field in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
      var exchange = Exchange(method, Self.target, [.ifNoneMatch: field])
      exchange.render(FakeRows([Cell.client(1, at: 99)]))
      #expect(exchange.response.status == 304)
      #expect(exchange.text.isEmpty)
      #expect(exchange.head == "Status: 304 Not Modified\r\nETag: \(tag)\r\n\r\n")
    }
    for field in [Self.text, "x"] {
      var exchange = Exchange(method, Self.target, [.ifNoneMatch: field])
      exchange.render(FakeRows([Cell.client(1, at: 99)]))
      #expect(exchange.response.status == 200)
    }
  }

  @Test func `an update that changes nothing honours If-Match`() throws {
    let tag = try tag()
    for (field, status) in [(tag, 200), ("*", 200), ("W/\(tag)", 412), (Self.text, 412)] {
      var exchange = Exchange("PUT", Self.target, [.ifMatch: field], body: Array("{}".utf8))
      exchange.render(FakeRows([Cell.client(1, at: 99)]))
      #expect(exchange.response.status == status)
    }
  }

  /// The database compares: a row of NULLs says that the row is there but no tag matched.
  @Test(arguments: ["PUT", "DELETE"])
  func `a stale tag is a 412, an absent row a 404`(_ method: String) throws {
    let body = Array(#"{"name":"x"}"#.utf8)
    var exchange = Exchange(method, Self.target, [.ifMatch: try tag()], body: body)
    let matching = exchange.parameters.suffix(2)
    #expect(matching.first == [1, 0, 28, 1, 1, 4, 7].flatMap { Cell.number(Int32($0)) })
    #expect(
      matching.last
        == [1, 0, 1184, 1, 1, 8].flatMap { Cell.number(Int32($0)) } + Cell.number(Int64(99)))
    exchange.render(FakeRows([[[UInt8]?](repeating: nil, count: 18)]))
    #expect(exchange.response.status == 412)
    #expect(exchange.code == "precondition_failed")
    exchange.render(FakeRows.none)
    #expect(exchange.response.status == 404)
  }

  @Test(arguments: ["x", text, "W/\"x\"", "\"\""])
  func `tags that are none of ours guard with nothing to match`(_ field: String) {
    let exchange = Exchange("DELETE", Self.target, [.ifMatch: field])
    #expect(exchange.sql.contains("FOR UPDATE"))
    let empty = [0, 0, 28].flatMap { Cell.number(Int32($0)) }
    #expect(exchange.parameters[1] == empty)
  }
}
