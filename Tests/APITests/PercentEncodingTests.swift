import Testing

@testable import API

@Suite struct PercentEncodingTests {
  private func isValid(_ bytes: [UInt8]) -> Bool {
    PercentEncoding.isValid(bytes.span, bytes.indices)
  }

  private func decode(_ text: String, plusIsSpace: Bool = false) -> String? {
    let bytes = Array(text.utf8)
    var output: [UInt8] = []
    guard
      PercentEncoding.decode(bytes.span, bytes.indices, plusIsSpace: plusIsSpace, into: &output)
    else { return nil }
    return String(validating: output, as: UTF8.self)
  }

  static let decoded: [(String, String)] = [
    ("", ""), ("plain", "plain"), ("%41", "A"), ("%c3%a9%C3%A9", "éé"), ("a%2Fb", "a/b"),
    ("%25", "%"), ("%2541", "%41"), ("%20+", " +"), ("é", "é"), ("%F0%9F%98%80", "😀"),
  ]

  @Test(arguments: decoded)
  func `an encoded text is what it stands for`(_ text: String, _ meaning: String) {
    #expect(decode(text) == meaning)
    #expect(isValid(Array(text.utf8)))
  }

  @Test func `a plus is a space where forms are read`() {
    #expect(decode("a+b%2Bc", plusIsSpace: true) == "a b+c")
    #expect(decode("a+b%2Bc") == "a+b+c")
  }

  @Test(arguments: [
    "%", "%4", "a%", "%g1", "%1g", "%%41", "% 1", "%-1", "%0x", "%é", "%4%31", "x%2",
  ])
  func `a percent sign without two digits is refused`(_ text: String) {
    #expect(decode(text) == nil)
    #expect(!isValid(Array(text.utf8)))
  }

  @Test(arguments: [
    "%00", "a%00b", "%80", "%C3", "%C3x", "%C0%80", "%ED%A0%80", "%FF", "%F4%90%80%80", "%C3%28",
    "%C3/%A9",
  ])
  func `what decodes to no text is refused`(_ text: String) {
    #expect(!isValid(Array(text.utf8)))
  }

  @Test(arguments: [[0], [0x1f], [0x20], [0x0a], [0x7f], [0xc3], [0xff], [0xed, 0xa0, 0x80]])
  func `raw bytes that a target cannot hold are refused`(_ bytes: [UInt8]) {
    #expect(!isValid([0x2f] + bytes))
    #expect(!isValid([0x2f] + bytes + [0x61]))
  }

  @Test(arguments: UTF8SequenceTests.illFormed)
  func `encoded bytes are checked as raw ones are`(_ bytes: [UInt8]) {
    let hex = "0123456789ABCDEF".map { $0 }
    let encoded = bytes.map { "%\(hex[Int($0 >> 4)])\(hex[Int($0 & 15)])" }.joined()
    #expect(!isValid(Array(encoded.utf8)))
  }

  @Test func `every byte is judged wherever it stands`() {
    for length in 0...20 {
      let plain = [UInt8](repeating: 0x61, count: length)
      for byte in UInt8.min...UInt8.max {
        let isTaken = 0x21..<0x7f ~= byte && byte != UInt8(ascii: "%")
        #expect(isValid(plain + [byte] + plain) == isTaken, "\(byte) at \(length)")
      }
    }
  }
}
