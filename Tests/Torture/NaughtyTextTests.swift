import Testing

@testable import Harness

extension Torture {
  /// Every text in every field: stored and given back byte for byte, by the answers and by
  /// PostgreSQL's own bytes, or refused with 422 where it stands.
  @Suite struct NaughtyTextTests {
    /// Fields of one text: name in JSON, column, most characters.
    private static let fields: [(json: String, column: String, length: Int)] = [
      ("name", "name", 255), ("companyName", "company_name", 255), ("firstName", "first_name", 100),
      ("lastName", "last_name", 100), ("siret", "siret", 20), ("phone", "phone", 50),
      ("address", "address", 10_000), ("city", "city", 100), ("status", "status", 20),
      ("lastService", "last_service", 50),
    ]

    /// PostgreSQL's bytes of every text of a row, in one line.
    private static let bytes =
      (fields.map(\.column) + ["tags[1]", "tags[2]"]
      + ["id", "firstName", "lastName", "email", "mobile", "note"].map { "contacts->0->>'\($0)'" }
      + ["contacts->0->'roles'->>0"]
      + ["(SELECT key FROM jsonb_each(contacts->1) WHERE value = '77')"])
      .map { "encode(convert_to(\($0), 'UTF8'), 'hex')" }.joined(separator: " || ',' || ")

    private static func prefix(_ text: String, _ count: Int) -> String {
      String(String.UnicodeScalarView(text.unicodeScalars.prefix(count)))
    }

    private static func hex(_ text: String) -> String {
      let digits = Array("0123456789abcdef".utf8)
      return String(
        decoding: text.utf8.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// Every character as `\uXXXX`.
    private static func escaped(_ text: String) -> String {
      "\""
        + text.utf16.map { unit in
          let digits = String(unit, radix: 16)
          return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined() + "\""
    }

    private static func isBlank(_ text: String) -> Bool {
      text.unicodeScalars.allSatisfy(\.properties.isWhitespace)
    }

    @Test func everyTextInEveryField() throws {
      try Site.accountable { site in
        let before = try SiteFootprint(site)
        let stretch = try Stretch(site)
        let texts =
          NaughtyText.all + (Scene.isLong ? NaughtyText.others : [])
          + NaughtyText.random(Scene.length(short: 50, long: 2000))
        var expected: [String: String] = [:]
        var (refused, found) = (0, 0)
        for (index, text) in texts.enumerated() {
          // As it is, in the fields that are too short for it or want more than blanks: refused there.
          let count = text.unicodeScalars.count
          let whole = try site.create(
            client(Dictionary(uniqueKeysWithValues: Self.fields.map { ($0.json, .string(text)) })))
          let wrong = Self.fields.compactMap { field -> String? in
            if count > field.length { return "body.\(field.json) string_too_long" }
            let isBlank = ["name", "status"].contains(field.json) && Self.isBlank(text)
            return isBlank ? "body.\(field.json) string_too_short" : nil
          }
          #expect(whole.status == (wrong.isEmpty ? 201 : 422), "\(text): \(whole)")
          #expect(whole.violations == wrong, "\(text)")
          refused += wrong.isEmpty ? 0 : 1

          // In the fields that take no free text.
          let strict = try site.create(
            client(["id": .string(text), "type": .string(text), "email": .string(text)]))
          let email = count > 255 ? "string_too_long" : "value_error"
          #expect(
            strict.violations == [
              "body.id uuid_parsing", "body.type \(count > 20 ? "string_too_long" : "enum")",
              "body.email \(email)",
            ], "\(text)")

          // As much of it as each takes, everywhere at once; every other one escaped.
          let values = Self.fields.map { field in
            let part = Self.prefix(text, field.length)
            return ["name", "status"].contains(field.json) && Self.isBlank(part) ? "x" : part
          }
          let tag = Self.prefix(text, 100)
          let written = index % 2 == 0 || count > 1000 ? { JSON.string($0).text } : Self.escaped
          let contact =
            ["id", "firstName", "lastName", "email", "mobile", "note"]
            .map { "\"\($0)\":\(written(text))" } + ["\"roles\":[\(written(text))]"]
          // A member's name may be any text too; the last of two counts, hence the second contact.
          let named = #"{"id":"","firstName":"","lastName":"",\#(written("k" + text)):77}"#
          let body =
            "{\"type\":\"company\",\"tags\":[\(written(tag)),\(written(tag))],"
            + "\"contacts\":[{\(contact.joined(separator: ","))},\(named)],"
            + zip(Self.fields, values).map { "\"\($0.json)\":\(written($1))" }.joined(
              separator: ",")
            + "}"
          let created = try site.send("POST", "/clients/", text: body)
          guard created.status == 201, let target = created["Location"] else {
            Issue.record("\(text): \(created)")
            continue
          }
          let read = try site.get(target)
          #expect(read.body == created.body)
          let row = read.json["data"]
          for (field, value) in zip(Self.fields, values) {
            #expect(row[field.column] == .string(value), "\(field.column): \(text)")
          }
          #expect(row["tags"] == [.string(tag), .string(tag)], "\(text)")
          #expect(row["contacts"][0]["note"] == .string(text))
          expected[String(target.suffix(36))] =
            (values + [tag, tag] + Array(repeating: text, count: 7) + ["k" + text])
            .map(Self.hex).joined(separator: ",")

          // And as a filter, where an address has room for it.
          let term = percentEncoded(Self.prefix(text, 20))
          let list = try site.get(
            "/clients/?q=\(term)&city=\(percentEncoded(Self.prefix(text, 100)))&fields=id")
          if list.status == 200 {
            #expect(list.ids.contains(String(target.suffix(36))), "\(text)")
            found += 1
          } else {
            #expect(list.status == 414 && count >= 50, "\(text): \(list.status)")
          }
        }
        let stored = try site.database.psql(
          "SELECT id, \(Self.bytes) FROM clients WHERE contacts <> '[]'")
        let lines = stored.split(separator: "\n").map {
          $0.split(separator: "|", omittingEmptySubsequences: false)
        }
        #expect(lines.count == expected.count)
        for line in lines {
          #expect(expected[String(line[0])].map { $0 == line[1] } == true, "\(line[0])")
        }
        #expect(expected.count == texts.count)
        // A text that forged a line would not fit the format; the marks would not be found.
        let logged = try stretch.lines().count
        #expect(logged >= texts.count * 5)
        for line in site.responder.log().split(separator: "\n") {
          #expect(line.wholeMatch(of: /<[0-7]>level=.*/) != nil, "\(line)")
        }
        try site.hadNoFault()
        Scene.report(
          "naughty texts",
          "\(texts.count) (of others: \(Scene.isLong ? NaughtyText.others.count : 0)) in \(Self.fields.count + 13) places each; "
            + "\(expected.count) rows compared with the answers and with PostgreSQL's bytes, \(found) found "
            + "by filter and search, \(refused) over a limit refused where they stand; "
            + (try before.isBack(site)))
      }
    }

    @Test func everyScalarOfUnicode() throws {
      try Site.accountable { site in
        var expected: [String: String] = [:]
        var scalars = 0
        // Short: one text of four, out of every plane.
        let texts = NaughtyText.everyScalar(10_000).enumerated().filter {
          Scene.isLong || $0.offset % 4 == 0
        }
        for (index, text) in texts {
          scalars += text.unicodeScalars.count
          let written = index % 8 < 4 ? JSON.string(text).text : Self.escaped(text)
          let answer = try site.send(
            "POST", "/clients/",
            text: rawClient([
              "address": written,
              "contacts": #"[{"id":"","firstName":"","lastName":"","note":\#(written)}]"#,
            ]))
          let target = try #require(answer["Location"], "\(index): \(answer)")
          let row = try site.get(target).json["data"]
          #expect(row["address"] == .string(text) && row["contacts"][0]["note"] == .string(text))
          expected[String(target.suffix(36))] = Self.hex(text)
        }
        #expect(scalars == (Scene.isLong ? 0x110000 - 0x800 - 1 : 280_000))
        let stored = try site.database.psql(
          "SELECT id, encode(convert_to(address, 'UTF8'), 'hex'), address = contacts->0->>'note' FROM clients"
            + " WHERE \(Canary.others)"
        )
        let lines = stored.split(separator: "\n").map { $0.split(separator: "|") }
        #expect(lines.count == expected.count)
        for line in lines {
          #expect(expected[String(line[0])].map { $0 == line[1] } == true && line[2] == "t")
        }
        try site.hadNoFault()
        Scene.report(
          "every scalar of Unicode",
          "\(scalars) of 1112063, U+0000 and surrogates left out, in text and in jsonb, \(expected.count) rows, raw and "
            + "as \\uXXXX, equal to PostgreSQL's bytes")
      }
    }

    @Test func whatIsNoTextIsRefusedWhereItStands() throws {
      try Site.accountable { site in
        let places: [(String, String, String)] =
          (Self.fields.map(\.json) + ["email", "id"]).map { ("{\"\($0)\":\"", "\"}", "body.\($0)") }
          + [
            ("{\"tags\":[\"a\",\"", "\"]}", "body.tags.1"),
            ("{\"contacts\":[{\"id\":\"", "\"}]}", "body.contacts"),
            ("{\"contacts\":[{\"note\":[{\"a\":\"", "\"}]}]}", "body.contacts"),
            ("{\"contacts\":[{\"", "\":1}]}", "body.contacts"),
            ("{\"unknown\":\"", "\"}", "body"), ("{\"", "\":1}", "body"),
          ]
        var refused = 0
        let step = Scene.length(short: 6, long: 1)
        for (index, (before, after, location)) in places.enumerated() {
          // Short: each of them in three of the places.
          for bytes in NaughtyText.malformed.dropFirst(index % step).enumerated().filter({
            $0.offset % step == 0
          }).map(\.element) {
            let body = Array(before.utf8) + bytes + Array(after.utf8)
            let answer = try site.send("POST", "/clients/", [Site.jsonType], body: body)
            #expect(answer.status == 422)
            let match = answer.violations.first?.wholeMatch(of: /body\.([0-9]+) json_invalid/)
            // At the byte that is wrong, or behind a sequence that was cut.
            let offset = match.flatMap { Int($0.1) } ?? -1
            let range = before.utf8.count...(before.utf8.count + bytes.count)
            #expect(answer.violations.count == 1 && range.contains(offset), "\(bytes): \(answer)")
            refused += 1
          }
          for text in NaughtyText.unstorable {
            for method in ["POST", "PATCH"] {
              let answer = try site.send(
                method, method == "POST" ? "/clients/" : nobody, text: before + text + after)
              #expect(answer.status == 422)
              // The id of an update is the path's, and the body's is ignored like an unknown member.
              let isIgnored = method == "PATCH" && location == "body.id"
              #expect(
                answer.violations.contains("\(isIgnored ? "body" : location) value_error"),
                "\(before)\(text): \(answer.violations)")
              refused += 1
            }
          }
        }
        // Whole bodies in another encoding, and with a mark in front.
        let text = client().text
        let utf8 = Array(text.utf8)
        let little: [UInt8] = text.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
        let big: [UInt8] = text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
        let bodies: [[UInt8]] = [
          [0xEF, 0xBB, 0xBF] + utf8, [0xFF, 0xFE] + little, big, utf8 + [0], [0],
        ]
        for body in bodies {
          #expect(try site.send("POST", "/clients/", [Site.jsonType], body: body).status == 422)
          refused += 1
        }
        #expect(
          try site.database.psql("SELECT count(*) FROM clients WHERE \(Canary.others)")
            == "0")
        try site.hadNoFault()
        Scene.report(
          "what is no text",
          "\(NaughtyText.malformed.count) byte sequences and \(NaughtyText.unstorable.count) escapes in "
            + "\(places.count) places: \(refused) refused (422) where they stand, 0 rows")
      }
    }
  }
}
