import Testing

@testable import Harness

extension EndToEnd {
  /// Many at once on the same rows.
  @Suite struct RaceTests {
    let site: Site
    init() throws { site = try Site.shared() }

    @Test func fortyCreatesOfOneAddress() throws {
      let site = site
      for _ in 0..<3 {
        let email = uniqueAddress()
        let answers = try together(40) { index in
          let spelling = email.enumerated().map { position, letter in
            (position + index).isMultiple(of: 2 + index % 3) ? letter.uppercased() : "\(letter)"
          }
          return try site.create(client(["email": .string(spelling.joined())]))
        }
        let conflicts = answers.filter { $0.status == 409 }
        #expect(answers.filter { $0.status == 201 }.count == 1)
        #expect(conflicts.count == 39)
        #expect(conflicts.allSatisfy { $0.json["field"] == "email" })
        let count = "SELECT count(*) FROM clients WHERE lower(email) = '\(email)'"
        #expect(try site.database.psql(count) == "1")
      }
    }

    @Test func twoFieldsUpdatedTogetherAreBothKept() throws {
      let site = site
      let id = try #require(try site.created(client())["id"].string)
      for round in 0..<50 {
        let value = JSON.string("round \(round)")
        let answers = try together(2) { index in
          try site.send(
            index == 0 ? "PUT" : "PATCH", "/clients/\(id)",
            json: .object([index == 0 ? "city" : "phone": value]))
        }
        #expect(answers.map(\.status) == [200, 200])
        let row = try site.get("/clients/\(id)").json["data"]
        #expect([row["city"], row["phone"]] == [value, value])
      }
    }

    @Test func ofThoseWhoSawTheSameRowOneWins() throws {
      let site = site
      let target = try #require(try site.create(client())["Location"])
      for round in 0..<15 {
        let tag = try #require(try site.get(target)["ETag"])
        let answers = try together(8) { index in
          try site.send(
            "PUT", target, "If-Match: \(tag)", json: ["city": .string("\(round)-\(index)")])
        }
        let winners = answers.filter { $0.status == 200 }
        #expect(answers.map(\.status).sorted() == [200] + Array(repeating: 412, count: 7))
        let city = try site.get(target).json["data"]["city"]
        #expect(city == winners.first?.json["data"]["city"])
      }
    }

    @Test func aRowIsDeletedOnce() throws {
      let site = site
      for round in 0..<10 {
        let created = try site.create(client())
        let target = try #require(created["Location"])
        let tag = try #require(created["ETag"])
        let answers = try together(8) { _ in
          try site.send("DELETE", target, round.isMultiple(of: 2) ? [] : ["If-Match: \(tag)"])
        }
        let statuses = answers.map(\.status).sorted()
        #expect(statuses.first == 200)
        #expect(Set(statuses.dropFirst()).isSubset(of: [404, 412]), "\(statuses)")
      }
    }

    @Test func answersGoToThoseWhoAsked() throws {
      let site = site
      let rows = try (0..<8).map { _ in try site.created(client()) }
      _ = try together(32) { index in
        let row = rows[index % rows.count]
        guard let id = row["id"].string, let name = row["name"].string else {
          throw Failure("a row without id: \(row)")
        }
        for _ in 0..<25 {
          let detail = try site.get("/clients/\(id)", "X-Request-Id: thread-\(index)")
          let isMine = detail.json["data"] == row && detail["X-Request-Id"] == "thread-\(index)"
          guard isMine else { throw Failure("another's answer: \(detail)") }
          let found = try site.get("/clients/?q=\(percentEncoded(name))")
          guard found.ids == [id] else { throw Failure("another's list: \(found)") }
        }
      }
    }
  }
}
