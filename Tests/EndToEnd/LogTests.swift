import Testing

extension EndToEnd {
  /// What may be read in the log, and what may not.
  @Suite struct LogTests {
    @Test func personalDataIsNeverLogged() throws {
      try Site.new { site in
        let (name, email) = (unique(), uniqueAddress())
        let body = client(["name": .string(name), "email": .string(email)])
        let target = try #require(try site.create(body)["Location"])
        #expect(try site.create(body).status == 409)
        let wrong: JSON = ["email": .string(email), "tags": 1]
        #expect(try site.send("PUT", target, json: wrong).status == 422)
        #expect(try site.get("/clients/search/\(name)").status == 200)
        #expect(try site.get("/clients/?q=\(name)").status == 200)
        #expect(try site.send("POST", "/clients/", text: "{\"\(name)\(email)").status == 422)
        try site.database.psql("DROP TABLE clients")
        #expect(try site.create(body).status == 500)
        #expect(try site.get("/clients/search/\(name)").status == 500)
        #expect(try site.get("/", "X-Request-Id: the-last-one").status == 200)
        try eventually("nginx has logged it") { site.accessLog().contains("the-last-one") }
        let log = site.responder.log() + site.accessLog()
        #expect(!log.contains(name) && !log.contains(email), "\(log)")
        #expect(!log.contains("postgresql://"), "\(log)")
      }
    }

    @Test func aBugIsLoggedWithTheIDOfItsRequest() throws {
      try Site.new { site in
        try site.database.psql("DROP TABLE clients")
        let answer = try site.get("/clients/", "X-Request-Id: find-me-in-the-log")
        #expect(answer.status == 500)
        #expect(answer.json["code"] == "internal")
        for secret in ["clients\"", "relation", "42P01", "SELECT"] {
          #expect(!answer.text.contains(secret), "\(answer)")
        }
        try eventually("the log has it: \(site.responder.log())", within: 2) {
          site.responder.log().contains("find-me-in-the-log")
        }
        try eventually("not ready without its table", within: 5) {
          try site.get("/health/ready").status == 503
        }
        #expect(try site.get("/health/live").status == 200)
      }
    }
  }
}
