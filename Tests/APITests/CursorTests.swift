import Catalog
import TestSupport
import Testing

@testable import API

@Suite struct CursorTests {
  private static let row = FakeRows([
    [Cell.uuid(1), Cell.text("été"), nil, Cell.number(Int64(-5)), Cell.number(Int64(6))],
    [Cell.uuid(2), Cell.text(""), Cell.text("Lyon"), Cell.number(Int64(7)), Cell.number(Int64(8))],
  ])

  private func text(_ row: Int, _ keys: [SortKey]) -> [UInt8] {
    var output: [UInt8] = []
    Cursor.write(Self.row, row: row, notes, keys, into: &output)
    return output
  }

  static let orders = [
    order("-created_at", "id"), order("title", "id"), order("-place", "title", "id"),
    order("place", "created_at", "-title", "id"),
  ]

  @Test(arguments: orders)
  func `a cursor carries the keys of its row`(_ keys: [SortKey]) throws {
    for row in 0..<2 {
      let cursor = try #require(Cursor(text(row, keys), notes, keys))
      for (key, value) in zip(keys, cursor.keys) {
        let isNull = Self.row.isNull(row, key.column)
        #expect(isNull == (value == nil))
        if let value {
          let cell = Self.row.cell(row, key.column)
          let bytes = cell.indices.map { cell[$0] }
          #expect(value == bytes)
        }
      }
      #expect(text(row, keys).allSatisfy { Base64URLTests.alphabet.contains($0) })
    }
  }

  @Test func `the cursor of another order is refused`() {
    for keys in Self.orders {
      for other in Self.orders + [order("created_at", "id"), order("-title", "id")]
      where other != keys {
        #expect(Cursor(text(1, keys), notes, other) == nil)
      }
    }
  }

  @Test func `the cursor of another resource is refused`() {
    let twin = Resource(
      "twins", nouns: Nouns(one: "twin"), order: ["-created_at"], columns: notes.columns)
    let keys = order("-created_at", "id")
    #expect(Cursor(text(0, keys), notes, keys) != nil)
    #expect(Cursor(text(0, keys), twin, keys) == nil)
  }

  @Test(arguments: orders)
  func `a cursor that was cut or lengthened is refused`(_ keys: [SortKey]) {
    let whole = text(1, keys)
    for length in whole.indices {
      #expect(Cursor(Array(whole.prefix(length)), notes, keys) == nil, "\(length)")
    }
    for more in ["A", "AA", "AAA", "AAAA", "="] {
      #expect(Cursor(whole + more.utf8, notes, keys) == nil)
    }
  }

  /// Not secret and not signed: a changed one may be another place of the same list, never a trap
  /// and never a value that the column could not hold.
  @Test func `a tampered cursor is refused or is a place in the list`() {
    var random = SeededGenerator(5)
    let keys = order("-place", "title", "created_at", "id")
    let whole = text(1, keys)
    var refused = 0
    for _ in 0..<5000 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        bytes[Int.random(in: bytes.indices, using: &random)] =
          Base64URLTests.alphabet.randomElement(using: &random) ?? 0
      }
      guard let cursor = Cursor(bytes, notes, keys) else {
        refused += 1
        continue
      }
      #expect(cursor.keys.count == keys.count)
      for (key, value) in zip(keys, cursor.keys) {
        guard let value else {
          #expect(notes.columns[key.column].isNullable)
          continue
        }
        switch notes.columns[key.column].kind {
        case .uuid: #expect(value.count == 16)
        case .timestamp:
          #expect(value.count == 8)
          let time = Int64(bitPattern: value.reduce(0) { $0 << 8 | UInt64($1) })
          #expect(Timestamp.isValue(time))
        default:
          #expect(String(validating: value, as: UTF8.self) != nil)
          #expect(!value.contains(0))
        }
      }
    }
    #expect(refused > 1000)
  }

  @Test(arguments: ["x", "AAAA", "!!!!", "null", "0", "%3D", "ZZZZZZZZZZZZZZZZ"])
  func `what is no cursor is a violation of after`(_ text: String) {
    #expect(
      Exchange("GET", "/clients/?after=\(text)").violations == ["query.after value_error"])
  }

  @Test func `an empty after is the first page`() {
    #expect(!Exchange("GET", "/clients/?after=").sql.contains("WHERE"))
  }

  /// The next page of the same list, through the link of the answer.
  @Test(arguments: ["", "sort=-name&", "sort=city,-name&", "status=active&q=a&"])
  func `the link of a page leads to the next`(_ query: String) throws {
    var first = Exchange("GET", "/clients/?\(query)limit=2&offset=1")
    first.render(
      FakeRows([
        Cell.client(1, at: 30), Cell.client(2, at: 20), Cell.client(3, at: 10),
      ]))
    let link = try #require(first.values("Link").first)
    try #require(link.hasPrefix("</clients/?\(query)limit=2&after="))
    try #require(link.hasSuffix(">; rel=\"next\""))
    let target = String(link.dropFirst().prefix { $0 != ">" })
    let second = Exchange("GET", target)
    try #require(second.decision == .query, "\(second.text)")
    #expect(second.sql.contains("id > $"))
    #expect(second.parameters.contains(Cell.uuid(2)))
    #expect(second.parameters.suffix(2) == [Cell.number(Int64(3)), Cell.number(Int64(0))])
    #expect(second.plan.statement?.parameterTypes.count == second.parameters.count)
  }
}

@Suite struct Base64URLTests {
  static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  private func encode(_ bytes: [UInt8]) -> String {
    var output: [UInt8] = []
    Base64URL.encode(bytes, into: &output)
    return String(decoding: output, as: UTF8.self)
  }

  /// RFC 4648 section 10, without padding, and the two letters of the URL alphabet.
  static let vectors: [([UInt8], String)] = [
    ([], ""), (Array("f".utf8), "Zg"), (Array("fo".utf8), "Zm8"), (Array("foo".utf8), "Zm9v"),
    (Array("foob".utf8), "Zm9vYg"), (Array("fooba".utf8), "Zm9vYmE"),
    (Array("foobar".utf8), "Zm9vYmFy"), ([0xfb, 0xff, 0xbf], "-_-_"), ([0], "AA"),
    ([0xff, 0xff], "__8"),
  ]

  @Test(arguments: vectors)
  func `the vectors of RFC 4648 hold`(_ bytes: [UInt8], _ text: String) {
    #expect(encode(bytes) == text)
    #expect(Base64URL.decode(Array(text.utf8)) == bytes)
  }

  @Test func `what was encoded is decoded`() {
    var random = SeededGenerator(11)
    for length in 0..<200 {
      let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &random) }
      #expect(Base64URL.decode(Array(encode(bytes).utf8)) == bytes)
    }
  }

  @Test(arguments: [
    "A", "AAAAA", "Zg==", "Zm8=", "Zm+v", "Zm/v", "Zm 9v", "Zm9v\n", "é", "Zh", "Zm9", "AB", "__9",
  ])
  func `another alphabet, length or spare bits are refused`(_ text: String) {
    #expect(Base64URL.decode(Array(text.utf8)) == nil)
  }
}
