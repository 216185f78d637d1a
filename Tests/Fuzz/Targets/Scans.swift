@testable import API

/// Every scan that looks at eight bytes at once, against one that looks at each.
@Sendable func fuzzScans(_ input: [UInt8]) {
  var choices = Choices(input)
  let wanted = choices.byte()
  let bytes = Array(choices.rest)
  let span = bytes.span
  for offset in stride(from: 0, through: bytes.count - 8, by: 1) {
    checkWord(bytes, offset, wanted)
  }
  for start in 0...min(bytes.count, 9) {
    for end in max(start, bytes.count - 9)...max(start, bytes.count) {
      let reference = bytes[start..<end].firstIndex(of: wanted) ?? end
      expect(span.find(wanted, in: start..<end) == reference, "\(wanted) in \(start)..<\(end)")
    }
    let escape = bytes[start...].firstIndex(where: JSONEscape.isNeeded) ?? bytes.count
    expect(span.firstEscape(from: start) == escape, "the first escape from \(start)")
  }
  expect(span.mustBeEscaped == bytes.contains(where: JSONEscape.isNeeded), "must be escaped")
  checkEscapes(bytes)
}

private func checkWord(_ bytes: [UInt8], _ offset: Int, _ wanted: UInt8) {
  let word = EightBytes(bytes.span, at: offset)
  let eight = bytes[offset..<offset + 8]
  func first(_ found: UInt64) -> Int? { found == 0 ? nil : offset + found.trailingZeroBitCount / 8 }
  expect(first(word.equal(to: wanted)) == eight.firstIndex(of: wanted), "\(eight) \(wanted)")
  expect(first(word.beyondASCII) == eight.firstIndex { $0 >= 0x80 }, "\(eight)")
  expect(first(word.toBeEscaped) == eight.firstIndex(where: JSONEscape.isNeeded), "\(eight)")
  for limit in [0x01, 0x20, 0x21, 0x80, min(wanted, 0x80)] as [UInt8] {
    expect(first(word.below(limit)) == eight.firstIndex { $0 < limit }, "\(eight) \(limit)")
  }
}

/// A JSON string of the bytes, against one written byte by byte.
private func checkEscapes(_ bytes: [UInt8]) {
  var expected: [UInt8] = [0x22]
  for byte in bytes {
    switch byte {
    case 0x22, 0x5c: expected += [0x5c, byte]
    case 0x08: expected += Array(#"\b"#.utf8)
    case 0x09: expected += Array(#"\t"#.utf8)
    case 0x0a: expected += Array(#"\n"#.utf8)
    case 0x0c: expected += Array(#"\f"#.utf8)
    case 0x0d: expected += Array(#"\r"#.utf8)
    case 0..<0x20:
      let digits = String(byte, radix: 16)
      expected += Array("\\u00\(byte < 16 ? "0" : "")\(digits)".utf8)
    default: expected.append(byte)
    }
  }
  expected.append(0x22)
  var written: [UInt8] = []
  written.appendJSON(bytes.span)
  expect(written == expected, "\(bytes) is written as \(written)")
  guard let value = try? scan(written) else {
    return expect(String(validating: bytes, as: UTF8.self) == nil, "unreadable: \(written)")
  }
  var back: [UInt8] = []
  JSONString.decode(written.span, value, into: &back)
  expect(back == bytes, "\(bytes) came back as \(back)")
}
