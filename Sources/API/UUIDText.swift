/// UUIDs in their canonical text form (RFC 9562 section 4): 8-4-4-4-12 hexadecimal digits.
enum UUIDText {
  static let byteCount = 16
  /// Of the text.
  static let length = 36

  /// Appends the 16 bytes of the UUID that `range` spells in either case; false if it is none.
  static func parse(
    _ bytes: Span<UInt8>, _ range: Range<Int>, into output: inout [UInt8]
  ) -> Bool {
    guard range.count == length else { return false }
    let text = bytes.extracting(range)
    var isUUID = true
    output.append(addingCapacity: byteCount) { uuid in
      var index = 0
      for position in 0..<byteCount {
        if position == 4 || position == 6 || position == 8 || position == 10 {
          if text[index] != UInt8(ascii: "-") { isUUID = false }
          index += 1
        }
        let high = hexValue(text[index])
        let low = hexValue(text[index + 1])
        if high == nil || low == nil { isUUID = false }
        uuid.append((high ?? 0) << 4 | (low ?? 0))
        index += 2
      }
      if !isUUID { uuid.removeAll() }
    }
    return isUUID
  }

  /// Appends the 36 characters of a UUID, lower case; nothing when it has not 16 bytes.
  static func write(_ uuid: Span<UInt8>, into output: inout OutputSpan<UInt8>) {
    guard uuid.count == byteCount else { return }
    let high = EightBytes(uuid, at: 0).bigEndian
    let low = EightBytes(uuid, at: 8).bigEndian
    let dash = UInt8(ascii: "-")
    EightBytes(hexadecimal: UInt32(high >> 32)).write(into: &output)
    output.append(dash)
    let middle = EightBytes(hexadecimal: UInt32(truncatingIfNeeded: high))
    middle.write(4, into: &output)
    output.append(dash)
    EightBytes(middle.word >> 32).write(4, into: &output)
    output.append(dash)
    let next = EightBytes(hexadecimal: UInt32(low >> 32))
    next.write(4, into: &output)
    output.append(dash)
    EightBytes(next.word >> 32).write(4, into: &output)
    EightBytes(hexadecimal: UInt32(truncatingIfNeeded: low)).write(into: &output)
  }

  static func write(_ uuid: Span<UInt8>, into output: inout [UInt8]) {
    output.append(addingCapacity: length) { text in write(uuid, into: &text) }
  }
}
