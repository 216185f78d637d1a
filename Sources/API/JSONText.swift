/// JSON text written into a byte buffer.
extension [UInt8] {
  /// A JSON string (RFC 8259 section 7): quotes, the escapes that must be, the rest as it is.
  mutating func appendJSON(_ text: Span<UInt8>) {
    let room = text.mustBeEscaped ? text.count * JSONEscape.longest : text.count
    append(addingCapacity: room + 2) { output in
      output.append(UInt8(ascii: "\""))
      output.appendEscaped(text)
      output.append(UInt8(ascii: "\""))
    }
  }

  mutating func appendJSON(_ text: String) {
    let bytes = [UInt8](text.utf8)
    appendJSON(bytes.span)
  }

  mutating func appendJSON(_ violations: [Violation]) {
    append(UInt8(ascii: "["))
    for (number, violation) in violations.enumerated() {
      append(number == 0 ? #"{"loc":["# : #",{"loc":["#)
      for (depth, step) in violation.location.enumerated() {
        if depth > 0 { append(UInt8(ascii: ",")) }
        switch step {
        case .name(let name): appendJSON(name)
        case .index(let index): appendDecimal(index)
        }
      }
      append(#"],"msg":"#)
      appendJSON(violation.message)
      append(#","type":"#)
      appendJSON(violation.kind.rawValue)
      append(UInt8(ascii: "}"))
    }
    append(UInt8(ascii: "]"))
  }
}

extension OutputSpan<UInt8> {
  /// What stands between the quotes of a JSON string: runs that stay as they are, and escapes.
  @inline(__always)
  mutating func appendEscaped(_ text: Span<UInt8>) {
    let end = text.firstEscape(from: 0)
    append(text.extracting(0..<end))
    if end < text.count { appendEscapes(text, from: end) }
  }

  @inline(never)
  private mutating func appendEscapes(_ text: Span<UInt8>, from first: Int) {
    var next = first
    while next < text.count {
      JSONEscape.write(text[next], into: &self)
      let start = next + 1
      next = text.firstEscape(from: start)
      append(text.extracting(start..<next))
    }
  }
}

extension Span<UInt8> {
  /// Whether a byte has to be escaped in a JSON string.
  var mustBeEscaped: Bool { firstEscape(from: 0) < count }

  /// Where the first byte from `start` on stands that has to be escaped; `count` when none does.
  @inline(__always)
  func firstEscape(from start: Int) -> Int {
    var index = start
    while index + 8 <= count {
      let found = EightBytes(self, at: index).toBeEscaped
      if found != 0 { return index + found.trailingZeroBitCount / 8 }
      index += 8
    }
    if index < count && count - start >= 8 {
      // The last eight: those of them that were looked at are none.
      let found = EightBytes(self, at: count - 8).toBeEscaped
      return found == 0 ? count : count - 8 + found.trailingZeroBitCount / 8
    }
    if 4..<8 ~= count && start == 0 && EightBytes(ends: self).toBeEscaped == 0 { return count }
    while index < count, !JSONEscape.isNeeded(self[index]) { index += 1 }
    return index
  }
}

/// One byte in a JSON string that must not stand there as it is.
enum JSONEscape {
  /// `\u0000`
  static let longest = 6

  @inline(__always)
  static func isNeeded(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  static func write(_ byte: UInt8, into output: inout OutputSpan<UInt8>) {
    output.append(UInt8(ascii: "\\"))
    switch byte {
    case 0x08: output.append(UInt8(ascii: "b"))
    case 0x09: output.append(UInt8(ascii: "t"))
    case 0x0a: output.append(UInt8(ascii: "n"))
    case 0x0c: output.append(UInt8(ascii: "f"))
    case 0x0d: output.append(UInt8(ascii: "r"))
    case 0x22, 0x5c: output.append(byte)
    default:
      output.append(UInt8(ascii: "u"))
      output.append(UInt8(ascii: "0"))
      output.append(UInt8(ascii: "0"))
      output.append(byte < 0x10 ? UInt8(ascii: "0") : UInt8(ascii: "1"))
      output.append(hexDigit(byte & 15))
    }
  }
}
