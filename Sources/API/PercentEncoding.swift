/// Percent-encoding (RFC 3986 section 2.1), checked and undone over borrowed bytes.
enum PercentEncoding {
  /// Whether `range` decodes to UTF-8 without U+0000, and holds no raw control character.
  static func isValid(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
    var index = range.lowerBound
    while index + 8 <= range.upperBound {
      let next = EightBytes(bytes, at: index)
      let others =
        next.below(0x21) | next.equal(to: 0x7f) | next.equal(to: UInt8(ascii: "%"))
        | next.beyondASCII
      if others != 0 { break }
      index += 8
    }
    var isPlain = true
    while index < range.upperBound {
      let byte = bytes[index]
      if byte <= 0x20 || byte == 0x7f { return false }
      if byte == UInt8(ascii: "%") || byte >= 0x80 { isPlain = false }
      index += 1
    }
    if isPlain { return true }
    var decoded: [UInt8] = []
    guard decode(bytes, range, plusIsSpace: false, into: &decoded) else { return false }
    return UTF8Sequence.isText(decoded.span, decoded.indices)
  }

  /// Appends what `range` stands for; false at a `%` without two hexadecimal digits.
  @discardableResult
  static func decode(
    _ bytes: Span<UInt8>, _ range: Range<Int>, plusIsSpace: Bool, into output: inout [UInt8]
  ) -> Bool {
    var index = range.lowerBound
    while index < range.upperBound {
      let byte = bytes[index]
      if byte == UInt8(ascii: "%") {
        guard index + 2 < range.upperBound, let high = hexValue(bytes[index + 1]),
          let low = hexValue(bytes[index + 2])
        else { return false }
        output.append(high << 4 | low)
        index += 3
      } else {
        output.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
        index += 1
      }
    }
    return true
  }
}
