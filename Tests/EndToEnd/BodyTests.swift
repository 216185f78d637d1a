import Foundation
import Testing

@testable import Harness

extension EndToEnd {
  /// Bodies as JSON texts: RFC 8259 to the letter, and nothing stored other than as sent.
  @Suite struct BodyTests {
    static let suite = Workbench.shared("JSONTestSuite/test_parsing")

    static let files: [String] =
      ((try? FileManager.default.contentsOfDirectory(atPath: suite)) ?? [])
      .filter { $0.hasSuffix(".json") }.sorted()

    let site: Site
    init() throws { site = try Site.shared() }

    private func post(_ text: String) throws -> Answer {
      try site.send("POST", "/clients/", text: text)
    }

    @Test func badJSONIsReportedByItsByteOffset() throws {
      for (text, offset) in [
        ("", 0), (#"{"a":}"#, 5), (#"{"é":}"#, 6), (#"{"a":1,}"#, 7),
        (#"{"a":1} x"#, 8), (#"{"a":1"#, 6), ("]", 0), (#"{"a":1}{"#, 7), ("\u{FEFF}{}", 0),
      ] {
        let answer = try post(text)
        #expect(answer.status == 422)
        #expect(answer.violations == ["body.\(offset) json_invalid"], "\(text)")
      }
    }

    @Test(arguments: ["[]", "null", "5", "\"x\"", "true", "[{}]", " [ ] "])
    func aBodyThatIsNoObjectIsRefused(_ text: String) throws {
      for (method, target) in [("POST", "/clients/"), ("PUT", nobody), ("PATCH", nobody)] {
        let answer = try site.send(method, target, text: text)
        #expect(answer.status == 422)
        #expect(answer.violations == ["body model_type"])
      }
    }

    @Test func whatPostgreSQLCannotStoreIsRefusedWhereItStands() throws {
      for bad in [#""a\u0000b""#, #""\ud800""#, #""\udc00x""#, #""\ud83d\u0041""#] {
        for name in ["name", "companyName", "address", "city", "email", "status"] {
          let answer = try post(rawClient([name: bad]))
          #expect(answer.status == 422)
          #expect(answer.violations == ["body.\(name) value_error"], "\(bad)")
        }
        let tags = try post(rawClient(["tags": "[\"x\",\(bad)]"])).violations
        #expect(tags.count == 1)
        let isAtTheTags = tags.first?.wholeMatch(of: /body\.tags(\.1)? value_error/) != nil
        #expect(isAtTheTags, "\(tags)")
        for undeclared in ["{\"unknown\":\(bad)", "{\"unknown\":{\"a\":[\(bad)]}", "{\(bad):1"] {
          let answer = try post(undeclared + #","type":"company","name":"x"}"#)
          #expect(answer.violations == ["body value_error"], "\(undeclared)")
        }
      }
    }

    @Test func aRawNULOrBadUTF8IsNoJSON() throws {
      let start = Array(#"{"type":"company","name":"a"#.utf8)
      let end = Array("\"}".utf8)
      for bytes: [UInt8] in [
        [0], [0x1F], [0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
      ] {
        let answer = try site.send("POST", "/clients/", [Site.jsonType], body: start + bytes + end)
        #expect(answer.status == 422)
        #expect(answer.violations.count == 1)
        #expect(answer.violations.first?.hasSuffix(" json_invalid") == true, "\(bytes)")
      }
    }

    @Test func deepBodiesAreRefusedNotFollowed() throws {
      func contact(_ depth: Int) -> String {
        let nested =
          String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        return rawClient([
          "contacts": #"[{"id":"1","firstName":"A","lastName":"B","x":\#(nested)}]"#
        ])
      }
      #expect(try post(contact(50)).status == 201)
      #expect(try post(contact(70)).status == 422)
      #expect(try post(contact(100_000)).status == 422)
      let unknown = String(repeating: #"{"a":"#, count: 60_000)
      #expect(try post(rawClient(["unknown": unknown])).status == 422)
    }

    @Test(arguments: [
      "\u{FEFF}start", "e\u{301} é \u{212B} Å", "👩‍👩‍👧‍👦 🇫🇷 👍🏽", "\u{202E}droite\u{202C}",
      "\u{FFFD}\u{FFFF}\u{FFFE}",
      "\u{10FFFF}\u{F0000}\u{E000}", "\u{1}\u{7}\u{1F}\u{7F}\u{80}\u{9F}",
      "\u{2028}line\u{2029}\u{85}",
      #"back\slash "quotes" / </script>"#, "\\u0041 \\n \\x", "tab\tline\nreturn\r", "  spaces  ",
      "NULL", "\u{AD}\u{200B}\u{200D}", "ﷺ Zalgo\u{300}\u{301}\u{302}\u{303}", "İıŞşẞß",
      "$1 %s {0} ${x}",
    ])
    func everyTextIsStoredAsSent(_ text: String) throws {
      let value = JSON.string(text)
      let short = JSON.string(String(String.UnicodeScalarView(text.unicodeScalars.prefix(20))))
      let columns: [(String, String, JSON)] = [
        ("name", "name", value), ("companyName", "company_name", value),
        ("firstName", "first_name", value), ("lastName", "last_name", value),
        ("siret", "siret", short), ("phone", "phone", value), ("address", "address", value),
        ("city", "city", value), ("status", "status", short), ("tags", "tags", [value, value]),
        ("lastService", "last_service", value),
      ]
      var members = Dictionary(uniqueKeysWithValues: columns.map { ($0.0, $0.2) })
      let contact: JSON = [
        "id": value, "firstName": value, "lastName": value, "email": value, "mobile": value,
        "roles": [value], "isBillingDefault": false, "active": true, "note": [value],
      ]
      members["contacts"] = [contact]
      let created = try site.create(client(members))
      try #require(created.status == 201)
      let target = try #require(created["Location"])
      let detail = try site.get(target)
      #expect(detail.body == created.body)
      for (_, column, value) in columns {
        #expect(detail.json["data"][column] == value, "\(column)")
      }
      #expect(detail.json["data"]["contacts"] == [contact])
      let id = String(target.suffix(36))
      let bytes = text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
      #expect(try site.stored("encode(convert_to(name, 'UTF8'), 'hex')", of: id) == bytes)
    }

    @Test func mutatedBodiesAreNeverAFault() throws {
      var random = Xorshift()
      let contact: JSON = ["id": "1", "firstName": "A", "lastName": "é", "roles": ["x"], "n": 15]
      let seed = Array(
        client([
          "email": "a@b.fr", "tags": ["a", "é"], "contacts": [contact], "city": nil,
          "companyName": "\"\\\n😀", "unknown": [1, true, nil, ["a": -25]],
        ]).text.utf8)
      let splices = [
        "\"", "\\", "\\u", "\\ud800", "{", "}", "[", "]", ",", ":", "null", "1e9", "-", "\0",
        "\u{7F}",
      ].map { Array($0.utf8) }
      for _ in 0..<600 {
        var body = seed
        for _ in 0...random.byte() % 3 {
          let index = Int(random.next() % UInt64(body.count))
          switch random.byte() % 4 {
          case 0: body[index] = random.byte()
          case 1: body.remove(at: index)
          case 2: body.insert(contentsOf: splices.randomElement(using: &random) ?? [], at: index)
          default: body.removeSubrange(index..<min(body.count, index + Int(random.byte() % 16)))
          }
        }
        let answer = try site.send("POST", "/clients/", [Site.jsonType], body: body)
        let text = String(decoding: body, as: UTF8.self)
        #expect([201, 409, 422].contains(answer.status), "\(text): \(answer)")
        if answer.status == 201 { #expect(JSON(body) != nil, "taken though no JSON: \(text)") }
      }
    }

    @Test func escapesMeanWhatTheyStandFor() throws {
      let answer = try post(
        rawClient(["name": #""\u00e9\ud83d\ude00\/\b\f\n\r\t\"\\\u0041\u001f""#]))
      #expect(answer.status == 201)
      #expect(answer.json["data"]["name"] == "é😀/\u{8}\u{C}\n\r\t\"\\A\u{1F}")
    }

    @Test(
      .enabled(if: Workbench.exists(suite), "../shared/data/JSONTestSuite is not there"),
      arguments: files)
    func jsonTestSuite(_ file: String) throws {
      let body = try Array(Data(contentsOf: URL(fileURLWithPath: "\(Self.suite)/\(file)")))
      let answer = try site.send("POST", "/clients/", [Site.jsonType], body: body)
      let isBadJSON = answer.violations.contains { $0.hasSuffix(" json_invalid") }
      switch file.prefix(2) {
      case "n_":
        #expect(answer.status == 422)
        #expect(isBadJSON)
      case "y_":  // none is a client: parsed, then refused for what it says
        #expect(answer.status == 422)
        #expect(!isBadJSON)
      default: #expect(answer.status < 500)
      }
    }

    @Test(.enabled(if: Workbench.exists(suite), "../shared/data/JSONTestSuite is not there"))
    func jsonTestSuiteIsWhole() {
      #expect(Self.files.count == 318)
      #expect(Self.files.filter { $0.hasPrefix("n_") }.count == 188)
      #expect(Self.files.filter { $0.hasPrefix("y_") }.count == 95)
    }
  }
}
