import TestSupport
import Testing

@testable import API

@Suite struct EightBytesTests {
  /// The place of the first byte that is found; nil when none is.
  private func first(_ found: UInt64) -> Int? {
    found == 0 ? nil : found.trailingZeroBitCount / 8
  }

  private func check(_ bytes: [UInt8]) {
    let eight = EightBytes(bytes.span, at: 0)
    for limit: UInt8 in [1, 0x20, 0x21, 0x80] {
      #expect(first(eight.below(limit)) == bytes.firstIndex { $0 < limit }, "\(bytes) \(limit)")
    }
    for byte: UInt8 in [0, 0x22, 0x5c, 0x7f, 0x80, 0xff] {
      #expect(first(eight.equal(to: byte)) == bytes.firstIndex(of: byte), "\(bytes) \(byte)")
    }
    #expect(first(eight.beyondASCII) == bytes.firstIndex { $0 >= 0x80 }, "\(bytes)")
    let escaped = bytes.firstIndex { $0 < 0x20 || $0 == 0x22 || $0 == 0x5c }
    #expect(first(eight.toBeEscaped) == escaped, "\(bytes)")
  }

  @Test func `each byte is found in each place`() {
    for place in 0..<8 {
      for byte in UInt8.min...UInt8.max {
        var bytes = [UInt8](repeating: 0x61, count: 8)
        bytes[place] = byte
        check(bytes)
      }
    }
  }

  @Test func `among many the first is found`() {
    var random = SeededGenerator(8)
    let near: [UInt8] = [
      0, 1, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x5b, 0x5c, 0x5d, 0x7e, 0x7f, 0x80, 0xff,
    ]
    for _ in 0..<5_000 {
      check((0..<8).map { _ in near.randomElement(using: &random) ?? 0 })
    }
  }

  @Test func `a byte is found in its range and nowhere else`() {
    for length in 0...20 {
      for place in 0...length {
        var bytes = [UInt8](repeating: 0x61, count: length + 6)
        // Before the range, and from its place to behind the range.
        bytes[2] = 0x3f
        for index in place + 3...length + 3 { bytes[index] = 0x3f }
        #expect(bytes.span.find(0x3f, in: 3..<length + 3) == place + 3)
      }
    }
  }

  private func text(_ eight: EightBytes, _ count: Int = 8) -> String {
    var output: [UInt8] = []
    output.append(addingCapacity: 8) { eight.write(count, into: &$0) }
    return String(decoding: output, as: UTF8.self)
  }

  @Test func `a number below 100 has two digits`() {
    for number: UInt in 0..<100 {
      #expect(
        text(EightBytes(EightBytes.pair(number)), 2) == (number < 10 ? "0" : "") + "\(number)")
    }
  }

  @Test func `a number is eight hexadecimal digits`() {
    var random = SeededGenerator(16)
    for place in 0..<8 {
      for nibble: UInt32 in 0..<16 {
        let number = UInt32.random(in: 0 ... .max, using: &random)
        let one = nibble << UInt32(4 * place)
        for each in [one, number & ~(15 << UInt32(4 * place)) | one] {
          let digits = String(each, radix: 16)
          #expect(
            text(EightBytes(hexadecimal: each))
              == String(repeating: "0", count: 8 - digits.count) + digits)
        }
      }
    }
  }

  @Test func `the ends of four to eight are all of them`() {
    for length in 4...8 {
      for place in 0..<length {
        var bytes = [UInt8](repeating: 0x61, count: length)
        #expect(EightBytes(ends: bytes.span).toBeEscaped == 0)
        bytes[place] = 0x22
        #expect(EightBytes(ends: bytes.span).toBeEscaped != 0)
      }
    }
  }

  @Test func `they begin at the offset`() {
    let bytes = [UInt8](0x61...0x6c)
    #expect(first(EightBytes(bytes.span, at: 3).equal(to: 0x64)) == 0)
    #expect(first(EightBytes(bytes.span, at: 4).equal(to: 0x6c)) == 7)
    #expect(EightBytes(bytes.span, at: 4).equal(to: 0x64) == 0)
  }
}
