import Testing

@testable import API

@Suite struct BinaryArrayTests {
  @Test(arguments: [0, 1, 3, 255, 256, 70_000])
  func `an element follows its length`(_ count: Int) {
    var output: [UInt8] = [9]
    BinaryArray.writeElement(into: &output) { $0 += [UInt8](repeating: 7, count: count) }
    var expected: [UInt8] = [9]
    expected.appendBigEndian(Int32(count))
    #expect(output == expected + [UInt8](repeating: 7, count: count))
  }

  @Test(arguments: [0, 1, -1, .min, .max, 0x0102_0304_0506_0708] as [Int64])
  func `a number takes the place of eight bytes`(_ number: Int64) {
    var output = [UInt8](1...10)
    output.replaceBigEndian(number, at: 1)
    var expected: [UInt8] = [1]
    expected.appendBigEndian(number)
    #expect(output == expected + [10])
  }
}
