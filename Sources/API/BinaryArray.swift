/// One-dimensional arrays in binary: dimensions, a flag for NULLs, the element type, then length
/// and lower bound (src/backend/utils/adt/arrayfuncs.c, array_recv).
enum BinaryArray {
  /// - Parameter type: OID of the elements.
  static func writeHeader(of type: UInt32, _ count: Int, into output: inout [UInt8]) {
    output.appendBigEndian(Int32(count == 0 ? 0 : 1))
    output.appendBigEndian(Int32(0))
    output.appendBigEndian(type)
    if count > 0 {
      output.appendBigEndian(Int32(count))
      output.appendBigEndian(Int32(1))
    }
  }

  /// One element that `write` appends, its length before it.
  static func writeElement(into output: inout [UInt8], _ write: (inout [UInt8]) -> Void) {
    let start = output.count
    output.appendBigEndian(Int32(0))
    write(&output)
    output.replaceBigEndian(Int32(output.count - start - 4), at: start)
  }

  /// Elements of a fixed size.
  static func write<Element: FixedWidthInteger>(
    of type: UInt32, _ elements: [Element], into output: inout [UInt8]
  ) {
    writeHeader(of: type, elements.count, into: &output)
    for element in elements {
      output.appendBigEndian(Int32(Element.bitWidth / 8))
      output.appendBigEndian(element)
    }
  }
}

extension [UInt8] {
  /// Puts a big-endian integer in place of the bytes from `start` on.
  mutating func replaceBigEndian<Integer: FixedWidthInteger>(_ number: Integer, at start: Int) {
    for place in 0..<Integer.bitWidth / 8 {
      let shift = Integer.bitWidth - 8 * (place + 1)
      self[start + place] = UInt8(truncatingIfNeeded: number >> Integer(shift))
    }
  }
}
