import Foundation

@testable import API

/// The header fields that are read: entity tags, Prefer, media types, request ids, CORS.
@Sendable func fuzzHeaders(_ input: [UInt8]) {
  checkMediaType(input)
  checkTags(input)
  let preferences = Preferences(String(decoding: input, as: UTF8.self))
  if let applied = preferences.applied {
    expect(Preferences(applied) == preferences, "applied: \(applied)")
  }
  var request = Request()
  request.receive { bytes, fields in
    bytes = input
    fields[Request.Field.ownRequestID.rawValue] = input.indices
  }
  var random = SystemRandomNumberGenerator()
  request.identify(using: &random)
  expect(8...128 ~= request.id.utf8.count, "\(request.id)")
  expect(
    request.id.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x5c }, request.id)
  let id = Array("/clients/00000000-0000-4000-8000-000000000001".utf8)
  for (method, field) in [
    ("GET", Request.Field.ifNoneMatch), ("DELETE", .ifMatch), ("GET", .prefer),
    ("OPTIONS", .accessControlRequestMethod), ("GET", .origin),
  ] {
    _ = Question(method, id, [field: input])
  }
}

private func checkMediaType(_ input: [UInt8]) {
  let text = String(decoding: input, as: UTF8.self)
  expect(MediaType.isJSON(input.span) == MediaType.isJSON(text), "two answers for \(text)")
}

private func checkTags(_ input: [UInt8]) {
  for weak in [false, true] {
    // Among other bytes, that hold what would end a tag.
    let whole = Array("\"W/".utf8) + input + Array("\"*\"".utf8)
    let list = EntityTagList(input.span, input.indices, weak: weak)
    expect(
      list == EntityTagList(whole.span, 3..<3 + input.count, weak: weak),
      "another list among other bytes")
    guard case .tags(let tags) = list else {
      expect(input == [UInt8(ascii: "*")], "any")
      continue
    }
    expect(tags.count <= input.count / 34, "\(tags.count) tags")
    for tag in tags {
      var text: [UInt8] = []
      tag.write(into: &text)
      expect(Data(input).range(of: Data(text)) != nil, "a tag that was not sent")
      expect(EntityTag(text.span.extracting(1..<33)) == tag, "not the same there and back")
    }
  }
}
