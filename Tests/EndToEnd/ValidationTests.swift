import Testing

@testable import Harness

extension EndToEnd {
  /// The rules of every column. Each case stands on a body that is otherwise right.
  @Suite struct ValidationTests {
    static let lengths: [(name: String, limit: Int)] = [
      ("name", 255), ("companyName", 255), ("firstName", 100), ("lastName", 100), ("siret", 20),
      ("phone", 50), ("address", 10_000), ("city", 100), ("status", 20), ("lastService", 50),
    ]

    let site: Site
    init() throws { site = try Site.shared() }

    /// The violations of a body whose members are raw JSON.
    private func violations(_ members: [String: String]) throws -> [String] {
      let answer = try site.send("POST", "/clients/", text: rawClient(members))
      if answer.status != 201 { #expect(answer.status == 422, "\(answer)") }
      return answer.violations
    }

    @Test func whatIsRequiredIsMissed() throws {
      #expect(try site.create([:]).violations == ["body.type missing", "body.name missing"])
      #expect(try site.create(["name": "x"]).violations == ["body.type missing"])
      #expect(try site.create(["type": "company"]).violations == ["body.name missing"])
    }

    @Test(arguments: lengths)
    func lengthsCountCodePoints(_ name: String, _ limit: Int) throws {
      // One code point each, but one, four and, of two as one character, three bytes.
      let full = ["x", "😀", "e\u{301}"].map { unit in
        let count = limit / unit.unicodeScalars.count
        let text = String(repeating: unit, count: count)
        return text + String(repeating: "y", count: limit - text.unicodeScalars.count)
      }
      for text in full {
        let answer = try site.create(client([name: .string(text)]))
        #expect(answer.status == 201, "\(name)")
        let column = name.reduce("") { $0 + ($1.isUppercase ? "_" : "") + $1.lowercased() }
        #expect(answer.json["data"][column] == .string(text))
        let long = try site.create(client([name: .string(text + "z")]))
        #expect(long.violations == ["body.\(name) string_too_long"])
      }
    }

    @Test func snakeCaseNamesAreReportedInCamelCase() throws {
      let long = "\"" + String(repeating: "x", count: 300) + "\""
      for (snake, camel) in [
        ("company_name", "companyName"), ("first_name", "firstName"), ("last_name", "lastName"),
        ("last_service", "lastService"),
      ] {
        #expect(try violations([snake: long]) == ["body.\(camel) string_too_long"])
        #expect(try violations([snake: "1"]) == ["body.\(camel) string_type"])
      }
    }

    @Test(arguments: [
      "name", "companyName", "firstName", "lastName", "siret", "email", "phone", "address",
      "city", "status", "lastService",
    ])
    func textIsText(_ name: String) throws {
      for value in ["5", "1.5", "true", "[]", "{}", "[\"a\"]"] {
        #expect(try violations([name: value]) == ["body.\(name) string_type"], "\(value)")
      }
    }

    @Test(arguments: ["name", "status"])
    func requiredTextIsNeitherNullNorBlank(_ name: String) throws {
      #expect(try violations([name: "null"]) == ["body.\(name) string_type"])
      for blank in [#""""#, #"" ""#, #""\t\r\n ""#, #""\u00a0""#, #""\u3000 \u2003""#] {
        let found = try violations([name: blank])
        #expect(found.count == 1, "\(blank)")
        #expect(
          ["body.\(name) string_too_short", "body.\(name) value_error"].contains(found.first),
          "\(blank)")
      }
    }

    @Test(arguments: ["companyName", "firstName", "siret", "phone", "address", "lastService"])
    func optionalTextMayBeEmpty(_ name: String) throws {
      let answer = try site.create(client([name: ""]))
      #expect(answer.status == 201)
      #expect(answer.json["data"].members?.values.filter { $0 == "" }.count == 1)
    }

    @Test func typeIsOneOfTwo() throws {
      for value in [
        "\"Company\"", "\"company \"", "\"\"", "\"other\"", "\"compan\"", "\"companyy\"", "5",
        "null", "[\"company\"]", "{}", "true",
      ] {
        #expect(try violations(["type": value]) == ["body.type enum"], "\(value)")
      }
    }

    @Test func idIsAUUID() throws {
      for value in [
        "\"\"", "\"1\"", "\"00000000-0000-4000-8000-00000000000\"",
        "\"00000000-0000-4000-8000-00000000000g\"", "\"{00000000-0000-4000-8000-000000000000}\"",
        "\"00000000000040008000000000000000\"", "\" 00000000-0000-4000-8000-000000000000\"",
        "\"00000000-0000-4000-8000-000000000000\\n\"",
      ] {
        #expect(try violations(["id": value]) == ["body.id uuid_parsing"], "\(value)")
      }
      for value in ["5", "{}", "[]", "false"] {
        let found = try violations(["id": value])
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("body.id ") == true)
      }
    }

    @Test func tagsAreAShortListOfShortTexts() throws {
      let tag = String(repeating: "😀", count: 100)
      let most = JSON.array(Array(repeating: .string(tag), count: 100))
      #expect(try site.created(client(["tags": most]))["tags"] == most)
      for value in ["null", "\"x\"", "5", "{}"] {
        #expect(try violations(["tags": value]) == ["body.tags list_type"], "\(value)")
      }
      #expect(
        try violations(["tags": #"["ok",5,null,["x"],"fine",{}]"#]) == [
          "body.tags.1 string_type", "body.tags.2 string_type", "body.tags.3 string_type",
          "body.tags.5 string_type",
        ])
      #expect(
        try site.create(client(["tags": ["a", .string(tag + "x")]])).violations
          == ["body.tags.1 string_too_long"])
      let tooMany = try site.create(client(["tags": .array(Array(repeating: "a", count: 101))]))
      #expect(tooMany.status == 422)
      #expect(tooMany.violations.count == 1)
      #expect(tooMany.violations.first?.hasPrefix("body.tags ") == true)
    }

    @Test func tagsKeepOrderDuplicatesAndOddTexts() throws {
      let tags: JSON = [
        "b", "a", "b", "", " ", "NULL", "null", "{}", "\"", "\\", ",", "a,b", "{a}", "é",
        "e\u{301}",
      ]
      let row = try site.created(client(["tags": tags]))
      #expect(row["tags"] == tags)
      let id = try #require(row["id"].string)
      #expect(try site.get("/clients/\(id)").json["data"]["tags"] == tags)
      #expect(try site.stored("array_length(tags, 1)", of: id) == "15")
    }

    @Test func bothNamesOfAColumnAtOnceAreRefused() throws {
      let column = #""companyName":"a""#
      for other in [#""company_name":"a""#, #""company_name":null"#] {
        for pair in [[column, other], [other, column]] {
          let body = #"{"type":"company","name":"x","# + pair.joined(separator: ",") + "}"
          let answer = try site.send("POST", "/clients/", text: body)
          #expect(answer.status == 422)
          #expect(answer.violations == ["body.companyName value_error"])
        }
      }
      let update = try site.send("PUT", nobody, json: ["last_name": "a", "lastName": "a"])
      #expect(update.violations == ["body.lastName value_error"])
    }

    @Test func theLastOfTwoMembersCounts() throws {
      let name = unique()
      let right = try site.send(
        "POST", "/clients/",
        text: #"{"type":"x","name":5,"name":"first","type":"company","name":"\#(name)"}"#)
      #expect(right.status == 201)
      #expect(right.json["data"]["name"] == .string(name))
      let wrong = try site.send(
        "POST", "/clients/", text: #"{"type":"company","name":"right","name":5}"#)
      #expect(wrong.violations == ["body.name string_type"])
      let composed = try site.send(
        "POST", "/clients/", text: #"{"type":"company","n\u0061me":"\u0041b"}"#)
      #expect(composed.status == 201)
      #expect(composed.json["data"]["name"] == "Ab")
    }

    @Test func everyViolationInDeclarationOrder() throws {
      let long = "\"" + String(repeating: "x", count: 10_001) + "\""
      let answer = try site.send(
        "POST", "/clients/",
        text: """
          {"contacts":[{"active":"no","roles":[1],"id":5},7],"lastService":\(long),
          "tags":[1,\(long)],"status":null,"city":\(long),"address":\(long),"phone":\(long),
          "email":"no","siret":\(long),"last_name":\(long),"firstName":true,
          "company_name":\(long),"name":"","type":"neither","id":"x"}
          """)
      #expect(answer.status == 422)
      let fixed = answer.violations.filter { !$0.hasPrefix("body.name ") }
      #expect(
        fixed == [
          "body.id uuid_parsing", "body.type enum", "body.companyName string_too_long",
          "body.firstName string_type", "body.lastName string_too_long",
          "body.siret string_too_long", "body.email value_error", "body.phone string_too_long",
          "body.address string_too_long", "body.city string_too_long", "body.status string_type",
          "body.tags.0 string_type", "body.tags.1 string_too_long",
          "body.lastService string_too_long", "body.contacts.0.id string_type",
          "body.contacts.0.firstName missing", "body.contacts.0.lastName missing",
          "body.contacts.0.roles.0 string_type", "body.contacts.0.active bool_type",
          "body.contacts.1 model_type",
        ])
      #expect(answer.violations.firstIndex { $0.hasPrefix("body.name ") } == 2)
    }

    @Test func aHundredViolationsAreEnough() throws {
      let numbers = JSON.array(Array(repeating: 1, count: 100))
      let answer = try site.create(["tags": numbers, "contacts": numbers])
      #expect(answer.violations.count == 100)
      #expect(
        answer.violations.prefix(3) == [
          "body.type missing", "body.name missing", "body.tags.0 string_type",
        ])
    }
  }
}
