import Foundation
import Testing

@testable import Harness

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
        #expect(try site.get("/clients/status/\(name)").status == 200)
        #expect(try site.get("/clients/\(email)").status == 422)
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

    /// What nginx makes of a request line, whatever the address leads to, mounted or not. The words in
    /// small letters are those that only the place keeps out of the log.
    @Test func theAccessLogHasThePathAsFarAsItSaysNothingOfAnyone() throws {
      let id = "/clients/00000000-0000-4000-8000-000000000000"
      let lines = [
        ("/clients/search/dupont", "/clients/search/-"),
        ("/clients/search/dupont?limit=1", "/clients/search/-"),
        ("/clients/search/dupont/search/dupont", "/clients/search/-"),
        ("/clients/search/dupont/status/dupont", "/clients/search/-"),
        ("/clients/%73earch/dupont", "/clients/-"),
        ("/clients/%73earch/dupont/search/dupont", "/clients/-"),
        ("/clients/SEARCH/dupont", "/clients/-"),
        ("/clients?q=/search/dupont", "/clients"),
        ("/clients/?city=dupont&x=%20", "/clients/"),
        ("/clients/Dupont?q=/search/dupont", "/clients/-"),
        ("/clients/status/dupont", "/clients/status/-"),
        ("/clients/status/Dupont?q=dupont", "/clients/status/-"),
        ("/clients/%73tatus/dupont", "/clients/-"),
        ("/clients?status=/status/dupont", "/clients"),
        ("/clients/jean.dupont@x.fr", "/clients/-"),
        ("/clients/jean.dupont%40x.fr", "/clients/-"),
        ("/clients/Dupont", "/clients/-"),
        ("/clients/%44upont", "/clients/-"),
        ("/clients/dupont%20jean?fields=name", "/clients/-"),
        ("/clients/dupond\u{e9}", "/clients/-"),
        ("/clients/dupond%C3%A9/", "/clients/-"),
        ("/clients/jean+dupont", "/clients/-"),
        ("/Dupont/search/dupont", "/-"),
        ("/Dupont", "/-"),
        ("/" + String(repeating: "x", count: 199) + "dupont", "/-"),
        ("/" + String(repeating: "x", count: 200) + "/status/dupont", "/-"),
        ("/", "/"), ("/clients", "/clients"), ("/clients/?limit=1", "/clients/"), (id, id),
        (id + "/?fields=name", id + "/"), ("/health/ready", "/health/ready"),
        ("/docs/assets/swagger-ui.css?x", "/docs/assets/swagger-ui.css"),
        ("/clients/a_b-1.c", "/clients/a_b-1.c"),
      ]
      try Site.new(.init(mountsAPI: true)) { site in
        let front = HTTPClient(port: try #require(site.apiPort))
        for (index, (target, _)) in lines.enumerated() {
          _ = try site.client.request("GET", target, ["X-Request-Id: log-line-\(index)."])
          _ = try front.request("GET", "/api" + target, ["X-Request-Id: api-line-\(index)."])
        }
        // What nginx cannot read, and HTTP before 1.0.
        for text in ["DUPONT\r\n\r\n", "GET Dupont HTTP/1.1\r\n\r\n", "GET /Dupont\r\n\r\n"] {
          let padding = Array(repeating: UInt8(ascii: "x"), count: 10)
          _ = try? site.client.exchange(Array(text.utf8) + padding)
        }
        _ = try site.get("/", "X-Request-Id: the-last-one")
        try eventually("nginx has logged it") { site.accessLog().contains("the-last-one") }
        let log = site.accessLog()
        for line in log.split(separator: "\n") {
          let small = line.lowercased()
          #expect(!small.contains("dupon") && !small.contains("jean"), "\(line)")
        }
        for (index, (target, expected)) in lines.enumerated() {
          for (prefix, name) in [("", "log-line"), ("/api", "api-line")] {
            let line = log.split(separator: "\n").first { $0.hasSuffix("\(name)-\(index).") } ?? ""
            let pattern = #"\S+ 127\.0\.0\.1 GET (.+) \d{3} \d+ [\d.]+ [\d.-]+ \S+"#
            let match = try Regex(pattern, as: (Substring, Substring).self).wholeMatch(in: line)
            #expect(match?.1 == (prefix + expected)[...], "\(target): \(line)")
          }
        }
      }
    }

    /// A route with a value in its path is known to nginx's log, whatever resource it is added to.
    @Test func noValueInAPathOfTheDocumentIsLogged() throws {
      try Site.new { site in
        let paths = try #require(try site.get("/openapi.json").json["paths"].members?.keys)
        let routes = paths.filter { $0.contains("{") && !$0.contains("{id}") }
        #expect(routes.count >= 2)
        let word = unique()
        for route in routes {
          _ = try site.get(route.replacing(/\{[^}]*\}/, with: word), "X-Request-Id: \(word)")
        }
        _ = try site.get("/", "X-Request-Id: the-last-one")
        try eventually("nginx has logged it") { site.accessLog().contains("the-last-one") }
        let logged = site.accessLog().split(separator: "\n").filter { $0.hasSuffix(" \(word)") }
        #expect(logged.count == routes.count)
        for line in logged { #expect(!line.dropLast(word.count).contains(word), "\(line)") }
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

    @Test func whyItIsNotReadyIsLogged() throws {
      try Site.new { site in
        try site.database.psql(
          "DELETE FROM erp_back_revisions WHERE revision = '\(MigrationTests.head)'")
        #expect(try site.get("/health/ready", "X-Request-Id: not-ready").status == 503)
        try eventually("the log has it: \(site.responder.log())", within: 2) {
          site.responder.log().split(separator: "\n").contains {
            $0.contains("request_id=not-ready") && $0.contains("cause=\"another revision")
          }
        }
      }
    }

    /// Every failure that a request can meet, with canaries in everything that was sent.
    @Test func noFailureLogsWhatWasSentOrThePassword() throws {
      let canary = unique()
      let environment = ["ERP_SLOW_MS": "1", "ERP_ACCESS_LOG": "on", "ERP_LOG_LEVEL": "trace"]
      try Site.new(.init(environment: environment, ownsCluster: true, password: canary)) { site in
        let body = client([
          "name": .string("N\(canary)"), "email": .string("\(canary)@example.org"),
          "phone": .string(String(canary.prefix(12))), "address": .string("A\(canary)\u{1b}[31m"),
          "tags": [.string(canary)],
        ])
        func everything() throws -> Set<Int> {
          let target = "/clients/\(UUID().uuidString.lowercased())"
          return Set(
            try [
              site.create(body), site.create(body), site.send("PUT", target, json: body),
              site.get("/clients/search/\(canary)"), site.get("/clients/status/\(canary)"),
              site.get("/clients?q=\(canary)&city=\(canary)&sort=\(canary)"), site.get(target),
              site.get("/\(canary)"), site.delete(target), site.get("/health/ready"),
              site.send("POST", "/clients/", text: "{\"name\": \"\(canary)"),
              site.get("/clients/", "If-None-Match: \"\(canary)\"", "Prefer: \(canary)"),
            ].map(\.status))
        }
        var seen = try everything()
        try site.database.psql(
          "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            + " RAISE EXCEPTION 'row % refused', NEW USING ERRCODE = '23514'; END $$;"
            + "CREATE TRIGGER refuse BEFORE INSERT ON clients EXECUTE FUNCTION refuse()")
        seen.formUnion(try everything())
        try site.database.psql(
          "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            + " RAISE EXCEPTION 'row % refused', NEW; END $$")
        seen.formUnion(try everything())
        let holder = try site.database.hold(
          "BEGIN; LOCK TABLE clients IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(60)")
        try eventually("the table is locked") {
          try site.database.isLocked("clients", "AccessExclusiveLock")
        }
        seen.insert(try site.create(body).status)
        try site.database.release(holder)
        try site.database.psql("ALTER TABLE clients RENAME phone TO telephone")
        seen.formUnion(try everything())
        try site.cluster.kill()
        seen.formUnion(try everything())
        #expect(seen.isSuperset(of: [201, 409, 422, 404, 500, 503]), "\(seen)")
        let log = site.responder.log()
        #expect(log.contains("msg=request") && log.contains("request failed"))
        #expect(
          !log.contains(canary), "\(log.split(separator: "\n").filter { $0.contains(canary) })")
        #expect(!log.contains("postgres://") && !log.contains("postgresql://"))
        #expect(!log.utf8.contains { $0 < 0x20 && $0 != 0x0a })
        for line in log.split(separator: "\n") {
          #expect(line.wholeMatch(of: /<[2-7]>level=[a-z]+ msg=.+/) != nil, "\(line)")
        }
      }
    }

    /// Lost and back are said once each, however many requests, lanes and reactors meet it.
    @Test func anOutageIsSaidOnce() throws {
      try Site.new(.init(environment: ["ERP_REACTORS": "2"], ownsCluster: true)) { site in
        func lines(_ message: String) -> Int {
          site.responder.log().components(separatedBy: "msg=\"\(message)\"").count - 1
        }
        let target = try #require(try site.create(client())["Location"])
        for round in 1...2 {
          try site.cluster.stop()
          var ids: [String] = []
          for _ in 0..<10 {
            let answer = try site.get(target)
            if answer.status == 503 { ids.append(answer["x-request-id"] ?? "?") }
            _ = try site.get("/clients/")
          }
          #expect(ids.count > 5)
          let log = site.responder.log()
          for id in ids { #expect(log.contains("request_id=\(id)"), "\(id)") }
          try site.cluster.start()
          try eventually("the log says that it is back: \(site.responder.log())", within: 10) {
            lines("database back") == round
          }
          #expect(lines("database lost") == round, "\(site.responder.log())")
          #expect(try site.get(target).status == 200)
        }
      }
    }

    @Test func slowRequestsAreLoggedAndTheRestIsNot() throws {
      try Site.new(.init(environment: ["ERP_SLOW_MS": "2000", "ERP_LOCK_TIMEOUT_MS": "4900"])) {
        site in
        #expect(try site.get("/clients/", "X-Request-Id: a-quick-one").status == 200)
        let answer = try site.withStatement(waiting: 2.1) {
          try site.get("/clients/search/\(unique())", "X-Request-Id: a-slow-one")
        }
        #expect(answer?.status == 200)
        let log = site.responder.log()
        let line = log.split(separator: "\n").first { $0.contains("a-slow-one") } ?? ""
        #expect(
          line.wholeMatch(
            of:
              /<4>level=warning msg="slow request" bytes=\d+ method=GET ms=\d{3,4} request_id=a-slow-one route="?\/clients\/search\/\{term\}"? status=200/
          ) != nil, "\(log)")
        #expect(!log.contains("a-quick-one"))
        #expect(try site.metrics().sum("erp_back_slow_requests_total") == 1)
      }
    }

    @Test func accessLinesAreOffUnlessAskedFor() throws {
      try Site.new { site in
        _ = try site.get("/clients/", "X-Request-Id: not-in-the-log")
        #expect(!site.responder.log().contains("not-in-the-log"))
      }
      try Site.new(.init(environment: ["ERP_ACCESS_LOG": "on"])) { site in
        _ = try site.get("/clients/", "X-Request-Id: is-in-the-log")
        let log = site.responder.log()
        let line = log.split(separator: "\n").first { $0.contains("is-in-the-log") } ?? ""
        #expect(
          line.wholeMatch(
            of:
              /<6>level=info msg=request bytes=\d+ method=GET ms=\d+ request_id=is-in-the-log route=\/clients status=200/
          ) != nil, "\(log)")
      }
    }

    @Test func startAndStopAreLogged() throws {
      try Site.new { site in
        let process = try #require(site.responder.process)
        let reactors = Responder.reactors
        #expect(
          site.responder.log().contains(
            "<5>level=notice msg=started reactors=\(reactors) version="))
        process.signal(SIGTERM)
        #expect(try process.wait(within: 5) == 0)
        #expect(site.responder.log().contains("<5>level=notice msg=stopping signal=SIGTERM"))
        let last = site.responder.log().split(separator: "\n").last ?? ""
        #expect(last.wholeMatch(of: /<5>level=notice msg=stopped requests=\d+/) != nil, "\(last)")
      }
    }
  }
}
