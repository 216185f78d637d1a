import Testing

@testable import API

@Suite struct ParametersTests {
  private func values(_ parameters: Parameters) -> [[UInt8]?] {
    parameters.ranges.map { range in range.map { Array(parameters.bytes[$0]) } }
  }

  @Test func `parameters stand one after the other`() {
    var parameters = Parameters()
    parameters.append(text: "é")
    parameters.appendNull()
    parameters.append(Int64(-2))
    parameters.write { $0 += [1, 2] }
    parameters.write { _ in }
    #expect(
      values(parameters) == [
        [0xc3, 0xa9], nil, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe], [1, 2], [],
      ])
    #expect(parameters.bytes.count == 12)
  }

  @Test func `what is abandoned leaves nothing behind`() {
    var parameters = Parameters()
    parameters.append(text: "a")
    let isTaken = parameters.writeChecked { output in
      output += [1, 2, 3]
      return false
    }
    #expect(!isTaken)
    #expect(values(parameters) == [[0x61]])
    let isTakenNow = parameters.writeChecked { output in
      output += [4]
      return true
    }
    #expect(isTakenNow)
    #expect(values(parameters) == [[0x61], [4]])
  }

  @Test func `a number takes the place of another`() {
    var parameters = Parameters()
    parameters.append(text: "a")
    parameters.append(Int64(0))
    parameters.append(text: "b")
    parameters.replace(1, with: 0x0102_0304_0506_0708)
    #expect(values(parameters) == [[0x61], [1, 2, 3, 4, 5, 6, 7, 8], [0x62]])
  }

  @Test func `all but the first are dropped`() {
    var parameters = Parameters()
    parameters.append(text: "first")
    parameters.append(text: "second")
    parameters.appendNull()
    parameters.keepFirst()
    parameters.append(text: "x")
    #expect(values(parameters) == [Array("first".utf8), [0x78]])
  }

  @Test(arguments: [0, 1, 100_000])
  func `parameters are clean for the next statement`(_ count: Int) {
    var parameters = Parameters()
    parameters.write { $0 += [UInt8](repeating: 1, count: count) }
    parameters.reset()
    #expect(values(parameters).isEmpty)
    #expect(parameters.bytes.isEmpty)
  }
}

/// Bytes and numbers.
@Suite struct BytesTests {
  @Test(arguments: [0, 7, 10, 999, -1, -10, Int.max, Int.min])
  func `a number is its digits`(_ number: Int) {
    var output: [UInt8] = [0x78]
    output.appendDecimal(number)
    #expect(String(decoding: output, as: UTF8.self) == "x\(number)")
  }

  @Test func `digits are filled up with zeros`() {
    var output: [UInt8] = []
    output.append(addingCapacity: 8) {
      $0.appendDecimal(7, digits: 2)
      $0.appendDecimal(42, digits: 6)
    }
    output.appendHex(0xbeef, digits: 8)
    #expect(String(decoding: output, as: UTF8.self) == "070000420000beef")
  }

  @Test func `big-endian numbers are read back, and not past the end`() {
    let numbers: [Int32] = [0, 1, -1, .max, .min, 0x0102_0304]
    for number in numbers {
      var bytes: [UInt8] = [9]
      bytes.appendBigEndian(number)
      let found = bytes.span.bigEndian(Int32.self, at: 1)
      let beyond = bytes.span.bigEndian(Int32.self, at: 2)
      let before = bytes.span.bigEndian(Int32.self, at: -1)
      #expect(found == number)
      #expect(beyond == nil && before == nil)
    }
  }

  @Test func `a hexadecimal digit has its value in either case`() {
    for byte in UInt8.min...UInt8.max {
      let digit = Int(String(UnicodeScalar(byte)), radix: 16)
      #expect(hexValue(byte).map(Int.init) == (byte < 0x80 ? digit : nil))
    }
  }
}

/// draft-eastlake-fnv, section 6.2.
@Suite struct FNV1aTests {
  static let vectors: [(String, UInt64)] = [
    ("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8),
  ]

  @Test(arguments: vectors)
  func `the vectors hold`(_ text: String, _ hash: UInt64) {
    var fnv = FNV1a()
    for byte in text.utf8 { fnv.add(byte) }
    #expect(fnv.hash == hash)
    #expect(fnv.hash32 == UInt32(truncatingIfNeeded: hash ^ hash >> 32))
  }

  @Test func `words run together make another hash`() {
    func hash(_ words: String...) -> UInt64 {
      var fnv = FNV1a()
      for word in words { fnv.add(word) }
      return fnv.hash
    }
    #expect(hash("ab", "c") != hash("a", "bc"))
    #expect(hash("ab", "c") == hash("ab", "c"))
  }
}
