import Testing

@testable import Harness

extension EndToEnd {
  /// The nested objects of `contacts`.
  @Suite struct ContactTests {
    let site: Site
    init() throws { site = try Site.shared() }

    private func violations(_ contacts: String) throws -> [String] {
      try site.send("POST", "/clients/", text: rawClient(["contacts": contacts])).violations
    }

    @Test func missingMembersAreFilledWithTheDefaults() throws {
      let row = try site.created(
        client(["contacts": [["id": "1", "firstName": "A", "lastName": "B"]]]))
      #expect(
        row["contacts"] == [
          [
            "id": "1", "firstName": "A", "lastName": "B", "email": nil, "mobile": nil,
            "roles": [], "isBillingDefault": false, "active": true,
          ]
        ])
    }

    @Test func whatIsSentIsKept() throws {
      let contacts: JSON = [
        [
          "id": "", "firstName": "Zoé", "lastName": "😀", "email": "no address", "mobile": "06",
          "roles": ["chef", "é"], "isBillingDefault": true, "active": false,
        ],
        [
          "id": "2", "firstName": "A", "lastName": "B", "email": nil, "mobile": "", "roles": [],
          "isBillingDefault": false, "active": true,
        ],
      ]
      let row = try site.created(client(["contacts": contacts]))
      #expect(row["contacts"] == contacts)
      let id = try #require(row["id"].string)
      #expect(try site.get("/clients/\(id)").json["data"]["contacts"] == contacts)
      #expect(try site.stored("contacts->0->>'firstName'", of: id) == "Zoé")
    }

    @Test func unknownMembersAreKept() throws {
      let extra =
        #""note":"à \"voir\"","n":12345678901234567890.123456789,"#
        + #""deep":{"a":[1,null,{"b":[]}]}"#
      let contact = #"{"id":"1","firstName":"A","lastName":"B",\#(extra)}"#
      let answer = try site.send(
        "POST", "/clients/", text: rawClient(["contacts": "[\(contact)]"]))
      #expect(answer.status == 201)
      let stored = answer.json["data"]["contacts"][0]
      #expect(stored["note"] == "à \"voir\"")
      #expect(stored["deep"] == ["a": [1, nil, ["b": []]]])
      #expect(answer.text.contains("12345678901234567890.123456789"))
      #expect(stored["active"] == true)
    }

    @Test func contactsAreAListOfObjects() throws {
      for value in ["null", "\"x\"", "{}", "5", "true"] {
        #expect(try violations(value) == ["body.contacts list_type"], "\(value)")
      }
      #expect(
        try violations(#"[1,"x",null,[],true]"#)
          == (0..<5).map { "body.contacts.\($0) model_type" })
    }

    @Test func aHundredContactsAtMost() throws {
      let contact: JSON = [
        "id": "1", "firstName": "A", "lastName": "B", "email": nil, "mobile": nil, "roles": [],
        "isBillingDefault": false, "active": true,
      ]
      let most = JSON.array(Array(repeating: contact, count: 100))
      #expect(try site.created(client(["contacts": most]))["contacts"] == most)
      let more = JSON.array(Array(repeating: contact, count: 101))
      let answer = try site.create(client(["contacts": more]))
      #expect(answer.status == 422)
      #expect(answer.violations.count == 1)
      #expect(answer.violations.first?.hasPrefix("body.contacts ") == true)
    }

    @Test func membersHaveTypes() throws {
      let names = #""id":"1","firstName":"A","lastName":"B""#
      let cases = [
        ("{}", ["id missing", "firstName missing", "lastName missing"]),
        (
          #"{"id":null,"firstName":5,"lastName":[]}"#,
          ["id string_type", "firstName string_type", "lastName string_type"]
        ),
        (#"{\#(names),"email":5}"#, ["email string_type"]),
        (#"{\#(names),"mobile":{}}"#, ["mobile string_type"]),
        (#"{\#(names),"roles":"x"}"#, ["roles list_type"]),
        (#"{\#(names),"roles":null}"#, ["roles list_type"]),
        (#"{\#(names),"roles":["a",1,null]}"#, ["roles.1 string_type", "roles.2 string_type"]),
        (#"{\#(names),"isBillingDefault":"true"}"#, ["isBillingDefault bool_type"]),
        (#"{\#(names),"isBillingDefault":null}"#, ["isBillingDefault bool_type"]),
        (#"{\#(names),"active":1}"#, ["active bool_type"]),
      ]
      for (contact, expected) in cases {
        #expect(
          try violations("[\(contact)]") == expected.map { "body.contacts.0.\($0)" }, "\(contact)")
      }
      let second = #"[{\#(names)},{\#(names),"active":0}]"#
      #expect(try violations(second) == ["body.contacts.1.active bool_type"])
    }

    @Test func theLastOfTwoMembersCounts() throws {
      let answer = try site.send(
        "POST", "/clients/",
        text: rawClient([
          "contacts":
            #"[{"id":5,"id":"1","firstName":"A","lastName":"B","active":"x","active":false}]"#
        ]))
      #expect(answer.status == 201)
      #expect(answer.json["data"]["contacts"][0]["id"] == "1")
      #expect(answer.json["data"]["contacts"][0]["active"] == false)
    }

    @Test func whatNoDatabaseCanStoreIsRefused() throws {
      let names = #""id":"1","firstName":"A","lastName":"B""#
      for member in [
        #""note":"\u0000""#, #""\u0000":1"#, #""deep":{"a":["\ud800"]}"#, #""\udc00":1"#,
        #""note":"\ud83dx""#, #""firstName":"\u0000""#, #""roles":["\ude00"]"#,
      ] {
        let found = try violations("[{\(names),\(member)}]")
        #expect(found.count == 1, "\(member)")
        #expect(found.first?.hasPrefix("body.contacts") == true, "\(found)")
        #expect(found.first?.hasSuffix(" value_error") == true)
      }
    }

    /// PostgreSQL keeps a JSON number as `numeric`: a few bytes can stand for 131,072 digits.
    @Test func numbersThatWouldExplodeAreNeverAFault() throws {
      let names = #""id":"1","firstName":"A","lastName":"B""#
      let bombs = [
        "1e400", "1e131071", "1e131072", "1e-16383", "1e-16384", "1e999999999999", "-1E+20000000",
        "[" + Array(repeating: "1e131071", count: 20_000).joined(separator: ",") + "]",
      ]
      for bomb in bombs {
        let answer = try site.send(
          "POST", "/clients/", text: rawClient(["contacts": "[{\(names),\"x\":\(bomb)}]"]))
        #expect([201, 422].contains(answer.status), "\(bomb.prefix(40)): \(answer.status)")
        if let target = answer["Location"] {
          #expect(try site.get(target).status == 200)
          #expect(try site.delete(target).status == 200)
        }
      }
    }
  }
}
