import Testing

@testable import Harness

extension Torture {
  /// Characters that mean something to LIKE, to SQL, to regular expressions, to collations: plain
  /// in every place that takes a word.
  @Suite struct WildcardTests {
    private static let words = [
      "%", "_", "\\", "'", "\"", "$$", "%%", "__", "\\\\", "\\%", "\\_", "%_", "_%", "''", "\"\"",
      "$1",
      "$$x$$", "';--", "\\'", "E'\\''", "a%b", "a_b", "a\\b", "a'b", "a\"b", "a$$b", "100%",
      "100\\%", "*", "?",
      ".", ".*", "[a-z]", "[^a]", "(a|b)", "^a", "a$", "{1}", "a{0,9}", "+", "|", "&", "!", "<->",
      ":*", "~",
      "::", "--", "/*", "*/", ";", ",", "NULL", "null", "\u{1}", "\t", "\n", "\r\n", "\u{A0}", "😀",
      "é", "e\u{301}",
      "İ", "ı", "ß", "SS", "ﬁ", "\u{202E}", "\u{FEFF}", "\u{FFFF}", "\u{10FFFF}", "ab", "AB", " ",
      "  ", "x", "X",
    ]

    /// Names of two words each, so that every word is found in more than its own row.
    private static func rows() -> [String] {
      words.map { "<\($0)>" } + zip(words, words.dropFirst(7)).map { "<\($0)\($1)>" }
        + words.map { "<pre\($0)post>" } + ["<axb>", "<ab>", "<100x>", "<prepost>"]
    }

    @Test func searchFindsWhatHoldsTheWord() throws {
      try Site.accountable { site in
        let rows = Self.rows()
        for name in rows { _ = try site.created(client(["name": .string(name), "phone": "0"])) }
        var found = 0
        // PostgreSQL's answer to the same question, without a pattern.
        let questions = Self.words.map { word in
          let literal = "convert_from('\\x\(Self.hex(word))', 'UTF8') COLLATE \"default\""
          return "SELECT string_agg(id::text, ',' ORDER BY created_at DESC, id) FROM clients"
            + " WHERE position(lower(\(literal)) IN lower(name)) > 0"
            + " OR position(lower(\(literal)) IN lower(coalesce(email, ''))) > 0"
            + " OR position(lower(\(literal)) IN lower(coalesce(phone, ''))) > 0"
        }
        let truths = try site.database.psql(questions.joined(separator: " UNION ALL "))
          .split(separator: "\n", omittingEmptySubsequences: false)
        #expect(truths.count == Self.words.count)
        for (word, truth) in zip(Self.words, truths) {
          let encoded = percentEncoded(word)
          for target in [
            "/clients/?q=\(encoded)&limit=1000", "/clients/search/\(encoded)?limit=1000",
          ] {
            let answer = try site.get(target)
            #expect(answer.status == 200, "\(word.debugDescription)")
            #expect(
              answer.ids.joined(separator: ",") == truth, "\(word.debugDescription): \(target)")
            found += answer.ids.count
          }
          let exact = rows.count { $0.contains(word) }
          #expect(exact > 0)
        }
        try site.hadNoFault()
        Scene.report(
          "wildcards and quotes in search",
          "\(Self.words.count) words in \(rows.count) names, as q= and as a path: \(found) rows found, the ones "
            + "that PostgreSQL finds by position(), in order")
      }
    }

    @Test func filtersAreExact() throws {
      try Site.accountable { site in
        for word in Self.words {
          let status = word.unicodeScalars.allSatisfy(\.properties.isWhitespace) ? "s\(word)" : word
          _ = try site.created(client(["city": .string(word), "status": .string(status)]))
        }
        var asked = 0
        for word in Self.words {
          let encoded = percentEncoded(word)
          let city = try site.get("/clients/?city=\(encoded)&limit=1000")
          #expect(city.column("city") == [.string(word)], "\(word.debugDescription)")
          let blank = word.unicodeScalars.allSatisfy(\.properties.isWhitespace)
          let expected: [JSON] = blank ? [] : [.string(word)]
          for target in ["/clients/?status=\(encoded)", "/clients/status/\(encoded)"] {
            #expect(try site.get(target).column("status") == expected, "\(word.debugDescription)")
          }
          #expect(try site.get("/clients/?type=\(encoded)").ids.isEmpty)
          asked += 4
        }
        try site.hadNoFault()
        Scene.report(
          "wildcards and quotes in filters",
          "\(asked) requests with \(Self.words.count) words as city=, status=, type= and as a path: each finds the "
            + "row that has exactly the word, by its bytes, and no other")
      }
    }

    /// Where a word is a name, a cursor, an id or a header, and not data.
    @Test func whereNoFreeWordBelongs() throws {
      try Site.accountable { site in
        let city = try site.fill(5)
        let row = try site.get("/clients/?limit=1")
        // A "1" in place of its last digit makes another id, which no row has.
        let id = try #require(site.get("/clients/?limit=5").ids.first { !$0.hasSuffix("1") })
        let cursor = try #require(row.next?.split(separator: "after=").last)
        let rows = try Self.table(site)
        var statuses: [Int] = []
        func expect(_ expected: Set<Int>, _ answer: Answer, _ note: String) {
          #expect(expected.contains(answer.status), "\(note): \(answer)")
          statuses.append(answer.status)
        }
        let hostile =
          Self.words + [
            "name;", "name,", "name desc", "name--", "name'", "\"name\"", "name) --", "(SELECT 1)",
            "1", "1=1", "--name",
            "-", "id", "xmin", "tags", "contacts", "ctid", "password",
            "name,(CASE WHEN 1=1 THEN 1 END)", "NAME", "nаme",
          ]
        for word in hostile {
          let encoded = percentEncoded(word)
          expect(
            ["1"].contains(word) ? [422] : [200, 422], try site.get("/clients/?sort=\(encoded)"),
            "sort=\(word)")
          expect([200, 422], try site.get("/clients/?fields=\(encoded)"), "fields=\(word)")
          expect([422], try site.get("/clients/?after=\(encoded)"), "after=\(word)")
          expect([422], try site.get("/clients/?after=\(cursor)\(encoded)"), "after=…\(word)")
          expect([422, 404, 405], try site.get("/clients/\(encoded)"), "id \(word)")
          expect([422], try site.get("/clients/\(id)\(encoded)"), "id …\(word)")
          let other = "/clients/\(id.dropLast())\(encoded)"
          expect(word == "1" ? [404] : [422], try site.delete(other), "id …\(word)")
          expect([200], try site.get("/clients/?\(encoded)=\(encoded)&limit=1"), "a name: \(word)")
          expect([404], try site.get("/\(encoded)x"), "a path: \(word)")
          // Header values have no line ends and no NUL.
          let value = word.filter { !"\r\n\u{1}\t\r\n".contains($0) }
          for name in [
            "If-Match", "If-None-Match", "Prefer", "X-Request-Id", "Origin", "Content-Type",
          ] {
            let forms = [
              value, "\(value),\"\(value)\",*", "\"\(value)\"", "W/\"\(value)\"", "\"\(value)",
            ]
            for form in forms.prefix(Scene.length(short: 2, long: 5)) {
              let read = try site.get("/clients/\(id)", "\(name): \(form)")
              // A star alone is any tag (RFC 9110, 13.1.2).
              expect([name == "If-None-Match" && form == "*" ? 304 : 200], read, "\(name): \(form)")
              #expect(read["Set-Cookie"] == nil)
            }
          }
          let stale: Set = value.isEmpty || value == "*" ? [200, 412] : [412]
          expect(
            value == "*" || value.isEmpty ? [412, 200, 404] : stale,
            try site.send(
              "PATCH", "/clients/\(id)", ["If-Match: \"\(value)\"", Site.jsonType],
              body: Array("{}".utf8)), "If-Match \(value)")
        }
        #expect(try Self.table(site) == rows)
        #expect(try site.get("/clients/?city=\(city)").ids.count == 5)
        try site.hadNoFault()
        Scene.report(
          "wildcards and quotes elsewhere",
          "\(statuses.count) requests with \(hostile.count) words as sort, fields, after, id, parameter, path and six "
            + "headers (\(statuses.counted)); no row changed")
      }
    }

    private static func table(_ site: Site) throws -> String {
      try site.database.psql("SELECT md5(string_agg(c::text, ',' ORDER BY id)) FROM clients c")
    }

    private static func hex(_ text: String) -> String {
      text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
  }
}
