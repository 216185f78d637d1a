import Catalog
import Foundation

@testable import API

/// Rows of any text as JSON: Foundation reads back what was in the cells.
@Sendable func fuzzRows(_ input: [UInt8]) {
  var choices = Choices(input)
  let time = Int64(bitPattern: choices.bytes(8).reduce(0) { $0 << 8 | UInt64($1) })
  let pieces = choices.rest.split(separator: 0xff, omittingEmptySubsequences: false).map {
    // What a UTF8 database sends: no U+0000, well-formed.
    String(decoding: $0.filter { $0 != 0 }, as: UTF8.self)
  }
  let name = pieces[0]
  let city = pieces.count > 1 ? pieces[1] : nil
  let tags = pieces.dropFirst(2).map { $0 == "null" ? nil : $0 }
  var row = Cell.client(1, name: name, city: city, at: Timestamp.isValue(time) ? time : 0)
  row[12] = Cell.textArray(tags)
  let rows = FakeRows([row])
  var output: [UInt8] = []
  RowWriter(clients.columns).write(rows, row: 0, into: &output)
  guard
    let object = try? JSONSerialization.jsonObject(with: Data(output)) as? [String: Any]
  else { return expect(false, "no JSON: \(String(decoding: output, as: UTF8.self))") }
  expect((object["name"] as? String).map { Array($0.utf8) } == Array(name.utf8), name)
  expect((object["city"] as? String).map { Array($0.utf8) } == city.map { Array($0.utf8) }, "city")
  expect(
    (object["tags"] as? [Any])?.map { ($0 as? String).map { Array($0.utf8) } }
      == tags.map { $0.map { Array($0.utf8) } }, "tags \(tags)")
  expect(object["id"] as? String == "00000000-0000-4000-8000-000000000001", "id")
  if Timestamp.isValue(time) { checkTime(object["created_at"] as? String ?? "", time) }
}

/// Against the C library's calendar, in the years that both write alike.
private func checkTime(_ text: String, _ time: Int64) {
  guard (-59_000_000_000_000_000..<252_455_616_000_000_000).contains(time) else { return }
  let days = time >= 0 ? time / 1_000_000 : -((-time + 999_999) / 1_000_000)
  var seconds = time_t(days + 946_684_800)
  let fraction = time - days * 1_000_000
  var parts = tm()
  guard gmtime_r(&seconds, &parts) != nil else { return }
  var expected = String(
    format: "%04d-%02d-%02dT%02d:%02d:%02d", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
    parts.tm_hour, parts.tm_min, parts.tm_sec)
  if fraction != 0 { expected += String(format: ".%06d", Int(fraction)) }
  expect(text == expected + "+00:00", "\(time) is \(text), not \(expected)")
}
