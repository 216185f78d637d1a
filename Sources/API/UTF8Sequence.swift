/// Well-formed UTF-8, as in the Unicode Standard's table 3-7 (RFC 3629 section 4).
enum UTF8Sequence {
  /// The length in bytes of the sequence that begins at `index`; 0 when it is ill-formed.
  static func length(_ bytes: Span<UInt8>, at index: Int, end: Int) -> Int {
    func isContinuation(_ offset: Int) -> Bool {
      index + offset < end && bytes[index + offset] & 0xc0 == 0x80
    }
    func second(_ range: ClosedRange<UInt8>) -> Bool {
      index + 1 < end && range.contains(bytes[index + 1])
    }
    switch bytes[index] {
    case 0x00...0x7f: return 1
    case 0xc2...0xdf: return isContinuation(1) ? 2 : 0
    case 0xe0: return second(0xa0...0xbf) && isContinuation(2) ? 3 : 0
    case 0xed: return second(0x80...0x9f) && isContinuation(2) ? 3 : 0
    case 0xe1...0xef: return isContinuation(1) && isContinuation(2) ? 3 : 0
    case 0xf0: return second(0x90...0xbf) && isContinuation(2) && isContinuation(3) ? 4 : 0
    case 0xf4: return second(0x80...0x8f) && isContinuation(2) && isContinuation(3) ? 4 : 0
    case 0xf1...0xf3: return isContinuation(1) && isContinuation(2) && isContinuation(3) ? 4 : 0
    default: return 0
    }
  }

  /// Whether all of `range` is well-formed and free of U+0000.
  static func isText(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
    var index = range.lowerBound
    while index < range.upperBound {
      let length = length(bytes, at: index, end: range.upperBound)
      guard length > 0, bytes[index] != 0 else { return false }
      index += length
    }
    return true
  }

  /// The code point that begins at `index` of well-formed bytes, and its length.
  static func decode(_ bytes: Span<UInt8>, at index: Int) -> (scalar: UInt32, length: Int) {
    let lead = UInt32(bytes[index])
    func continuation(_ offset: Int) -> UInt32 { UInt32(bytes[index + offset]) & 0x3f }
    if lead < 0x80 { return (lead, 1) }
    if lead < 0xe0 { return ((lead & 0x1f) << 6 | continuation(1), 2) }
    if lead < 0xf0 { return ((lead & 0x0f) << 12 | continuation(1) << 6 | continuation(2), 3) }
    return (
      (lead & 0x07) << 18 | continuation(1) << 12 | continuation(2) << 6 | continuation(3), 4
    )
  }
}
