import Foundation
import Testing

@testable import Harness

extension EndToEnd {
  /// The answers byte for byte.
  @Suite struct EnvelopeTests {
    let site: Site
    init() throws { site = try Site.shared() }

    @Test func aFullRowInColumnOrder() throws {
      let id = UUID().uuidString.lowercased()
      let email = uniqueAddress()
      let answer = try site.create([
        "id": .string(id), "type": "individual", "name": "Élodie \"Lo\" \\ <&>",
        "companyName": "Société", "firstName": "Élodie", "lastName": "Durand",
        "siret": "12345678900012", "email": .string(email), "phone": "+33 1 02",
        "address": "1 rue\nde l'Église", "city": "Orléans", "status": "Prospect",
        "tags": ["vip", "b2b"], "lastService": "2025-10-01", "contacts": [],
      ])
      let data = answer.json["data"]
      let created = try #require(data["created_at"].string)
      #expect(answer.status == 201)
      #expect(
        answer.text == #"{"success":true,"data":{"id":"\#(id)","type":"individual","#
          + #""name":"Élodie \"Lo\" \\ <&>","company_name":"Société","first_name":"Élodie","#
          + #""last_name":"Durand","siret":"12345678900012","email":"\#(email)","#
          + #""phone":"+33 1 02","address":"1 rue\nde l'Église","city":"Orléans","#
          + #""status":"Prospect","tags":["vip","b2b"],"last_service":"2025-10-01","#
          + #""contacts":[],"created_at":"\#(created)","updated_at":"\#(created)"}}"#)
    }

    @Test func nullsAreWritten() throws {
      let answer = try site.create(client(["name": "Seul"]))
      let data = answer.json["data"]
      let id = try #require(data["id"].string)
      let created = try #require(data["created_at"].string)
      let row =
        #"{"id":"\#(id)","type":"company","name":"Seul","company_name":null,"first_name":null,"#
        + #""last_name":null,"siret":null,"email":null,"phone":null,"address":null,"#
        + #""city":null,"status":"active","tags":[],"last_service":null,"contacts":[],"#
        + #""created_at":"\#(created)","updated_at":"\#(created)"}"#
      #expect(answer.text == #"{"success":true,"data":\#(row)}"#)
      #expect(try site.get("/clients/\(id)").text == #"{"success":true,"data":\#(row)}"#)
      let list = try site.get("/clients/?limit=1000")
      #expect(list.text.contains(row))
    }

    @Test func anEmptyList() throws {
      let answer = try site.get("/clients/?city=\(unique())")
      #expect(answer.text == #"{"success":true,"data":[],"count":0,"has_more":false}"#)
      #expect(answer["Link"] == nil)
    }

    @Test func aListOfTwo() throws {
      let city = try site.fill(2)
      let answer = try site.get("/clients/?city=\(city)&fields=id,name")
      let ids = answer.ids
      try #require(ids.count == 2)
      #expect(
        answer.text == #"{"success":true,"data":[{"id":"\#(ids[0])","name":"Row 002"},"#
          + #"{"id":"\#(ids[1])","name":"Row 001"}],"count":2,"has_more":false}"#)
    }

    @Test func aRowThatIsNotThere() throws {
      let answer = try site.send("GET", nobody, ["X-Request-Id: byte-for-byte"])
      #expect(answer.status == 404)
      #expect(
        answer.text == #"{"success":false,"data":null,"error":"Client non trouvé","#
          + #""code":"not_found","detail":"Client non trouvé","request_id":"byte-for-byte"}"#)
    }

    @Test func aDeletedRow() throws {
      let id = try #require(try site.created(client())["id"].string)
      let answer = try site.delete("/clients/\(id)")
      #expect(answer.status == 200)
      #expect(
        answer.text == #"{"success":true,"data":{"id":"\#(id)","#
          + #""message":"Client supprimé avec succès"}}"#)
    }

    @Test func aConflictNamesItsField() throws {
      let email = uniqueAddress()
      _ = try site.created(client(["email": .string(email)]))
      let answer = try site.create(client(["email": .string(email)]))
      #expect(answer.status == 409)
      let sentence = try #require(answer.json["error"].string)
      let id = try #require(answer["X-Request-Id"])
      #expect(
        answer.text == #"{"success":false,"data":null,"error":"\#(sentence)","#
          + #""code":"conflict","detail":"\#(sentence)","field":"email","request_id":"\#(id)"}"#)
    }

    @Test func aViolationHasALocationAMessageAndAType() throws {
      let answer = try site.create(["type": "company"])
      #expect(answer.status == 422)
      #expect(answer.json["code"] == "invalid")
      let message = try #require(answer.json["detail"][0]["msg"].string)
      #expect(!message.isEmpty)
      #expect(
        answer.text.contains(
          #""detail":[{"loc":["body","name"],"msg":"\#(message)","type":"missing"}],"request_id":"#
        ))
    }

    @Test func aRefusalNeverRepeatsTheInput() throws {
      let marker = unique()
      let answers = try [
        site.create(["type": .string(marker), "name": 1, "email": .string(marker)]),
        site.create(client(["tags": [.string(String(repeating: marker, count: 20))]])),
        site.get("/clients/\(marker)"), site.get("/clients/?limit=\(marker)"),
        site.get("/clients/?sort=\(marker)"), site.get("/clients/?after=\(marker)"),
        site.send("POST", "/clients/", text: "{\"\(marker)"),
      ]
      for answer in answers {
        #expect(answer.status == 422)
        #expect(!answer.text.contains(marker), "\(answer)")
      }
    }

    @Test func timestampsAreWrittenAsPythonWritesThem() throws {
      let id = try #require(try site.created(client())["id"].string)
      let cases = [
        ("2025-10-31 10:00:00+00", "2025-10-31T10:00:00+00:00"),
        ("2025-10-31 10:00:00.123456+00", "2025-10-31T10:00:00.123456+00:00"),
        ("2025-10-31 10:00:00.5+00", "2025-10-31T10:00:00.500000+00:00"),
        ("2025-10-31 10:00:00.000001+00", "2025-10-31T10:00:00.000001+00:00"),
        ("2025-07-01 00:30:00+02", "2025-06-30T22:30:00+00:00"),
        ("1999-12-31 23:59:59.999999+00", "1999-12-31T23:59:59.999999+00:00"),
        ("2000-02-29 12:00:00+00", "2000-02-29T12:00:00+00:00"),
        ("1900-03-01 00:00:00+00", "1900-03-01T00:00:00+00:00"),
        ("0001-01-01 00:00:00+00", "0001-01-01T00:00:00+00:00"),
        ("9999-12-31 23:59:59.999999+00", "9999-12-31T23:59:59.999999+00:00"),
      ]
      for (stored, written) in cases {
        try site.database.psql(
          """
          SET session_replication_role = replica;  -- else the trigger sets updated_at
          UPDATE clients SET created_at = '\(stored)', updated_at = '\(stored)' WHERE id = '\(id)'
          """)
        let row = try site.get("/clients/\(id)").json["data"]
        #expect(row["created_at"] == .string(written))
        #expect(row["updated_at"] == .string(written))
      }
    }
  }
}
