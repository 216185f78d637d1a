import Testing

@testable import Harness

extension EndToEnd {
  /// `GET /clients/{id}`, with and without `If-None-Match`.
  @Suite struct DetailTests {
    let site: Site
    init() throws { site = try Site.shared() }

    @Test func anIDIsFoundInAnyCase() throws {
      let id = try #require(try site.created(client())["id"].string)
      for spelling in [id, id.uppercased(), id.replacing("-", with: "%2D")] {
        let answer = try site.get("/clients/\(spelling)")
        #expect(answer.status == 200)
        #expect(answer.json["data"]["id"] == .string(id))
      }
    }

    @Test func nobodyIsNotFound() throws {
      let answer = try site.get(nobody)
      #expect(answer.status == 404)
      #expect(answer.json["error"] == "Client non trouvé")
    }

    @Test(arguments: [
      "1", "x", "null", "00000000-0000-4000-8000-00000000000", "{\(nobody.suffix(36))}",
      "00000000-0000-4000-8000-0000000000000", "0000000000004000800000000000000000000",
      "00000000-0000-4000-8000-00000000000g", "00000000000040008000000000000000",
      "urn%3Auuid%3A00000000-0000-4000-8000-000000000000", "%20\(nobody.suffix(36))", "é",
      "00000000%E2%80%900000-4000-8000-000000000000", "';DROP TABLE clients;--",
    ])
    func whatIsNoUUIDIsRefused(_ id: String) throws {
      let target = "/clients/" + id.replacing(" ", with: "%20")
      for method in ["GET", "PUT", "PATCH", "DELETE"] {
        let body = method.hasPrefix("P") ? Array("{}".utf8) : nil
        let answer = try site.send(method, target, [], body: body)
        #expect(answer.status == 422, "\(method)")
        #expect(answer.violations == ["path.id uuid_parsing"])
      }
    }

    @Test func aKnownTagIsAnsweredBy304() throws {
      let created = try site.create(client())
      let target = try #require(created["Location"])
      let tag = try #require(created["ETag"])
      let headers = [
        tag, "W/\(tag)", "*", "\"other\", \(tag)", "\"a\",W/\"b\",W/\(tag) , \"c\"",
        "\"with, comma\", \(tag)",
      ]
      for header in headers {
        for method in ["GET", "HEAD"] {
          let answer = try site.send(method, target, ["If-None-Match: \(header)"])
          #expect(answer.status == 304, "\(method) \(header)")
          #expect(answer["ETag"] == tag)
          #expect(answer.body.isEmpty)
        }
      }
    }

    @Test func anUnknownTagIsAnsweredInFull() throws {
      let created = try site.create(client())
      let target = try #require(created["Location"])
      let tag = try #require(created["ETag"])
      let bare = tag.replacing("\"", with: "")
      for header in ["\"other\"", "W/\"other\"", bare, "\"\(bare)x\"", "\"\(bare.dropLast())\""] {
        let answer = try site.get(target, "If-None-Match: \(header)")
        #expect(answer.status == 200, "\(header)")
        #expect(answer.body == created.body)
      }
      #expect(try site.get(nobody, "If-None-Match: *").status == 404)
    }

    @Test func theTagChangesWithTheRow() throws {
      let created = try site.create(client())
      let target = try #require(created["Location"])
      let tag = try #require(created["ETag"])
      #expect(try site.send("PUT", target, json: ["city": "Blois"]).status == 200)
      let answer = try site.get(target, "If-None-Match: \(tag)")
      #expect(answer.status == 200)
      #expect(answer["ETag"] != tag)
    }
  }
}
