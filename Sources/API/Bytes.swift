/// Bytes and numbers in a byte buffer.
extension [UInt8] {
  /// For what is off the hot path; there, constants are byte arrays.
  mutating func append(_ text: StaticString) {
    append(contentsOf: text.description.utf8)
  }

  mutating func append(_ span: Span<UInt8>) {
    append(addingCapacity: span.count) { output in output.append(span) }
  }

  /// Up to 19 digits, a minus sign before them where due.
  mutating func appendDecimal(_ number: Int) {
    var digits = 1
    var rest = number.magnitude / 10
    while rest > 0 {
      digits += 1
      rest /= 10
    }
    append(addingCapacity: digits + 1) { output in
      if number < 0 { output.append(UInt8(ascii: "-")) }
      output.appendDecimal(number.magnitude, digits: digits)
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
    append(addingCapacity: digits) { output in
      for shift in stride(from: (digits - 1) * 4, through: 0, by: -4) {
        output.append(hexDigit(UInt8(truncatingIfNeeded: number >> UInt64(shift)) & 15))
      }
    }
  }
}

extension OutputSpan<UInt8> {
  /// A copy in one piece, which Swift 6.3 has no safe words for: byte by byte it was a quarter of a
  /// listed row. The one place of this target with pointers, both valid during the call.
  @inline(__always)
  mutating func append(_ span: Span<UInt8>) {
    precondition(span.count <= freeCapacity)
    unsafe withUnsafeMutableBufferPointer { buffer, count in
      unsafe span.withUnsafeBufferPointer { bytes in
        guard let from = bytes.baseAddress, let to = buffer.baseAddress else { return }
        unsafe (to + count).initialize(from: from, count: bytes.count)
      }
      count += span.count
    }
  }

  /// Exactly `digits` digits, zeros first.
  mutating func appendDecimal(_ number: UInt, digits: Int) {
    let start = count
    append(repeating: UInt8(ascii: "0"), count: digits)
    var rest = number
    for place in stride(from: start + digits - 1, through: start, by: -1) {
      self[place] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
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
