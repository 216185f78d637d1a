import Foundation

@testable import API

/// A UUID's text against its pattern and Foundation's reading, there and back, and as the id of a path.
@Sendable func fuzzUUID(_ input: [UInt8]) {
  var parsed: [UInt8] = [7]
  let isUUID = UUIDText.parse(input.span, input.indices, into: &parsed)
  let text = String(decoding: input, as: UTF8.self)
  // Foundation alone is no reference: it takes `+a` for two digits.
  let groups = input.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
  let isReference =
    groups.map(\.count) == [8, 4, 4, 4, 12]
    && groups.allSatisfy { $0.allSatisfy { Unicode.Scalar($0).properties.isASCIIHexDigit } }
  expect(isUUID == isReference, "a UUID: \(isUUID)")
  guard isUUID else { return expect(parsed == [7], "something is appended of what is none") }
  expect(parsed.count == 17 && parsed[0] == 7, "\(parsed)")
  let bytes = UUID(uuidString: text).map { withUnsafeBytes(of: $0.uuid) { Array($0) } }
  expect(bytes == Array(parsed.dropFirst()), "Foundation reads another")
  var written: [UInt8] = []
  UUIDText.write(parsed.span.extracting(1...), into: &written)
  expect(written == Array(text.lowercased().utf8), "\(text) is written back otherwise")
  let question = Question("GET", Array("/clients/".utf8) + input)
  expect(question.decision == .query, "a UUID is no id")
  expect(question.parameter(0) == Array(parsed.dropFirst()), "another id is asked for")
  // Inside of other bytes, and one byte short.
  let whole = [0x30] + input + [0x30]
  var again: [UInt8] = []
  expect(UUIDText.parse(whole.span, 1..<37, into: &again), "none among other bytes")
  expect(again == Array(parsed.dropFirst()), "another among other bytes")
  expect(!UUIDText.parse(whole.span, 1..<36, into: &again), "one of 35 characters")
}
