import Foundation

@testable import API

/// Where Foundation is not known to read otherwise than RFC 8259: it guesses UTF-16 and UTF-32 by NUL
/// bytes, skips a byte order mark, at the start of a string too, takes a comma before a closing bracket, and refuses numbers beyond a
/// double and lone surrogates, which are well-formed and refused later, at their field.
func isComparable(_ bytes: [UInt8]) -> Bool {
  guard !bytes.contains(0), bytes.first != 0xff, bytes.first != 0xfe,
    !bytes.indices.contains(where: { bytes[$0...].starts(with: [0xef, 0xbb, 0xbf]) })
  else {
    return false
  }
  let dense = bytes.filter { !" \t\r\n".utf8.contains($0) }
  guard !zip(dense, dense.dropFirst()).contains(where: { $0 == 0x2c && ($1 == 0x7d || $1 == 0x5d) })
  else {
    return false
  }
  // 5e308 has the exponent of a double, and is none.
  let numbers = bytes.split { !"0123456789+-.eE".utf8.contains($0) }
  if numbers.contains(where: { Double(String(decoding: $0, as: UTF8.self))?.isInfinite == true }) {
    return false
  }
  guard let value = try? scan(bytes) else { return true }
  return value.marks.isDisjoint(with: [.hugeNumber, .surrogate])
}

/// The scanner against Foundation, and its strings there and back.
@Sendable func fuzzJSON(_ input: [UInt8]) {
  let around = Array("\"\\]}1".utf8)
  let whole = around + input + around
  var scanner = JSONScanner(around.count..<around.count + input.count)
  var value: JSONScanner.Value?
  do throws(JSONScanner.Malformed) {
    value = try scanner.value(whole.span)
    if !scanner.isAtEnd { value = nil }
  } catch {
    expect(around.count...around.count + input.count ~= error.offset, "at \(error.offset)")
  }
  // A range inside of other bytes never leads outside of it.
  let alone = try? scan(input)
  expect((alone == nil) == (value == nil), "another reading among other bytes")
  compare(input, alone)
  guard let value, let alone else { return }
  expect(value.kind == alone.kind && value.marks == alone.marks, "\(value) \(alone)")
  expect(value.range.count == alone.range.count && value.count == alone.count, "\(value) \(alone)")
  expect(
    value.range.lowerBound >= around.count
      && value.range.upperBound <= around.count + input.count, "\(value.range)")
  expect(String(validating: input, as: UTF8.self) != nil, "not UTF-8 and taken")
  if value.kind == .array { checkElements(input, alone) }
  if value.kind == .string { checkString(input, alone) }
}

private func compare(_ input: [UInt8], _ value: JSONScanner.Value?) {
  guard isComparable(input) else { return }
  let reference = try? JSONSerialization.jsonObject(with: Data(input), options: .fragmentsAllowed)
  // Deeper than what is read here, Foundation reads on.
  if value == nil, reference != nil, depth(input) > JSONScanner.maxDepth { return }
  expect((value != nil) == (reference != nil), "well-formed: \(value != nil)")
  guard let value, let reference else { return }
  switch value.kind {
  case .object: expect(reference is [String: Any], "\(reference)")
  case .array: expect((reference as? [Any])?.count == Int(value.count), "\(value.count)")
  case .string:
    var decoded: [UInt8] = []
    JSONString.decode(input.span, value, into: &decoded)
    expect((reference as? String).map { Array($0.utf8) } == decoded, "\(reference) \(decoded)")
  case .null: expect(reference is NSNull, "\(reference)")
  case .true, .false, .number: expect(reference is NSNumber, "\(reference)")
  case .absent: expect(false, "absent")
  }
}

/// How many brackets are open at once at most, those in strings too: never less than the nesting.
private func depth(_ input: [UInt8]) -> Int {
  input.count { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "{") }
}

private func checkElements(_ input: [UInt8], _ array: JSONScanner.Value) {
  var elements = JSONElements(input.span, array)
  var count = 0
  var end = array.range.lowerBound
  while let (index, element) = elements.next(input.span) {
    expect(index == count && element.range.lowerBound > end, "element \(index) \(element.range)")
    expect(element.range.upperBound < array.range.upperBound, "\(element.range)")
    end = element.range.upperBound - 1
    count += 1
    if element.kind == .string { checkString(input, element) }
  }
  expect(count == Int(array.count), "\(count) of \(array.count) elements")
}

private func checkString(_ input: [UInt8], _ value: JSONScanner.Value) {
  guard !value.marks.contains(.surrogate) else { return }
  var text: [UInt8] = []
  JSONString.decode(input.span, value, into: &text)
  expect(String(validating: text, as: UTF8.self) != nil, "\(text) is not UTF-8")
  expect(text.contains(0) == value.marks.contains(.nul), "U+0000 in \(text)")
  expect(text.count <= value.range.count - 2, "longer than it was")
  var written: [UInt8] = []
  written.appendJSON(text.span)
  guard let back = try? scan(written) else { return expect(false, "unreadable \(written)") }
  var again: [UInt8] = []
  JSONString.decode(written.span, back, into: &again)
  expect(again == text, "\(text) came back as \(again)")
}
