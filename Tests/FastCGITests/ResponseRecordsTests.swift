import Foundation
import Testing

@testable import FastCGI

@Suite struct ResponseRecordsTests {
  private func wire(_ records: ResponseRecords, _ head: [UInt8], _ body: [UInt8]) -> [UInt8] {
    records.pieces.flatMap { piece in
      switch piece.source {
      case .framing: records.framing[piece.range]
      case .head: head[piece.range]
      case .body: body[piece.range]
      }
    }
  }

  private func bytes(_ count: Int, _ first: UInt8) -> [UInt8] {
    (0..<count).map { first &+ UInt8(truncatingIfNeeded: $0 / 3) }
  }

  static let sizes: [(head: Int, body: Int, lengths: [Int])] = [
    (0, 0, [0]), (1, 0, [1, 0]), (0, 1, [1, 0]), (100, 0, [100, 0]), (100, 200, [300, 0]),
    (100, 65_428, [65_528, 0]), (100, 65_429, [65_528, 1, 0]), (65_528, 0, [65_528, 0]),
    (65_529, 0, [65_528, 1, 0]), (0, 65_528, [65_528, 0]), (0, 65_529, [65_528, 1, 0]),
    (65_528, 1, [65_528, 1, 0]), (70_000, 70_000, [65_528, 65_528, 8944, 0]),
    (120, 1_000_000, Array(repeating: 65_528, count: 15) + [17_200, 0]),
  ]

  @Test(arguments: sizes)
  func `an answer is laid out in records and read back`(
    _ size: (head: Int, body: Int, lengths: [Int])
  ) throws {
    var records = ResponseRecords()
    // The second layout stands in the memory of the first.
    for id in [65_535, 1, 258] {
      records.layOut(request: id, head: size.head, body: size.body)
      let head = bytes(size.head, 1)
      let body = bytes(size.body, 128)
      let answer = try #require(Wire.parse(wire(records, head, body)))
      #expect(answer.id == id)
      #expect(answer.lengths == size.lengths)
      #expect(answer.content == head + body)
    }
  }

  @Test func `full records need no padding`() {
    #expect(Record.maxContent == 65_528)
    #expect(Record.maxContent % 8 == 0)
  }
}

@Suite struct ParametersTests {
  private func number(_ text: String) -> Int? {
    let bytes = Array("x\(text)x".utf8)
    return Parameters.number(bytes, 1..<bytes.count - 1)
  }

  @Test(arguments: [
    ("0", 0), ("7", 7), ("1048576", 1_048_576), ("0010", 10),
    ("999999999999999999", 999_999_999_999_999_999),
  ])
  func `a decimal number is read`(_ text: String, _ value: Int) {
    #expect(number(text) == value)
  }

  @Test(arguments: [
    "", " ", "+1", "-1", " 1", "1 ", "1.0", "1e3", "0x10", "1,000", "a", "１", "1\u{0}",
    "1000000000000000000", "99999999999999999999999999",
  ])
  func `what is no number is none`(_ text: String) {
    #expect(number(text) == nil)
  }
}

@Suite struct CommonGatewayTests {
  @Test func `the environment is the process's`() {
    let environment = CommonGateway.environment()
    #expect(environment == ProcessInfo.processInfo.environment)
    #expect(environment["PATH"] != nil)
  }
}
