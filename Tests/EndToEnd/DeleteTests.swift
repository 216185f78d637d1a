import Testing

@testable import Harness

extension EndToEnd {
  /// `DELETE /clients/{id}`, and `If-Match` on everything that changes a row.
  @Suite struct DeleteTests {
    let site: Site
    init() throws { site = try Site.shared() }

    @Test func aDeletedRowIsGone() throws {
      let email = uniqueAddress()
      let created = try site.create(client(["email": .string(email)]))
      let target = try #require(created["Location"])
      #expect(try site.delete(target).status == 200)
      #expect(try site.get(target).status == 404)
      #expect(try site.send("PUT", target, json: ["city": "Tours"]).status == 404)
      let again = try site.delete(target)
      #expect(again.status == 404)
      #expect(again.json["error"] == "Client non trouvé")
      #expect(try site.create(client(["email": .string(email)])).status == 201)
    }

    @Test func nobodyElseIsDeleted() throws {
      let city = try site.fill(3)
      let ids = try site.get("/clients/?city=\(city)").ids
      try #require(ids.count == 3)
      #expect(try site.delete("/clients/\(ids[1])").status == 200)
      #expect(try site.get("/clients/?city=\(city)").ids == [ids[0], ids[2]])
    }

    @Test(arguments: ["PUT", "PATCH", "DELETE"])
    func aStaleTagIsRefusedAndChangesNothing(_ method: String) throws {
      let created = try site.create(client())
      let target = try #require(created["Location"])
      let stale = try #require(created["ETag"])
      #expect(try site.send("PUT", target, json: ["city": "Tours"]).status == 200)
      let before = try site.get(target)
      let current = try #require(before["ETag"])
      // If-Match compares strongly (RFC 9110, 13.1.1): a weak tag never matches.
      for header in [stale, "\"other\"", "\"a\", \(stale)", "W/\(current)"] {
        let answer = try change(method, target, header)
        #expect(answer.status == 412, "\(header)")
        #expect(answer.json["code"] == "precondition_failed")
      }
      #expect(try site.get(target).body == before.body)
    }

    @Test(arguments: ["PUT", "PATCH", "DELETE"])
    func theCurrentTagIsAccepted(_ method: String) throws {
      for form in ["TAG", "*", "\"other\", TAG", "\"a\",\"b\" ,TAG,\"c\""] {
        let created = try site.create(client())
        let target = try #require(created["Location"])
        let tag = try #require(created["ETag"])
        let answer = try change(method, target, form.replacing("TAG", with: tag))
        #expect(answer.status == 200, "\(form)")
        #expect(try site.get(target).status == (method == "DELETE" ? 404 : 200))
      }
    }

    @Test func anEmptyObjectStillMustMatch() throws {
      let created = try site.create(client())
      let target = try #require(created["Location"])
      let tag = try #require(created["ETag"])
      #expect(try site.send("PUT", target, "If-Match: \"other\"", json: [:]).status == 412)
      #expect(try site.send("PUT", target, "If-Match: \(tag)", json: [:]).status == 200)
    }

    @Test(arguments: ["PUT", "PATCH", "DELETE"])
    func nobodyIsNotFoundWhateverTheTag(_ method: String) throws {
      #expect(try change(method, nobody, "\"any\"").status == 404)
    }

    private func change(_ method: String, _ target: String, _ tags: String) throws -> Answer {
      if method == "DELETE" { return try site.delete(target, "If-Match: \(tags)") }
      return try site.send(method, target, "If-Match: \(tags)", json: ["phone": "06"])
    }
  }
}
