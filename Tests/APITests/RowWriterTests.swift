import Catalog
import Foundation
import TestSupport
import Testing

@testable import API

@Suite struct RowWriterTests {
  private static let kinds = Resource(
    "kinds", nouns: Nouns(one: "kind"), order: ["id"],
    columns: [
      .id(), .text("a_text", 50), .textArray("some_tags", maxCount: 9, maxLength: 9),
      .objects("contacts", maxCount: 9, [.string("id")]), .timestamp("updated_at"),
    ])

  private func row(_ cells: [[UInt8]?], columns: [Int]? = nil) -> String {
    var output: [UInt8] = []
    RowWriter(Self.kinds.columns).write(FakeRows([cells]), row: 0, columns: columns, into: &output)
    return String(decoding: output, as: UTF8.self)
  }

  private func text(_ text: String) -> String {
    row([nil, Cell.text(text), nil, nil, nil], columns: [1])
  }

  @Test func `a row of every kind`() {
    let cells = [
      Cell.uuid(0xfe), Cell.text("é"), Cell.textArray(["a", "b"]), Cell.jsonb(#"[{"a": 1}]"#),
      Cell.number(Int64(5)),
    ]
    #expect(
      row(cells) == """
        {"id":"00000000-0000-4000-8000-0000000000fe","a_text":"é","some_tags":["a","b"],\
        "contacts":[{"a": 1}],"updated_at":"2000-01-01T00:00:00.000005+00:00"}
        """)
  }

  /// As they come once somebody has changed a column's type.
  @Test func `cells of another size end nothing`() {
    for size in 0...40 {
      let cell = [UInt8](repeating: 0x31, count: size)
      let isTime = size == 8
      let output = row([cell, cell, Cell.textArray([]), Cell.jsonb("[]"), cell])
      #expect(output.contains(#""updated_at":"\#(isTime ? "1" : "")"#), "\(size): \(output)")
      #expect(output.contains(#""id":"\#(size == 16 ? "3" : "\"")"#), "\(size): \(output)")
    }
  }

  @Test func `a NULL is written as null, never left out`() {
    #expect(
      row([nil, nil, nil, nil, nil])
        == #"{"id":null,"a_text":null,"some_tags":null,"contacts":null,"updated_at":null}"#)
  }

  @Test func `a subset keeps its commas`() {
    let cells: [[UInt8]?] = [Cell.uuid(1), Cell.text("x"), Cell.textArray([]), nil, nil]
    #expect(row(cells, columns: [1]) == #"{"a_text":"x"}"#)
    #expect(row(cells, columns: [1, 2, 3]) == #"{"a_text":"x","some_tags":[],"contacts":null}"#)
  }

  @Test func `rows of clients carry 17 columns in order`() throws {
    var output: [UInt8] = []
    RowWriter(clients.columns).write(FakeRows([Cell.client(1)]), row: 0, into: &output)
    #expect(
      String(decoding: output, as: UTF8.self) == """
        {"id":"00000000-0000-4000-8000-000000000001","type":"company","name":"Wash",\
        "company_name":null,"first_name":null,"last_name":null,"siret":null,"email":null,\
        "phone":null,"address":null,"city":null,"status":"active","tags":[],\
        "last_service":null,"contacts":[],"created_at":"2000-01-01T00:00:00+00:00",\
        "updated_at":"2000-01-01T00:00:00+00:00"}
        """)
  }

  // MARK: strings

  static let escapes: [(UInt8, String)] = [
    (0x08, #"\b"#), (0x09, #"\t"#), (0x0a, #"\n"#), (0x0c, #"\f"#), (0x0d, #"\r"#),
    (0x22, #"\""#), (0x5c, #"\\"#),
  ]

  @Test func `every control character is escaped, nothing else is`() {
    let short = Dictionary(uniqueKeysWithValues: Self.escapes)
    for byte in UInt8(0)...0x7f {
      let plain = String(UnicodeScalar(byte))
      let expected =
        short[byte] ?? (byte < 0x20 ? String(format: "\\u%04x", Int(byte)) : plain)
      #expect(text("a\(plain)b") == "{\"a_text\":\"a\(expected)b\"}")
    }
  }

  @Test(arguments: [
    "", " ", "é€😀", "\u{7f}\u{80}\u{9f}", "\u{2028}\u{2029}", "\u{feff}", "</script>", "\u{10ffff}",
    "'", "e\u{301}",
  ])
  func `text goes out as it is`(_ value: String) {
    #expect(text(value).utf8.elementsEqual("{\"a_text\":\"\(value)\"}".utf8))
  }

  @Test func `random texts come back through a JSON parser`() throws {
    var random = SeededGenerator(17)
    for _ in 0..<300 {
      let scalars = (0..<Int.random(in: 0...40, using: &random)).compactMap { _ in
        UnicodeScalar(
          UInt32.random(in: 0...(Bool.random(using: &random) ? 0x7f : 0x10ffff), using: &random))
      }
      let value = String(String.UnicodeScalarView(scalars))
      let object = try JSONSerialization.jsonObject(with: Data(text(value).utf8))
      let found = try #require((object as? [String: Any])?["a_text"] as? String)
      #expect(found.unicodeScalars.elementsEqual(value.unicodeScalars))
    }
  }

  // MARK: arrays

  static let arrays: [([String?], String)] = [
    ([], "[]"), ([""], #"[""]"#), ([nil], "[null]"), (["a", nil, "b"], #"["a",null,"b"]"#),
    ([nil, nil], "[null,null]"), (["\"\n", "é", "NULL"], #"["\"\n","é","NULL"]"#),
  ]

  @Test(arguments: arrays)
  func `an array is a list of texts and nulls`(_ elements: [String?], _ json: String) {
    #expect(
      row([nil, nil, Cell.textArray(elements), nil, nil], columns: [2])
        == "{\"some_tags\":\(json)}")
  }

  /// 2 × 2, as `'{{a,b},{c,d}}'` is sent.
  @Test func `an array of two dimensions is one list`() {
    let header = [2, 0, 25, 2, 1, 2, 1].flatMap { Cell.number(Int32($0)) }
    let cell = ["a", "b", "c", "d"].reduce(header) { $0 + Cell.number(Int32(1)) + Cell.text($1) }
    #expect(row([nil, nil, cell, nil, nil], columns: [2]) == #"{"some_tags":["a","b","c","d"]}"#)
  }
}
