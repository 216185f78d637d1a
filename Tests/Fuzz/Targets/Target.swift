import Foundation

@testable import API

/// A request target: its path, its query, and what the core makes of both.
@Sendable func fuzzTarget(_ input: [UInt8]) {
  checkDecoding(input)
  checkPairs(input)
  var choices = Choices(input)
  let mode = choices.byte()
  let raw = Array(choices.rest)
  switch mode % 4 {
  case 0: checkAnswer(raw, [:])
  case 1: checkAnswer(Array("/clients/?".utf8) + raw, [:])
  case 2:
    checkAnswer(
      Array("/clients?".utf8) + raw, [.prefer: Array("handling=strict, count=exact".utf8)])
  default: checkAnswer(Array("/clients/search/".utf8) + raw, [:])
  }
}

private func checkAnswer(_ target: [UInt8], _ fields: [Request.Field: [UInt8]]) {
  guard !target.isEmpty else { return }
  let question = Question("GET", target, fields)
  let isValid = slowIsValid(target)
  expect(PercentEncoding.isValid(target.span, target.indices) == isValid, "valid: \(isValid)")
  if !isValid { expect(question.response.status == 400, "\(question.response.status)") }
  guard question.decision == .query, let types = question.plan.statement?.parameterTypes else {
    return
  }
  for (index, type) in types.enumerated() where type == 25 || type == 1043 {
    if let value = question.parameter(index) { expect(isText(value), "\(value)") }
  }
  // One trailing slash more or less is the same route.
  let path = target.prefix { $0 != UInt8(ascii: "?") }
  if path.last != UInt8(ascii: "/") {
    let other = Question(
      "GET", path + [UInt8(ascii: "/")] + target.dropFirst(path.count), fields)
    expect(question.isSame(as: other), "another answer with a slash at the end")
  }
}

private func slowDecode(_ bytes: some Sequence<UInt8>, plusIsSpace: Bool) -> [UInt8]? {
  let bytes = Array(bytes)
  var output: [UInt8] = []
  var index = 0
  while index < bytes.count {
    if bytes[index] == UInt8(ascii: "%") {
      guard index + 2 < bytes.count else { return nil }
      let digits = [bytes[index + 1], bytes[index + 2]].map { Unicode.Scalar($0) }
      guard digits.allSatisfy(\.properties.isASCIIHexDigit),
        let value = UInt8(String(String.UnicodeScalarView(digits)), radix: 16)
      else { return nil }
      output.append(value)
      index += 3
    } else {
      output.append(plusIsSpace && bytes[index] == UInt8(ascii: "+") ? 0x20 : bytes[index])
      index += 1
    }
  }
  return output
}

private func slowIsValid(_ bytes: [UInt8]) -> Bool {
  guard bytes.allSatisfy({ $0 > 0x20 && $0 != 0x7f }),
    let decoded = slowDecode(bytes, plusIsSpace: false)
  else { return false }
  return isText(decoded)
}

private func checkDecoding(_ input: [UInt8]) {
  for plusIsSpace in [false, true] {
    var decoded: [UInt8] = []
    let isWhole = PercentEncoding.decode(
      input.span, input.indices, plusIsSpace: plusIsSpace, into: &decoded)
    let reference = slowDecode(input, plusIsSpace: plusIsSpace)
    expect(isWhole == (reference != nil), "whole: \(isWhole)")
    if let reference { expect(decoded == reference, "\(decoded) \(reference)") }
    expect(decoded.count <= input.count, "longer than it was")
  }
  expect(
    PercentEncoding.isValid(input.span, input.indices) == slowIsValid(input), "valid: \(input)")
}

/// The pairs of a query, against splitting it.
private func checkPairs(_ input: [UInt8]) {
  var found: [[UInt8]] = []
  QueryString.forEach(input.span, input.indices) { name, value, pair in
    let raw = input[pair]
    found.append(Array(raw))
    let parts = raw.split(
      separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
    if let reference = slowDecode(parts[0], plusIsSpace: true) {
      expect(name == reference, "\(name) \(reference)")
    }
    if parts.count > 1, let reference = slowDecode(parts[1], plusIsSpace: true) {
      expect(value == reference, "\(value) \(reference)")
    }
  }
  expect(found == input.split(separator: UInt8(ascii: "&")).map(Array.init), "\(found)")
}
