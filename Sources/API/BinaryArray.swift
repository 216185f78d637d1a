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
