import Testing

@testable import API

@Suite struct BodyReaderTests {
  private static let table = NameTable([
    (name: "name", slot: 0), (name: "companyName", slot: 1), (name: "company_name", slot: 1),
  ])

  /// The raw text of each slot, nil where it is absent.
  private func read(_ text: String) throws -> [String?] {
    try slots(text).map { slot in
      slot.value.kind == .absent
        ? nil : String(decoding: Array(text.utf8)[slot.value.range], as: UTF8.self)
    }
  }

  private func slots(_ text: String) throws -> [BodyReader.Slot] {
    let bytes = Array(text.utf8)
    var slots = [BodyReader.Slot(), BodyReader.Slot(), BodyReader.Slot(), BodyReader.Slot()]
    var reader = BodyReader()
    try reader.read(bytes.span, bytes.indices, Self.table, into: &slots)
    return slots
  }

  private func undeclared(_ text: String) throws -> JSONScanner.Marks {
    let bytes = Array(text.utf8)
    var slots: [BodyReader.Slot] = []
    var reader = BodyReader()
    try reader.read(bytes.span, bytes.indices, Self.table, into: &slots)
    return reader.undeclared
  }

  @Test(arguments: ["{}", " { } ", "\n{\t}\r\n", #"{"unknown":1}"#])
  func `members that were not sent are absent`(_ text: String) throws {
    #expect(try read(text) == [nil, nil])
  }

  @Test(arguments: [
    (#"{"name":"x"}"#, #""x""#), (#"{"name":null}"#, "null"),
    (#"{"name":[1,{"a":2}]}"#, #"[1,{"a":2}]"#),
    (#" { "name" : { } , "z" : 1 } "#, "{ }"), ("{\"name\"\n:\t1\r}", "1"),
    (#"{"a":{"name":1},"name":2}"#, "2"), (#"{"name":-1.5e3}"#, "-1.5e3"),
  ])
  func `a declared member is found`(_ text: String, _ value: String) throws {
    #expect(try read(text) == [value, nil])
  }

  @Test func `both spellings lead to one slot`() throws {
    #expect(try read(#"{"companyName":1}"#) == [nil, "1"])
    #expect(try read(#"{"company_name":2}"#) == [nil, "2"])
    #expect(try !slots(#"{"companyName":1,"companyName":2}"#)[1].hasBothNames)
    #expect(try slots(#"{"companyName":1,"company_name":2}"#)[1].hasBothNames)
    #expect(try slots(#"{"company_name":1,"companyName":2}"#)[1].hasBothNames)
    #expect(try slots(#"{"company_name":1,"company\u004eame":2}"#)[1].hasBothNames)
  }

  @Test func `of two members of one name the last counts`() throws {
    #expect(try read(#"{"name":1,"name":2,"name":3}"#) == ["3", nil])
    #expect(try read(#"{"name":1,"n\u0061me":"last"}"#) == [#""last""#, nil])
  }

  @Test(arguments: [
    #"{"n\u0061me":1}"#, #"{"\u006e\u0061\u006d\u0065":1}"#, #"{"\u006E\u0061\u006D\u0065":1}"#,
  ])
  func `an escaped name is the name it stands for`(_ text: String) throws {
    #expect(try read(text) == ["1", nil])
  }

  @Test(arguments: [
    #"{"Name":1}"#, #"{"NAME":1}"#, #"{" name":1}"#, #"{"name ":1}"#, #"{"nam":1}"#,
    #"{"names":1}"#, #"{"":1}"#, #"{"name\u0000":1}"#, #"{"name\ud800":1}"#, #"{"ｎame":1}"#,
    #"{"company-name":1}"#, #"{"company__name":1}"#, #"{"na\\u006de":1}"#,
  ])
  func `names are compared as bytes`(_ text: String) throws {
    #expect(try read(text) == [nil, nil])
  }

  @Test(arguments: [
    (#"{"x":"\u0000"}"#, JSONScanner.Marks.nul), (#"{"\u0000":1}"#, .nul),
    (#"{"x":{"y":["\ud800"]}}"#, .surrogate), (#"{"x\udc00":1}"#, .surrogate),
  ])
  func `what undeclared members hold is noted`(_ text: String, _ mark: JSONScanner.Marks) throws {
    #expect(try undeclared(text).contains(mark))
    #expect(try !undeclared(#"{"x":"y"}"#).contains(mark))
  }

  @Test func `a reader is clean for the next body`() throws {
    var reader = BodyReader()
    var slots: [BodyReader.Slot] = []
    for (text, kind) in [
      (#"{"x":"\u0000","name":1}"#, JSONScanner.Kind.number), (#"{"x":1}"#, .absent),
    ] {
      let bytes = Array(text.utf8)
      try reader.read(bytes.span, bytes.indices, Self.table, into: &slots)
      #expect(slots[0].value.kind == kind)
      #expect(reader.undeclared.contains(.nul) == (kind == .number))
    }
  }

  @Test(arguments: ["[]", "null", "5", "\"x\"", "true", "false", " [ {} ] ", "-0.5e3"])
  func `a well-formed text that is no object is told apart`(_ text: String) {
    #expect(Reading(text) == .other)
  }

  @Test(arguments: ["{}x", "{} {}", "{},", "{}\u{0}", "{}]", #"{}"a""#])
  func `nothing stands behind the body`(_ text: String) {
    #expect(!Reading(text).isWellFormed)
  }
}

@Suite struct JSONStringTests {
  private func decode(_ text: String) throws -> String {
    let bytes = Array(text.utf8)
    var output: [UInt8] = []
    JSONString.decode(bytes.span, try scan(bytes), into: &output)
    return try #require(String(validating: output, as: UTF8.self))
  }

  @Test(arguments: [
    (#""""#, ""), (#""plain""#, "plain"), (#""é 😀""#, "é 😀"),
    (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"), (#""\u0041\u00e9\u20AC""#, "Aé€"),
    (#""\ud83d\ude00""#, "😀"), (#""\uD83D\uDE00!""#, "😀!"), (#""\ud800\udc00""#, "\u{10000}"),
    (#""\udbff\udfff""#, "\u{10ffff}"), (#""a\\u0041""#, #"a\u0041"#), (#""é\né""#, "é\né"),
    (#""\u001f\u007f""#, "\u{1f}\u{7f}"), (#""\ud7ff\ue000\uffff""#, "\u{d7ff}\u{e000}\u{ffff}"),
  ])
  func `escapes mean what they stand for`(_ text: String, _ meaning: String) throws {
    #expect(try decode(text).utf8.elementsEqual(meaning.utf8))
  }
}
