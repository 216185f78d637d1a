import TestSupport
import Testing

@testable import API

@Suite struct UUIDTextTests {
  private func parse(_ text: String) -> [UInt8]? {
    let bytes = Array(text.utf8)
    var output: [UInt8] = [0xee]
    guard UUIDText.parse(bytes.span, bytes.indices, into: &output) else {
      // What was appended on the way is gone.
      return output == [0xee] ? nil : output
    }
    return Array(output.dropFirst())
  }

  private static let bytes: [UInt8] = [
    0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x46, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff,
  ]

  @Test(arguments: [
    "00112233-4455-4677-8899-aabbccddeeff", "00112233-4455-4677-8899-AABBCCDDEEFF",
    "00112233-4455-4677-8899-AaBbCcDdEeFf",
  ])
  func `either case is read`(_ text: String) {
    #expect(parse(text) == Self.bytes)
  }

  @Test func `it is written in lower case`() {
    var output: [UInt8] = []
    UUIDText.write(Self.bytes.span, into: &output)
    #expect(String(decoding: output, as: UTF8.self) == "00112233-4455-4677-8899-aabbccddeeff")
  }

  @Test func `what was written is read back`() {
    var random = SeededGenerator(1)
    for _ in 0..<500 {
      let bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &random) }
      var text: [UInt8] = []
      UUIDText.write(bytes.span, into: &text)
      #expect(parse(String(decoding: text, as: UTF8.self)) == bytes)
    }
  }

  @Test(arguments: [
    "", "-", "00112233-4455-4677-8899-aabbccddeef", "00112233-4455-4677-8899-aabbccddeefff",
    "00112233445546778899aabbccddeeff", "{00112233-4455-4677-8899-aabbccddeeff}",
    "urn:uuid:00112233-4455-4677-8899-aabbccddeeff", "0011223-34455-4677-8899-aabbccddeeff",
    "00112233-4455-4677-8899_aabbccddeeff", "g0112233-4455-4677-8899-aabbccddeeff",
    "00112233-4455-4677-8899-aabbccddeefg", " 0112233-4455-4677-8899-aabbccddeeff",
    "+0112233-4455-4677-8899-aabbccddeeff", "0x112233-4455-4677-8899-aabbccddeeff",
    "------------------------------------", "00112233-4455-4677-8899-aabbccddeeé",
    "０0112233-4455-4677-8899-aabbccddee",
  ])
  func `what is no UUID is refused and leaves nothing behind`(_ text: String) {
    #expect(parse(text) == nil)
  }

  @Test(.enabled(if: SharedData.has("json-schema-formats"), "../shared/data is not there"))
  func `JSON Schema's UUIDs are judged as its tests say`() throws {
    let cases = try SharedData.formatCases("uuid")
    #expect(cases.count > 10)
    for test in cases {
      #expect((parse(test.text) != nil) == test.isValid, "\(test.description)")
    }
  }
}
