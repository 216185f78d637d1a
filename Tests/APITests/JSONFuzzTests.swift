import Foundation
import TestSupport
import Testing

@testable import API

@Suite struct JSONFuzzTests {
  static let seeds = [
    #"{"type":"company","name":"Wash & Go","companyName":null,"tags":["a","b",""]}"#,
    #" { "id" : "00000000-0000-4000-8000-000000000001" , "contacts" : [ { "id" : "1" } ] } "#,
    #"{"a":[1,-2,3.5,4e5,6E-7,0,-0,0.0],"b":{"c":{"d":[[],{},[{}]]}},"e":true,"f":false}"#,
    #"{"é":"€ 😀","esc":"\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00","":"","x":"\u20ac"}"#,
    "[[[]],{\"a\":{}},\n\t\r \"x\",null,1e10,-1.25E+3,[true,false,null]]",
  ].map { Array($0.utf8) }

  /// Bytes that mean something to JSON or to UTF-8.
  static let alphabet =
    Array(#"{}[]:,"\/ntrufalse0123456789+-.eE "#.utf8)
    + [0x00, 0x09, 0x0a, 0x0d, 0x1f, 0x7f, 0x80, 0xbf, 0xc0, 0xc3, 0xe2, 0xed, 0xf0, 0xf4, 0xff]

  private func mutate(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
      let place = Int.random(in: bytes.indices, using: &random)
      let byte = Self.alphabet.randomElement(using: &random) ?? 0
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes[place] = byte
      case 1: bytes.insert(byte, at: place)
      case 2: bytes.remove(at: place)
      case 3: bytes.removeSubrange(place...)
      case 4:
        let other = Int.random(in: bytes.indices, using: &random)
        bytes.insert(contentsOf: bytes[min(place, other)..<max(place, other)], at: place)
      default: bytes.swapAt(place, Int.random(in: bytes.indices, using: &random))
      }
    }
    return bytes
  }

  /// Where Foundation is known to read otherwise than RFC 8259 and this reader do.
  private func isComparable(_ bytes: [UInt8]) -> Bool {
    // It guesses UTF-16 and UTF-32 by NUL bytes, and skips a byte order mark.
    guard !bytes.contains(0), bytes.first != 0xef, bytes.first != 0xff, bytes.first != 0xfe else {
      return false
    }
    // It takes a comma before a closing brace.
    let dense = bytes.filter { !" \t\r\n".utf8.contains($0) }
    guard !zip(dense, dense.dropFirst()).contains(where: { $0 == 0x2c && $1 == 0x7d }) else {
      return false
    }
    // It refuses numbers beyond a double and lone surrogates, which are well-formed here and are
    // refused later, at their field.
    guard let value = try? scan(bytes) else { return true }
    return value.marks.isDisjoint(with: [.hugeNumber, .surrogate])
  }

  @Test(arguments: seeds.indices)
  func `mutations are taken and refused as Foundation does`(_ seed: Int) {
    var random = SeededGenerator(UInt64(seed) + 1)
    var taken = 0
    var compared = 0
    for _ in 0..<4000 {
      let bytes = mutate(Self.seeds[seed], &random)
      let reading = Reading(bytes)
      if case .malformed(let offset) = reading { #expect(0...bytes.count ~= offset) }
      guard isComparable(bytes) else { continue }
      let reference = try? JSONSerialization.jsonObject(
        with: Data(bytes), options: .fragmentsAllowed)
      #expect(
        reading.isWellFormed == (reference != nil),
        "\(String(decoding: bytes, as: UTF8.self)) \(bytes): \(reading)")
      compared += 1
      if reading.isWellFormed { taken += 1 }
    }
    // Both answers occur, or the comparison says nothing.
    #expect(taken > 50)
    #expect(compared - taken > 1000)
  }

  /// A range inside a larger buffer never leads outside of it.
  @Test func `a body is read the same among other bytes`() {
    var random = SeededGenerator(99)
    for round in 0..<3000 {
      let bytes = mutate(Self.seeds[round % Self.seeds.count], &random)
      let around = Array("}]\"1".utf8)
      let whole = around + bytes + around
      var slots: [BodyReader.Slot] = []
      var reader = BodyReader()
      let reading: Reading
      do throws(BodyReader.Failure) {
        try reader.read(
          whole.span, around.count..<around.count + bytes.count, NameTable([]), into: &slots)
        reading = .object
      } catch {
        reading =
          switch error {
          case .malformed(let offset): .malformed(at: offset)
          case .notAnObject: .other
          }
      }
      #expect(reading == Reading(bytes))
    }
  }

  /// Any bytes at all come to an answer.
  @Test func `a mutated client is planned without a trap`() {
    var random = SeededGenerator(7)
    let seed = Array(
      #"{"type":"company","name":"W\u00e9","tags":["a","\n"],"contacts":[{"id":"1","firstName":"A","lastName":"B","roles":["x"],"active":true}],"email":"a@b.fr"}"#
        .utf8)
    var created = 0
    for _ in 0..<4000 {
      let bytes = mutate(seed, &random)
      let exchange = Exchange("POST", "/clients/", body: bytes)
      if exchange.decision == .query {
        created += 1
        #expect(exchange.parameters.count == 15)
      } else {
        #expect(exchange.response.status == 422)
        #expect(!exchange.violations.isEmpty)
      }
    }
    #expect(created > 50)
  }
}

/// github.com/nst/JSONTestSuite.
@Suite struct JSONTestSuiteTests {
  static let folder = "JSONTestSuite/test_parsing"

  private func files(_ prefix: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: SharedData.path(Self.folder))
      .filter { $0.hasPrefix(prefix) }.sorted()
  }

  @Test(.enabled(if: SharedData.has(folder), "../shared/data is not there"))
  func `what must be taken is taken`() throws {
    let files = try files("y_")
    #expect(files.count == 95)
    for file in files {
      let bytes = try SharedData.read("\(Self.folder)/\(file)")
      #expect(Reading(bytes).isWellFormed, "\(file)")
    }
  }

  @Test(.enabled(if: SharedData.has(folder), "../shared/data is not there"))
  func `what must be refused is refused`() throws {
    let files = try files("n_")
    #expect(files.count == 188)
    for file in files {
      let bytes = try SharedData.read("\(Self.folder)/\(file)")
      #expect(!Reading(bytes).isWellFormed, "\(file)")
    }
  }
}
