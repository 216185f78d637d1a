import Foundation

@testable import API

private let orders = [
  order("title", "id"), order("-place", "created_at", "id"), order("-created_at", "id"),
  order("place", "title", "-updated_at", "id"),
]

/// Cursors: what is taken is a place in the list, and written back it is the same text.
@Sendable func fuzzCursor(_ input: [UInt8]) {
  checkBase64(input)
  var choices = Choices(input)
  let keys = orders[Int(choices.byte()) % orders.count]
  let raw = Array(choices.rest)
  check(raw, keys)
  // Behind the right fingerprint, which no mutation finds.
  var bytes: [UInt8] = []
  bytes.appendBigEndian(Cursor.fingerprint(notes, keys))
  var text: [UInt8] = []
  Base64URL.encode(bytes + raw, into: &text)
  check(text, keys)
  let question = Question("GET", Array("/clients/?after=".utf8) + text)
  expect(
    question.decision == .respond && question.response.status == 422,
    "the cursor of another list is taken")
}

private func check(_ text: [UInt8], _ keys: [SortKey]) {
  guard let cursor = Cursor(text, notes, keys) else { return }
  expect(cursor.keys.count == keys.count, "\(cursor.keys.count) keys")
  var row: [[UInt8]?] = notes.columns.map { _ in nil }
  for (key, value) in zip(keys, cursor.keys) {
    row[key.column] = value
    guard let value else {
      expect(notes.columns[key.column].isNullable, "NULL in \(key.column)")
      continue
    }
    switch notes.columns[key.column].kind {
    case .uuid: expect(value.count == 16, "\(value)")
    case .timestamp:
      expect(value.count == 8, "\(value)")
      expect(Timestamp.isValue(value.span.bigEndian(Int64.self) ?? 0), "\(value)")
    default: expect(isText(value), "\(value)")
    }
  }
  var written: [UInt8] = []
  Cursor.write(FakeRows([row]), row: 0, notes, keys, into: &written)
  expect(written == text, "written back otherwise")
  for other in orders where other != keys {
    expect(Cursor(text, notes, other) == nil, "taken by a list of another order")
  }
}

private func checkBase64(_ input: [UInt8]) {
  var text: [UInt8] = []
  Base64URL.encode(input, into: &text)
  expect(Base64URL.decode(text) == input, "not the same there and back")
  let standard = Data(input).base64EncodedString()
    .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  expect(Array(standard.utf8) == text, "Foundation writes \(standard)")
  if let decoded = Base64URL.decode(input) {
    var again: [UInt8] = []
    Base64URL.encode(decoded, into: &again)
    expect(again == input, "two texts for the same bytes")
  }
}
