/// JSON text written into a byte buffer.
extension [UInt8] {
  /// A JSON string (RFC 8259 section 7): quotes, the escapes that must be, the rest as it is.
  mutating func appendJSON(_ text: Span<UInt8>) {
    var escaped = 0
    for index in text.indices where mustEscape(text[index]) { escaped += 1 }
    // Six bytes is the longest escape.
    append(addingCapacity: text.count + escaped * 5 + 2) { output in
      output.append(UInt8(ascii: "\""))
      for index in text.indices {
        let byte = text[index]
        if mustEscape(byte) {
          escape(byte, into: &output)
        } else {
          output.append(byte)
        }
      }
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

private func mustEscape(_ byte: UInt8) -> Bool {
  byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
}

private func escape(_ byte: UInt8, into output: inout OutputSpan<UInt8>) {
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
