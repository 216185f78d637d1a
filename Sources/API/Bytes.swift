/// Bytes and numbers in a byte buffer.
extension [UInt8] {
  /// For what is off the hot path; there, constants are byte arrays.
  mutating func append(_ text: StaticString) {
    append(contentsOf: text.description.utf8)
  }

  mutating func append(_ span: Span<UInt8>) {
    append(addingCapacity: span.count) { output in
      for index in span.indices { output.append(span[index]) }
    }
  }

  /// Up to 19 digits, a minus sign before them where due.
  mutating func appendDecimal(_ number: Int) {
    var magnitude = number.magnitude
    let start = count
    repeat {
      append(0x30 + UInt8(truncatingIfNeeded: magnitude % 10))
      magnitude /= 10
    } while magnitude > 0
    if number < 0 { append(UInt8(ascii: "-")) }
    self[start...].reverse()
  }

  /// Exactly `digits` digits, zeros first.
  mutating func appendDecimal(_ number: Int, digits: Int) {
    var divisor = 1
    for _ in 1..<digits { divisor *= 10 }
    var rest = number
    for _ in 0..<digits {
      append(0x30 + UInt8(truncatingIfNeeded: rest / divisor % 10))
      rest %= divisor
      divisor /= 10
    }
  }

  /// A big-endian integer, as PostgreSQL's binary format and FastCGI have them.
  mutating func appendBigEndian<Integer: FixedWidthInteger>(_ number: Integer) {
    for shift in stride(from: Integer.bitWidth - 8, through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: number >> Integer(shift)))
    }
  }

  /// Lower-case hexadecimal, `digits` of them.
  mutating func appendHex(_ number: UInt64, digits: Int) {
    for shift in stride(from: (digits - 1) * 4, through: 0, by: -4) {
      append(hexDigit(UInt8(truncatingIfNeeded: number >> UInt64(shift)) & 15))
    }
  }
}

extension Span where Element == UInt8 {
  /// The big-endian integer at `offset`; nil past the end.
  func bigEndian<Integer: FixedWidthInteger>(_ type: Integer.Type, at offset: Int = 0) -> Integer? {
    let size = Integer.bitWidth / 8
    guard offset >= 0, offset + size <= count else { return nil }
    var number: Integer = 0
    for index in offset..<offset + size {
      number = number << 8 | Integer(truncatingIfNeeded: self[index])
    }
    return number
  }
}

/// The lower-case digit of a number below 16.
func hexDigit(_ nibble: UInt8) -> UInt8 {
  nibble < 10 ? 0x30 + nibble : 0x57 + nibble
}

/// The value of one hexadecimal digit, either case.
func hexValue(_ byte: UInt8) -> UInt8? {
  switch byte {
  case 0x30...0x39: byte - 0x30
  case 0x41...0x46: byte - 0x41 + 10
  case 0x61...0x66: byte - 0x61 + 10
  default: nil
  }
}
