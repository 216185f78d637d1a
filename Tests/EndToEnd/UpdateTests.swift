import Testing

@testable import Harness

extension EndToEnd {
  /// `PUT` and `PATCH /clients/{id}`: both change only what is sent.
  @Suite struct UpdateTests {
    let site: Site
    init() throws { site = try Site.shared() }

    @Test(arguments: ["PUT", "PATCH"])
    func onlyTheMembersSentAreChanged(_ method: String) throws {
      let email = uniqueAddress()
      let before = try site.created(
        client(["email": .string(email), "city": "Tours", "tags": ["a"], "status": "Actif"]))
      let id = try #require(before["id"].string)
      let answer = try site.send(
        method, "/clients/\(id)", json: ["city": "Blois", "companyName": "Neuf"])
      #expect(answer.status == 200)
      var expected = before.members
      expected?["city"] = "Blois"
      expected?["company_name"] = "Neuf"
      expected?["updated_at"] = answer.json["data"]["updated_at"]
      #expect(answer.json["data"].members == expected)
      #expect(answer.json["data"]["updated_at"] != before["updated_at"])
      let detail = try site.get("/clients/\(id)")
      #expect(detail.body == answer.body)
      if let tag = answer["ETag"] { #expect(tag == detail["ETag"]) }
    }

    @Test(arguments: ["PUT", "PATCH"])
    func everyColumnCanBeChanged(_ method: String) throws {
      let id = try #require(try site.created(client())["id"].string)
      let email = uniqueAddress()
      let contact: JSON = [
        "id": "c1", "firstName": "A", "lastName": "B", "email": nil, "mobile": nil,
        "roles": ["chef"], "isBillingDefault": true, "active": false,
      ]
      let changes: [(String, String, JSON)] = [
        ("type", "type", "individual"), ("name", "name", "Nouveau"),
        ("companyName", "company_name", "Co"), ("first_name", "first_name", "Fi"),
        ("lastName", "last_name", "La"), ("siret", "siret", "1"),
        ("email", "email", .string(email)), ("phone", "phone", "06"),
        ("address", "address", "rue"), ("city", "city", "Blois"), ("status", "status", "Prospect"),
        ("tags", "tags", ["x", "y"]), ("last_service", "last_service", "hier"),
        ("contacts", "contacts", [contact]),
      ]
      for (name, column, value) in changes {
        let answer = try site.send(method, "/clients/\(id)", json: .object([name: value]))
        #expect(answer.status == 200)
        #expect(answer.json["data"][column] == value)
      }
      let row = try site.get("/clients/\(id)").json["data"]
      for (_, column, value) in changes { #expect(row[column] == value, "\(column)") }
    }

    @Test func nullClears() throws {
      let row = try site.created(client(["city": "Tours", "email": .string(uniqueAddress())]))
      let id = try #require(row["id"].string)
      let answer = try site.send("PATCH", "/clients/\(id)", json: ["city": nil, "email": ""])
      #expect(answer.status == 200)
      #expect(answer.json["data"]["city"] == .null)
      #expect(answer.json["data"]["email"] == .null)
    }

    @Test(arguments: ["{}", #"{"id":"1","created_at":1,"updated_at":"x","unknown":[1]}"#])
    func nothingToChangeChangesNothing(_ body: String) throws {
      let created = try site.create(client(["city": "Tours"]))
      let target = try #require(created["Location"])
      for method in ["PUT", "PATCH"] {
        let answer = try site.send(method, target, text: body)
        #expect(answer.status == 200)
        #expect(answer.body == created.body)
      }
      #expect(try site.get(target)["ETag"] == created["ETag"])
    }

    @Test func thePathCountsNotTheBody() throws {
      let row = try site.created(client())
      let id = try #require(row["id"].string)
      let answer = try site.send(
        "PUT", "/clients/\(id)",
        json: ["id": .string(String(nobody.suffix(36))), "name": "Le même"])
      #expect(answer.status == 200)
      #expect(answer.json["data"]["id"] == .string(id))
      #expect(try site.get(nobody).status == 404)
    }

    @Test func anAddressOfAnotherIsAConflict() throws {
      let email = uniqueAddress()
      _ = try site.created(client(["email": .string(email)]))
      let own = uniqueAddress()
      let other = try site.created(client(["email": .string(own), "city": "Tours"]))
      let target = "/clients/\(try #require(other["id"].string))"
      let answer = try site.send(
        "PUT", target, json: ["email": .string(email.uppercased()), "city": "Blois"])
      #expect(answer.status == 409)
      #expect(answer.json["field"] == "email")
      #expect(try site.get(target).json["data"] == other)
      let same = try site.send("PUT", target, json: ["email": .string(own.uppercased())])
      #expect(same.status == 200)
      #expect(same.json["data"]["email"] == .string(own.uppercased()))
    }

    @Test(arguments: ["PUT", "PATCH"])
    func nobodyIsNotFound(_ method: String) throws {
      for body: JSON in [["city": "Blois"], [:], client()] {
        let answer = try site.send(method, nobody, json: body)
        #expect(answer.status == 404)
        #expect(answer.json["code"] == "not_found")
      }
      #expect(try site.get(nobody).status == 404)
    }

    @Test(arguments: [
      ("name", "null"), ("name", "\"\""), ("name", "5"), ("type", "null"), ("type", "\"x\""),
      ("status", "null"), ("status", "\" \""), ("tags", "null"), ("contacts", "null"),
      ("email", "\"nowhere\""), ("siret", "\"123456789012345678901\""), ("city", "[]"),
    ])
    func theRulesAreThoseOfCreate(_ name: String, _ value: String) throws {
      let created = try site.create(client())
      let target = try #require(created["Location"])
      let answer = try site.send("PATCH", target, text: "{\"\(name)\":\(value),\"phone\":\"1\"}")
      #expect(answer.status == 422)
      #expect(answer.violations.count == 1)
      #expect(answer.violations.first?.hasPrefix("body.\(name) ") == true)
      #expect(try site.get(target).body == created.body)
    }

    @Test func updatedAtIsSetByTheTrigger() throws {
      let row = try site.created(client())
      let id = try #require(row["id"].string)
      try site.database.psql("UPDATE clients SET city = 'psql' WHERE id = '\(id)'")
      let after = try site.get("/clients/\(id)").json["data"]
      #expect(after["updated_at"] != row["updated_at"])
      #expect(after["created_at"] == row["created_at"])
    }
  }
}
