import TestSupport
import Testing

@testable import API

/// The Unicode Standard, table 3-7: which bytes are UTF-8.
@Suite struct UTF8SequenceTests {
  static let wellFormed: [[UInt8]] = [
    [0x20], [0x7f], [0xc2, 0x80], [0xdf, 0xbf], [0xe0, 0xa0, 0x80], [0xe0, 0xbf, 0xbf],
    [0xe1, 0x80, 0x80], [0xec, 0xbf, 0xbf], [0xed, 0x80, 0x80], [0xed, 0x9f, 0xbf],
    [0xee, 0x80, 0x80], [0xef, 0xbf, 0xbf], [0xf0, 0x90, 0x80, 0x80], [0xf0, 0xbf, 0xbf, 0xbf],
    [0xf1, 0x80, 0x80, 0x80], [0xf3, 0xbf, 0xbf, 0xbf], [0xf4, 0x80, 0x80, 0x80],
    [0xf4, 0x8f, 0xbf, 0xbf],
  ]

  static let illFormed: [[UInt8]] = [
    // continuations alone, bytes that never occur
    [0x80], [0xbf], [0xc0], [0xc1], [0xf5, 0x80, 0x80, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80],
    [0xfc, 0x84, 0x80, 0x80, 0x80, 0x80], [0xfe], [0xff],
    // overlong
    [0xc0, 0x80], [0xc0, 0xaf], [0xc1, 0xbf], [0xe0, 0x80, 0x80], [0xe0, 0x9f, 0xbf],
    [0xf0, 0x80, 0x80, 0x80], [0xf0, 0x8f, 0xbf, 0xbf],
    // surrogates, and beyond U+10FFFF
    [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf], [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    // cut off
    [0xc2], [0xdf], [0xe0], [0xe0, 0xa0], [0xe1], [0xe1, 0x80], [0xed, 0x80], [0xf0],
    [0xf0, 0x90], [0xf0, 0x90, 0x80], [0xf1, 0x80, 0x80], [0xf4, 0x8f, 0xbf],
    // a continuation too few, followed by something else
    [0xc2, 0x41], [0xe1, 0x80, 0x41], [0xf1, 0x80, 0x80, 0x41], [0xc2, 0xc2, 0x80],
    [0xe1, 0xc0, 0x80], [0xf1, 0x80, 0xc0, 0x80], [0xf1, 0x80, 0x80, 0xff],
  ]

  @Test(arguments: wellFormed)
  func `a well-formed sequence is taken in strings`(_ bytes: [UInt8]) throws {
    #expect(length(bytes) == bytes.count)
    #expect(isText(bytes))
    #expect(try scan([0x22] + bytes + [0x22]).range.count == bytes.count + 2)
  }

  @Test(arguments: illFormed)
  func `an ill-formed sequence is refused where it begins`(_ bytes: [UInt8]) {
    #expect(length(bytes) == 0)
    #expect(!isText(bytes))
    #expect(Reading([0x22, 0x61] + bytes + [0x22]) == .malformed(at: 2))
    #expect(Reading(Array(#"{""#.utf8) + bytes + Array(#"":1}"#.utf8)) == .malformed(at: 2))
  }

  /// Swift's own decoder is the judge.
  @Test func `every sequence of one and two bytes is judged as Swift judges it`() {
    for first in UInt8.min...UInt8.max {
      #expect(isText([first]) == (first != 0 && String(validating: [first], as: UTF8.self) != nil))
      for second in UInt8.min...UInt8.max where first != 0 && second != 0 {
        let bytes = [first, second]
        #expect(isText(bytes) == (String(validating: bytes, as: UTF8.self) != nil), "\(bytes)")
      }
    }
  }

  @Test func `random sequences of three and four bytes are judged as Swift judges them`() {
    var random = SeededGenerator(3)
    let leads: [UInt8] = [0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0x41, 0x80]
    let next: [UInt8] = [0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0]
    for _ in 0..<20_000 {
      let bytes =
        [leads.randomElement(using: &random) ?? 0]
        + (0..<3).map { _ in next.randomElement(using: &random) ?? 0 }
      for length in 3...4 {
        let bytes = Array(bytes.prefix(length))
        #expect(isText(bytes) == (String(validating: bytes, as: UTF8.self) != nil), "\(bytes)")
      }
    }
  }

  private func length(_ bytes: [UInt8]) -> Int {
    UTF8Sequence.length(bytes.span, at: 0, end: bytes.count)
  }

  private func isText(_ bytes: [UInt8]) -> Bool { UTF8Sequence.isText(bytes.span, bytes.indices) }

  @Test func `U+0000 is no text`() {
    #expect(!isText([0x61, 0, 0x62]))
    #expect(isText([]))
  }

  @Test(arguments: ["a", "\u{7f}", "\u{80}", "é", "\u{7ff}", "\u{800}", "€", "\u{ffff}", "😀"])
  func `a code point is decoded`(_ text: String) {
    let bytes = Array(text.utf8)
    let (scalar, length) = UTF8Sequence.decode(bytes.span, at: 0)
    #expect(scalar == text.unicodeScalars.first?.value)
    #expect(length == bytes.count)
    let count = codePoints(bytes.span)
    #expect(count == 1)
  }
}
