/// Eight bytes looked at or written together. What a question finds is the top bit of each byte it is
/// true of; above the lowest of them others may stand wrongly, since a subtraction that borrows goes on
/// borrowing.
struct EightBytes {
  /// The first byte lowest.
  let word: UInt64

  /// Those from `offset` on, the first lowest.
  @inline(__always)
  init(_ bytes: Span<UInt8>, at offset: Int) {
    // Checked like any index; a UInt64 takes every pattern of bits.
    word = UInt64(
      littleEndian: unsafe bytes.bytes.unsafeLoadUnaligned(
        fromByteOffset: offset, as: UInt64.self))
  }

  /// The first four and the last four of four to eight.
  @inline(__always)
  init(ends bytes: Span<UInt8>) {
    // As above.
    let first = unsafe bytes.bytes.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt32.self)
    let last = unsafe bytes.bytes.unsafeLoadUnaligned(
      fromByteOffset: bytes.count - 4, as: UInt32.self)
    word = UInt64(UInt32(littleEndian: first)) | UInt64(UInt32(littleEndian: last)) << 32
  }

  private static let ones: UInt64 = 0x0101_0101_0101_0101
  private static let tops: UInt64 = 0x8080_8080_8080_8080

  /// - Parameter limit: up to 0x80.
  @inline(__always)
  func below(_ limit: UInt8) -> UInt64 {
    (word &- Self.ones &* UInt64(limit)) & ~word & Self.tops
  }

  @inline(__always)
  func equal(to byte: UInt8) -> UInt64 {
    EightBytes(word ^ Self.ones &* UInt64(byte)).below(1)
  }

  var beyondASCII: UInt64 { word & Self.tops }

  /// What a JSON string must not hold as it is: below 0x20, a quote, a backslash. All three questions
  /// leave bytes beyond ASCII out, and are asked at once.
  @inline(__always)
  var toBeEscaped: UInt64 {
    let controls = word &- Self.ones &* 0x20
    let quotes = (word ^ Self.ones &* UInt64(UInt8(ascii: "\""))) &- Self.ones
    let backslashes = (word ^ Self.ones &* UInt64(UInt8(ascii: "\\"))) &- Self.ones
    return (controls | quotes | backslashes) & ~word & Self.tops
  }

  /// As PostgreSQL's binary format has a number.
  var bigEndian: UInt64 { word.byteSwapped }

  @inline(__always)
  init(_ word: UInt64) { self.word = word }

  /// The eight lower-case hexadecimal digits of a number, the highest first.
  @inline(__always)
  init(hexadecimal number: UInt32) {
    // A nibble to each byte, the highest in the lowest.
    var nibbles = UInt64(number.byteSwapped)
    nibbles = (nibbles | nibbles << 16) & 0x0000_ffff_0000_ffff
    nibbles = (nibbles | nibbles << 8) & 0x00ff_00ff_00ff_00ff
    nibbles = (nibbles >> 4 | nibbles << 8) & 0x0f0f_0f0f_0f0f_0f0f
    // From ten on it is a letter, 0x27 above where the digit would be.
    let letters = (nibbles &+ Self.ones &* 6) >> 4 & Self.ones
    word = nibbles &+ Self.ones &* 0x30 &+ letters &* 0x27
  }

  /// The two digits of a number below 100, in the two lowest bytes.
  @inline(__always)
  static func pair(_ number: UInt) -> UInt64 {
    let tens = (number &* 103) >> 10
    return UInt64(tens | (number &- tens &* 10) << 8) | 0x3030
  }

  /// Appends the first `count` of them.
  @inline(__always)
  func write(_ count: Int = 8, into output: inout OutputSpan<UInt8>) {
    var bytes = InlineArray<8, UInt8>(repeating: 0)
    for index in 0..<8 { bytes[index] = UInt8(truncatingIfNeeded: word >> UInt64(8 * index)) }
    output.append(bytes.span.extracting(0..<count))
  }
}

extension Span<UInt8> {
  /// Where `byte` stands first in `range`; the end of `range` when it does not.
  func find(_ byte: UInt8, in range: Range<Int>) -> Int {
    var index = range.lowerBound
    while index + 8 <= range.upperBound {
      let found = EightBytes(self, at: index).equal(to: byte)
      if found != 0 { return index + found.trailingZeroBitCount / 8 }
      index += 8
    }
    while index < range.upperBound, self[index] != byte { index += 1 }
    return index
  }
}
