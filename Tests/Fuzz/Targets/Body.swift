import Catalog
import Foundation

@testable import API

private let json: [Request.Field: [UInt8]] = [.contentType: Array("application/json".utf8)]
private let item = Array("/clients/00000000-0000-4000-8000-000000000001".utf8)

/// A body at POST and at PATCH: what is taken can be stored, and is what Foundation reads.
@Sendable func fuzzBody(_ input: [UInt8]) {
  let create = Question("POST", Array("/clients/".utf8), json, body: input)
  let again = Question(
    "POST", Array("/clients/".utf8), json, body: input, before: Array(#"{"name":"]"#.utf8))
  expect(create.isSame(as: again), "another answer at another place in the buffer")
  let update = Question("PATCH", item, json, body: input)
  if create.decision == .query {
    checkColumns(create, first: 0)
    compare(create, input)
    expect(update.decision == .query, "taken by POST, refused by PATCH: \(update.response.body)")
  } else {
    expect(create.response.status == 422, "\(create.response.status)")
  }
  // id, the mask of what was sent, the columns behind the id
  if update.decision == .query, update.plan.parameters.ranges.count > 1 {
    checkColumns(update, first: 1)
  }
}

private func checkColumns(_ question: Question, first: Int) {
  for (slot, index) in clients.writable.enumerated().dropFirst(first) {
    let column = clients.columns[index]
    guard let value = question.parameter(slot + first) else { continue }
    switch column.kind {
    case .uuid: expect(value.count == 16, "\(value)")
    case .text(let maxLength):
      expect(isText(value), "\(column.name) is no text: \(value)")
      expect(
        String(decoding: value, as: UTF8.self).unicodeScalars.count <= maxLength,
        "\(column.name) is too long")
    case .textArray(let maxCount, let maxLength): checkArray(value, maxCount, maxLength)
    case .objects(_, let maxCount): checkObjects(value, maxCount)
    case .timestamp: expect(false, "a timestamp is written")
    }
  }
}

/// array_recv's format, every length of it right.
private func checkArray(_ value: [UInt8], _ maxCount: Int, _ maxLength: Int) {
  let dimensions = value.span.bigEndian(Int32.self) ?? -1
  expect(value.span.bigEndian(UInt32.self, at: 8) == 25, "no array of text")
  guard dimensions == 1 else {
    return expect(dimensions == 0 && value.count == 12, "\(dimensions) dimensions")
  }
  let count = Int(value.span.bigEndian(Int32.self, at: 12) ?? -1)
  expect(1...maxCount ~= count, "\(count) elements")
  var position = 20
  for _ in 0..<count {
    let length = Int(value.span.bigEndian(Int32.self, at: position) ?? -1)
    expect(length >= 0 && position + 4 + length <= value.count, "an element of \(length) bytes")
    let element = Array(value[position + 4..<position + 4 + length])
    expect(isText(element), "\(element)")
    expect(String(decoding: element, as: UTF8.self).unicodeScalars.count <= maxLength, "too long")
    position += 4 + length
  }
  expect(position == value.count, "\(value.count - position) bytes behind the array")
}

/// jsonb_recv's format: version 1 and JSON text that Foundation reads.
private func checkObjects(_ value: [UInt8], _ maxCount: Int) {
  expect(value.first == 1, "\(value)")
  let objects = try? JSONSerialization.jsonObject(with: Data(value.dropFirst())) as? [[String: Any]]
  guard let objects else {
    return expect(false, "no JSON: \(String(decoding: value, as: UTF8.self))")
  }
  expect(objects.count <= maxCount, "\(objects.count) objects")
  for object in objects {
    for name in ["id", "firstName", "lastName"] { expect(object[name] is String, name) }
    for name in ["email", "mobile"] {
      expect(object[name] is String || object[name] is NSNull, "\(name) \(object)")
    }
    expect(object["roles"] is [String], "roles \(object)")
    expect(object["active"] is Bool, "active \(object)")
  }
}

/// What is stored of the texts is what another reader finds, where it reads them alike: no name
/// twice (of which it takes the first), and none that normalizes to another.
private func compare(_ question: Question, _ input: [UInt8]) {
  guard let value = try? scan(input), isComparable(input),
    let object = try? JSONSerialization.jsonObject(with: Data(input)) as? [String: Any],
    object.count == Int(value.count)
  else { return }
  for (slot, index) in clients.writable.enumerated() {
    let column = clients.columns[index]
    guard case .text = column.kind else { continue }
    for name in column.spellings {
      guard let text = object[name] as? String else { continue }
      let stored = question.parameter(slot)
      if column.rule == .email && text.isEmpty {
        expect(stored == nil, "an empty e-mail is stored")
      } else {
        expect(stored == Array(text.utf8), "\(name): \(text) is stored as \(stored ?? [])")
      }
    }
  }
}
