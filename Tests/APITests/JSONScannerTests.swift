import Testing

@testable import API

/// RFC 8259, section by section.
@Suite struct JSONScannerTests {
  @Test(arguments: [
    ("{}", JSONScanner.Kind.object), ("[]", .array), ("\"\"", .string), ("0", .number),
    ("-0", .number), ("true", .true), ("false", .false), ("null", .null),
    (#"{"a":[{"b":null},[[]],"",-1.5e+3]}"#, .object), ("[1,2]", .array),
  ])
  func `a value is its kind and its range`(_ text: String, _ kind: JSONScanner.Kind) throws {
    let value = try scan(" \t\r\n\(text)\n ")
    #expect(value.kind == kind)
    #expect(value.range == 4..<4 + text.utf8.count)
    #expect(value.marks.isEmpty)
  }

  static let numbers = [
    "0", "-0", "1", "9", "10", "-1", "1234567890", "0.0", "0.5", "-0.5", "1.25", "0e0", "0E0",
    "1e5", "1E5", "1e+5", "1e-5", "1.5e10", "-1.5E-10", "1e00005",
    "123456789012345678901234567890",
  ]

  @Test(arguments: numbers)
  func `a number is a number`(_ text: String) throws {
    let value = try scan(text)
    #expect(value.kind == .number)
    #expect(value.range == 0..<text.utf8.count)
    #expect(value.marks.isEmpty)
  }

  /// The offset is that of the first byte that no JSON text has there.
  static let malformed: [(String, Int)] = [
    ("", 0), (" ", 1), ("\n\t ", 3),
    // numbers
    ("-", 1), ("+1", 0), (".5", 0), ("1.", 2), ("1.e5", 2), ("1e", 2), ("1e+", 3), ("1e-x", 3),
    ("-a", 1), ("--1", 1), ("01", 1), ("00", 1), ("-01", 2), ("1.2.3", 3), ("0x10", 1),
    ("1_000", 1), ("1,5", 1), ("NaN", 0), ("Infinity", 0), ("-Infinity", 1), ("1e5.5", 3),
    ("１", 0),
    // words
    ("True", 0), ("NULL", 0), ("truex", 4), ("nulll", 4), ("undefined", 0), ("'a'", 0),
    // strings
    ("\"", 1), ("\"abc", 4), ("a\"", 0), ("\"a\"b", 3), ("\"a\n\"", 2), ("\"\t\"", 1),
    ("\"\u{0}\"", 1), ("\"\u{1f}\"", 1), ("\"é\u{1f}\"", 3),
    // arrays
    ("[", 1), ("[1", 2), ("[1,", 3), ("[1,]", 3), ("[,1]", 1), ("[,]", 1), ("[1 2]", 3),
    ("[1,,2]", 3), ("[1}", 2), ("]", 0), ("[]]", 2), ("[1]x", 3), ("[\"a\":1]", 4), ("[1;2]", 2),
    // objects
    ("{", 1), ("{]", 1), ("{,}", 1), ("{\"a\"", 4), ("{\"a\"}", 4), ("{\"a\" 1}", 5),
    ("{\"a\":", 5), ("{\"a\":}", 5), ("{\"a\":1", 6), ("{\"a\":1,", 7), ("{\"a\":1,}", 7),
    ("{\"a\":1 \"b\":2}", 7), ("{\"a\":1,,\"b\":2}", 7), ("{a:1}", 1), ("{'a':1}", 1),
    ("{1:2}", 1), ("{null:1}", 1), ("{[]:1}", 1), ("{\"a\"::1}", 5), ("{\"a\"=1}", 4), ("}", 0),
    ("{}}", 2), ("{\"a\":1]", 6), ("{\"a\":[}", 6), ("{\"a\":1}{", 7), ("{\"a\":{\"b\":1}", 12),
    ("{\"é\":}", 6), ("{\"a\":1}\u{0}", 7), ("\u{feff}{}", 0), ("{} \u{feff}", 3),
    // comments and other spaces
    ("// x\n{}", 0), ("/**/{}", 0), ("{}//", 2), ("{}#", 2), ("\u{a0}{}", 0), ("{\u{c}}", 1),
    ("\u{b}{}", 0), ("[1,\u{2028}2]", 3),
  ]

  @Test(arguments: malformed)
  func `what is not JSON is refused at its offset`(_ text: String, _ offset: Int) {
    #expect(Reading(text) == .malformed(at: offset), "\(text.debugDescription)")
  }

  @Test(arguments: ["t", "tru", "trux", "f", "fals", "falsy", "n", "nope", "nul", "nuLL"])
  func `a misspelt word is refused where it stands`(_ word: String) {
    guard case .malformed(let offset) = Reading("[\(word)]") else {
      Issue.record("\(word) was read")
      return
    }
    #expect(1...word.utf8.count + 1 ~= offset)
  }

  @Test(arguments: [
    #"\x"#, #"\'"#, #"\0"#, #"\v"#, #"\a"#, #"\U0041"#, #"\ "#, "\\\n", #"\é"#, #"\u"#, #"\u1"#,
    #"\u12"#, #"\u123"#, #"\u12g4"#, #"\uG123"#, #"\u 123"#, #"\u+123"#, #"\u{41}"#, #"\u00é1"#,
  ])
  func `a bad escape is refused at its backslash`(_ escape: String) {
    #expect(Reading("\"ab\(escape)\"") == .malformed(at: 3))
    #expect(Reading("{\"ab\(escape)\":1}") == .malformed(at: 4))
  }

  @Test(arguments: ["\"\\", #""\u"#, #""\u0"#, #""\u00"#, #""\u004"#, #""\u0041"#, "\"\\\""])
  func `a string that ends too soon is refused`(_ text: String) {
    #expect(!Reading(text).isWellFormed)
  }

  @Test func `the offset counts from the start of the range`() {
    let bytes = Array("garbage{\"a\":x}".utf8)
    var slots: [BodyReader.Slot] = []
    var reader = BodyReader()
    #expect(throws: BodyReader.Failure.malformed(offset: 5)) {
      try reader.read(bytes.span, 7..<bytes.count, NameTable([]), into: &slots)
    }
  }

  @Test func `nothing behind the range is read`() throws {
    let bytes = Array("12345".utf8)
    var scanner = JSONScanner(1..<3)
    let value = try scanner.value(bytes.span)
    #expect(value.range == 1..<3)
    #expect(scanner.isAtEnd)
  }

  @Test(arguments: [
    ("[]", 0), ("[ ]", 0), ("{}", 0), ("[1]", 1), ("[[1,2,3]]", 1), ("[[],[1,2],{}]", 3),
    (#"{"a":[1,2,3],"b":{}}"#, 2), ("[1,[2,3,4,5]]", 2), ("[[1,2,3],4]", 2), ("1", 0),
    (#""[1,2]""#, 0), ("null", 0),
  ])
  func `a container knows how many it holds`(_ text: String, _ count: Int) throws {
    #expect(try scan(text).count == count)
  }

  @Test func `the count of one value is not that of the next`() throws {
    let bytes = Array("[1,2] 3 [] ".utf8)
    var scanner = JSONScanner(bytes.indices)
    var counts: [Int32] = []
    while !scanner.isAtEnd { counts.append(try scanner.value(bytes.span).count) }
    #expect(counts == [2, 0, 0])
  }

  /// At every place of a word of eight bytes, and around it.
  @Test func `each byte ends or goes on with a string wherever it stands`() {
    for length in 0...20 {
      let plain = [UInt8](repeating: 0x61, count: length)
      for byte in UInt8.min...UInt8.max {
        let reading = Reading([0x22] + plain + [byte] + plain + [0x22])
        switch byte {
        case 0x22:  // The rest stands behind the string's end.
          #expect(reading == .malformed(at: length + 2), "\(byte) at \(length)")
        case 0x5c:
          // `\a` is no escape; `\"` is one, and takes the closing quote.
          #expect(reading == .malformed(at: length == 0 ? 3 : length + 1), "\(byte) at \(length)")
        case 0x20..<0x80: #expect(reading == .other, "\(byte) at \(length)")
        default: #expect(reading == .malformed(at: length + 1), "\(byte) at \(length)")
        }
      }
    }
  }
}

/// What the elements of an array are once it was scanned.
@Suite struct JSONElementsTests {
  private func elements(_ text: String) throws -> [String] {
    let bytes = Array(text.utf8)
    var elements = JSONElements(bytes.span, try scan(bytes))
    var found: [String] = []
    while let (index, element) = elements.next(bytes.span) {
      #expect(index == found.count)
      found.append(String(decoding: bytes[element.range], as: UTF8.self))
    }
    return found
  }

  @Test func `every element is met once, in its place`() throws {
    #expect(try elements("[]").isEmpty)
    #expect(try elements(" [ ] ").isEmpty)
    #expect(try elements("[1]") == ["1"])
    #expect(
      try elements(#" [ 1 ,"]", [2,3],{"a":[]} , null ] "#)
        == ["1", #""]""#, "[2,3]", #"{"a":[]}"#, "null"])
  }
}

/// What is noted of a value while it is read.
@Suite struct JSONMarkTests {
  static let texts: [(String, JSONScanner.Marks)] = [
    (#""plain é 😀""#, []), (#""\n""#, .escaped), (#""\u0041""#, .escaped),
    (#""\u0000""#, [.escaped, .nul]), (#""a\u0000b""#, [.escaped, .nul]),
    (#""\\u0000""#, .escaped), (#""\ud83d\ude00""#, .escaped), (#""\uD83D\uDE00""#, .escaped),
    (#""\ud800""#, [.escaped, .surrogate]), (#""\udc00""#, [.escaped, .surrogate]),
    (#""\ud800x""#, [.escaped, .surrogate]), (#""\ud800\n""#, [.escaped, .surrogate]),
    (#""\ud800\ud800""#, [.escaped, .surrogate]), (#""\udfff\ud800""#, [.escaped, .surrogate]),
    (#""\ud800\ud83d\ude00""#, [.escaped, .surrogate]),
    (#""\udbff\udfff""#, .escaped), (#""\ud7ff\ue000""#, .escaped),
    (#"{"a":[{"\u0000":"\ud800"}]}"#, [.escaped, .nul, .surrogate]),
    ("1e308", []), ("-1.7e308", []), ("1e400", .hugeNumber), ("[-1e400]", .hugeNumber),
    ("1e99999999999999999999", .hugeNumber), (#"{"a":{"b":1e5000}}"#, .hugeNumber),
    ("9.9e308", []), ("1e309", .hugeNumber), ("0.1e309", .hugeNumber),
    ("4.9406564584124654e-324", []), ("1e-340", []), ("1e-341", .hugeNumber),
    ("1.5e-340", .hugeNumber), ("1e-16383", .hugeNumber), ("1e-16384", .hugeNumber),
    ("[" + Array(repeating: "1e-300", count: 3_495).joined(separator: ",") + "]", []),
    ("[" + Array(repeating: "1e300", count: 3_496).joined(separator: ",") + "]", .hugeNumber),
    ("1e-99999999999999999999", .hugeNumber), (String(repeating: "9", count: 131_072), []),
    (String(repeating: "9", count: 131_073), .hugeNumber),
    ("0." + String(repeating: "9", count: 16_383), []),
    ("0." + String(repeating: "9", count: 16_384), .hugeNumber),
  ]

  @Test(arguments: texts)
  func `marks tell what a value holds at any depth`(
    _ text: String, _ marks: JSONScanner.Marks
  ) throws {
    #expect(try scan(text).marks == marks)
  }

  @Test func `the marks of one value are not those of the next`() throws {
    let bytes = Array(#""\u0000","plain""#.utf8)
    var scanner = JSONScanner(bytes.indices)
    let first = try scanner.value(bytes.span)
    let isFollowed = scanner.take(UInt8(ascii: ","), bytes.span)
    let second = try scanner.value(bytes.span)
    #expect(first.marks == [.escaped, .nul])
    #expect(isFollowed)
    #expect(second.marks.isEmpty)
  }
}

/// Nesting: 64 arrays and objects deep, the outermost counted.
@Suite struct JSONDepthTests {
  private func nested(_ depth: Int, _ open: String, _ close: String, _ core: String) -> String {
    String(repeating: open, count: depth) + core + String(repeating: close, count: depth)
  }

  @Test func `arrays are read 64 deep and no deeper`() {
    #expect(Reading(nested(64, "[", "]", "")) == .other)
    #expect(Reading(nested(65, "[", "]", "")) == .malformed(at: 64))
  }

  @Test func `objects are read 64 deep and no deeper`() {
    #expect(Reading(nested(64, #"{"a":"#, "}", "1")) == .object)
    #expect(Reading(nested(65, #"{"a":"#, "}", "1")) == .malformed(at: 64 * 5))
  }

  @Test func `arrays inside the body count with it`() {
    #expect(Reading(#"{"a":"# + nested(63, "[", "]", "1") + "}") == .object)
    #expect(Reading(#"{"a":"# + nested(64, "[", "]", "1") + "}") == .malformed(at: 5 + 63))
  }

  @Test func `siblings are not depth`() {
    let many = Array(repeating: "[[{}]]", count: 1000).joined(separator: ",")
    #expect(Reading("[\(many)]") == .other)
  }

  @Test(arguments: ["[", #"{"a":"#, #"[{"a":"#])
  func `a million brackets are refused, not followed`(_ open: String) {
    let reading = Reading(String(repeating: open, count: 1_000_000))
    #expect(!reading.isWellFormed)
  }
}
