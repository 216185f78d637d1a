/// Eight bytes looked at together, for scans that nearly always find nothing. What a question finds
/// is the top bit of each byte it is true of; above the lowest of them others may stand wrongly,
/// since a subtraction that borrows goes on borrowing.
struct EightBytes {
  private let word: UInt64

  /// Those from `offset` on, the first lowest.
  @inline(__always)
  init(_ bytes: Span<UInt8>, at offset: Int) {
    // Checked like any index; a UInt64 takes every pattern of bits.
    word = UInt64(
      littleEndian: unsafe bytes.bytes.unsafeLoadUnaligned(
        fromByteOffset: offset, as: UInt64.self))
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

  @inline(__always)
  private init(_ word: UInt64) { self.word = word }
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
