import Foundation
import Testing

@testable import Harness

extension EndToEnd {
  /// `POST /clients/`.
  @Suite struct CreateTests {
    let site: Site
    init() throws { site = try Site.shared() }

    @Test func theAnswerIsTheRowWithItsLocationAndETag() throws {
      let answer = try site.create(client(["city": "Orléans"]))
      let id = try #require(answer.json["data"]["id"].string)
      #expect(answer.status == 201)
      #expect(answer["Location"] == "/clients/\(id)")
      let tag = try #require(answer["ETag"])
      #expect(tag.wholeMatch(of: /"[^"]+"/) != nil)

      let detail = try site.get(try #require(answer["Location"]))
      #expect(detail.status == 200)
      #expect(detail.body == answer.body)
      #expect(detail["ETag"] == tag)
    }

    @Test func theBackendMakesARandomUUID() throws {
      let pattern = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/
      let ids = try [client(), client(["id": nil])].map {
        try #require(try site.created($0)["id"].string)
      }
      for id in ids { #expect(id.wholeMatch(of: pattern) != nil, "\(id)") }
      #expect(ids[0] != ids[1])
    }

    @Test func anIDOfTheClientsIsKept() throws {
      let id = "0b6f1c2e-1111-1111-1111-" + UUID().uuidString.lowercased().suffix(12)
      let answer = try site.create(client(["id": .string(id.uppercased())]))
      #expect(answer.status == 201)
      #expect(answer.json["data"]["id"] == .string(id))
      let again = try site.create(client(["id": .string(id)]))
      #expect(again.status == 409)
      #expect(again.json["code"] == "conflict")
      #expect(again.json["field"] == "id")
    }

    @Test func anAddressIsTakenOnceWhateverItsCase() throws {
      let email = "Élise." + uniqueAddress()
      _ = try site.created(client(["email": .string(email)]))
      for other in [email, email.uppercased(), email.lowercased()] {
        let answer = try site.create(client(["email": .string(other)]))
        #expect(answer.status == 409, "\(other)")
        #expect(answer.json["field"] == "email")
      }
    }

    @Test func clientsWithoutAnAddressDoNotClash() throws {
      for email: JSON in [nil, nil, "", "", .absent, .absent] {
        let row = try site.created(client(["email": email]))
        #expect(row["email"] == .null)
      }
    }

    @Test func defaultsAreTheTables() throws {
      let row = try site.created(client())
      #expect(row["status"] == "active")
      #expect(row["tags"] == [])
      #expect(row["contacts"] == [])
      #expect(row["created_at"] == row["updated_at"])
    }

    @Test func bothNamesOfAColumnAreTaken() throws {
      let camel = client([
        "companyName": "C", "firstName": "F", "lastName": "L", "lastService": "2025",
      ])
      let snake = client([
        "company_name": "C", "first_name": "F", "last_name": "L", "last_service": "2025",
      ])
      for body in [camel, snake] {
        let row = try site.created(body)
        let names = ["company_name", "first_name", "last_name", "last_service"]
        #expect(names.map { row[$0] } == ["C", "F", "L", "2025"])
      }
    }

    @Test func whatIsNotDeclaredIsIgnored() throws {
      let row = try site.created(
        client([
          "colour": "blue", "nested": ["a": [1, nil, true]], "name ": "x", "NAME": "y",
          "created_at": "1999-01-01T00:00:00Z", "updated_at": 5, "createdAt": [], "updatedAt": [:],
        ]))
      #expect(row.members?.count == 17)
      #expect(row["created_at"].string?.hasPrefix("1999") == false)
      #expect(row["name"].string?.hasPrefix("Client ") == true)
    }

    @Test func nullsClearWhatMayBeNull() throws {
      let names = [
        "companyName", "firstName", "lastName", "siret", "email", "phone", "address", "city",
        "lastService",
      ]
      let members = Dictionary(uniqueKeysWithValues: names.map { ($0, JSON.null) })
      let row = try site.created(client(members))
      let nulls = row.members?.filter { $0.value == .null }.count
      #expect(nulls == names.count)
    }

    @Test func aRefusedBodyStoresNothing() throws {
      let city = unique()
      let bodies: [JSON] = [
        client(["city": .string(city), "type": "other"]),
        client(["city": .string(city), "tags": "x"]),
      ]
      for body in bodies { #expect(try site.create(body).status == 422) }
      #expect(try site.get("/clients/?city=\(city)").json["count"] == 0)
    }
  }
}
