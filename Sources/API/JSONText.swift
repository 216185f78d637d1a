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
  /// What stands between the quotes of a JSON string.
  mutating func appendEscaped(_ text: Span<UInt8>) {
    guard text.mustBeEscaped else { return append(text) }
    for index in text.indices {
      let byte = text[index]
      if JSONEscape.isNeeded(byte) {
        JSONEscape.write(byte, into: &self)
      } else {
        append(byte)
      }
    }
  }
}

extension Span<UInt8> {
  /// Whether a byte has to be escaped in a JSON string. Looks at eight at a time.
  var mustBeEscaped: Bool {
    var offset = 0
    while offset + 8 <= count {
      // Checked like any index; a UInt64 takes every pattern of bits.
      let word = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
      if JSONEscape.isNeeded(inAnyOf: word) { return true }
      offset += 8
    }
    while offset < count {
      if JSONEscape.isNeeded(self[offset]) { return true }
      offset += 1
    }
    return false
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

  /// The same of eight bytes. Below 0x20: subtracting borrows into the top bit of a byte that had
  /// none; equal: nothing is left of it, and subtracting 1 borrows. A borrow into the next byte
  /// comes only after a hit.
  @inline(__always)
  static func isNeeded(inAnyOf word: UInt64) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let quote = word ^ ones &* 0x22
    let backslash = word ^ ones &* 0x5c
    let hits =
      (word &- ones &* 0x20) & ~word | (quote &- ones) & ~quote | (backslash &- ones) & ~backslash
    return hits & ones &* 0x80 != 0
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
