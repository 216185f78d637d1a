import Glibc

@testable import FastCGI

/// FastCGI records: what has arrived, what libfcgi makes of a whole request, and answers laid out.
@Sendable func fuzzRecords(_ input: [UInt8]) {
  var choices = Choices(input)
  switch choices.byte() % 3 {
  case 0: checkArrival(Array(choices.rest))
  case 1: checkAnswer(&choices)
  default: checkRequest(&choices)
  }
}

private func arrival(_ bytes: some Collection<UInt8>) -> Arrival { Arrival(Array(bytes).span) }

private func checkArrival(_ bytes: [UInt8]) {
  let whole = arrival(bytes)
  expect(whole == reference(bytes), "\(whole), not \(reference(bytes))")
  // As more comes: never whole before the end, and never again anything once invalid.
  var last = Arrival.partial
  for count in 0..<bytes.count {
    let next = arrival(bytes.prefix(count))
    expect(next != .whole || last == .partial, "whole after \(last)")
    expect(last != .invalid && last != .whole || next == .invalid, "\(next) after \(last)")
    last = next
  }
  if whole == .whole {
    expect(last == .partial, "whole without its last byte")
    expect(arrival(bytes + [1]) == .invalid, "a byte behind the end is taken")
    read(bytes, nil)
  }
}

/// The rule over again: a list of records first, then what they have to be.
private func reference(_ bytes: [UInt8]) -> Arrival {
  var records: [(header: ArraySlice<UInt8>, content: ArraySlice<UInt8>, isWhole: Bool)] = []
  var rest = bytes[...]
  while rest.count >= 8 {
    let header = Array(rest.prefix(8))
    let length = Int(header[4]) * 256 + Int(header[5])
    let size = 8 + length + Int(header[6])
    records.append((header[...], rest.dropFirst(8).prefix(length), rest.count >= size))
    rest = rest.dropFirst(size)
  }
  var pairs: [UInt8] = []
  var state = 0  // 0 BEGIN_REQUEST, 1 PARAMS, 2 STDIN, 3 its end
  var id: [UInt8] = []
  for (index, (header, content, isWhole)) in records.enumerated() {
    guard header[0] == 1, header[1] == [1, 4, 5][state] else { return .invalid }
    if state == 0 {
      id = Array(header[2...3])
      guard id != [0, 0], header[4] == 0, header[5] == 8 else { return .invalid }
      if content.count >= 2, Array(content.prefix(2)) != [0, 1] { return .invalid }
      state = 1
      continue
    }
    guard Array(header[2...3]) == id else { return .invalid }
    if state == 1 { pairs += content }
    if header[4] == 0 && header[5] == 0 {
      if state == 1, !pairsEnd(pairs) { return .invalid }
      state += 1
    }
    if state == 3 {
      if !isWhole { return .partial }
      return rest.isEmpty && index == records.count - 1 ? .whole : .invalid
    }
  }
  return rest.first.map { $0 == 1 } ?? true ? .partial : .invalid
}

/// Whether the bytes are name-value pairs and nothing more.
private func pairsEnd(_ bytes: [UInt8]) -> Bool {
  var rest = bytes[...]
  func length() -> Int? {
    guard let first = rest.popFirst() else { return nil }
    guard first > 127 else { return Int(first) }
    guard rest.count >= 3 else { return nil }
    defer { rest = rest.dropFirst(3) }
    return rest.prefix(3).reduce(Int(first) - 128) { $0 * 256 + Int($1) }
  }
  while !rest.isEmpty {
    guard let name = length(), let value = length(), rest.count >= name + value else {
      return false
    }
    rest = rest.dropFirst(name + value)
  }
  return true
}

private func checkAnswer(_ choices: inout Choices) {
  let id = max(choices.number(), 1)
  let head = choices.number() * 2
  let body = choices.number() * 3
  var records = ResponseRecords()
  records.layOut(request: 1, head: 3, body: 5)
  records.layOut(request: id, head: head, body: body)
  let bytes: [[UInt8]] = [[UInt8](repeating: 1, count: head), [UInt8](repeating: 2, count: body)]
  let wire = records.pieces.flatMap { piece in
    switch piece.source {
    case .framing: records.framing[piece.range]
    case .head: bytes[0][piece.range]
    case .body: bytes[1][piece.range]
    }
  }
  guard let answer = Wire.parse(wire) else { return expect(false, "no answer \(head) \(body)") }
  expect(answer.id == id && answer.content == bytes[0] + bytes[1], "\(id) \(head) \(body)")
  expect(answer.lengths.dropLast().allSatisfy { 1...65_528 ~= $0 }, "\(answer.lengths)")
  expect(wire.count <= head + body + 8 * (3 + (head + body) / 65_528) + 16, "\(wire.count) bytes")
}

/// A request that is right but for what the input makes of its PARAMS, cut at places of its choice.
private func checkRequest(_ choices: inout Choices) {
  let id = max(choices.number(), 1)
  let padding = Int(choices.byte())
  let chunk = max(Int(choices.byte()), 1)
  let body = choices.bytes(Int(choices.byte()))
  let tail = Array(choices.rest)
  let known = Wire.pairs(["REQUEST_METHOD": "POST", "CONTENT_LENGTH": "\(body.count)"])
  let bytes =
    Wire.begin(id: id, padding: padding) + Wire.stream(4, id: id, known + tail, chunk: chunk)
    + Wire.stream(5, id: id, body, chunk: chunk)
  guard pairsEnd(tail) else {
    return expect(arrival(bytes) == .invalid, "pairs that break off are taken")
  }
  expect(arrival(bytes) == .whole, "not whole")
  read(bytes, body)
}

private let names = ["REQUEST_METHOD", "REQUEST_URI", "CONTENT_LENGTH"].map { Array($0.utf8) }

/// Reads a whole request from a socket, as the service does.
///
/// - Parameter body: what was sent, where that is known.
private func read(_ bytes: [UInt8], _ body: [UInt8]?) {
  var pair: [Int32] = [0, 0]
  guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0 else { return }
  defer { close(pair[1]) }
  guard write(pair[1], bytes, bytes.count) == bytes.count else { return }
  shutdown(pair[1], Int32(SHUT_WR))
  let connection = Connection(pair[0])
  var scratch = [UInt8](repeating: 0, count: bytes.count + 1)
  expect(connection.arrival(&scratch) == .whole, "not whole at the socket")
  var values: [UInt8] = []
  var ranges = [Range<Int>](repeating: 0..<0, count: names.count)
  let result = connection.read(names, into: &values, values: &ranges, limit: 4096, contentLength: 2)
  for range in ranges { expect(range.upperBound <= values.count, "\(range)") }
  // A peer's PARAMS may break off: libfcgi refuses them, and the connection ends.
  guard let result else { return }
  if let body {
    expect(Array(values[ranges[0]]) == Array("POST".utf8), "another method")
    guard case .whole(let range) = result else { return expect(false, "\(result)") }
    expect(Array(values[range]) == body, "another body")
  }
  if case .whole(let range) = result {
    expect(range.count <= 4096 && range.upperBound == values.count, "\(range)")
  }
  // Nothing is left for a next request.
  var left: UInt8 = 0
  expect(recv(pair[0], &left, 1, Int32(MSG_DONTWAIT)) == 0, "bytes are left of the request")
  _ = connection.finish()
}
