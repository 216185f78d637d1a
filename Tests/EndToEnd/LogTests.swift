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

    /// What nginx makes of a request line, whatever the address leads to.
    @Test func theAccessLogHasThePathAsFarAsItSaysNothingOfAnyone() throws {
      let lines = [
        "/clients/search/CANARY": "GET /clients/search/-",
        "/clients/search/CANARY?limit=1": "GET /clients/search/-",
        "/clients/search/CANARY/search/CANARY": "GET /clients/search/-",
        "/clients/%73earch/CANARY": "GET /clients/%",
        "/clients/%73earch/CANARY/search/CANARY": "GET /clients/%",
        "/clients?q=/search/CANARY": "GET /clients",
        "/clients/?city=CANARY&x=%20": "GET /clients/",
        "/clients/status/actif?q=CANARY": "GET /clients/status/actif",
        "/" + String(repeating: "x", count: 199) + "CANARY":
          "GET /" + String(repeating: "x", count: 199),
      ]
      try Site.new { site in
        for (index, target) in lines.keys.enumerated() {
          _ = try site.get(target, "X-Request-Id: log-line-\(index).")
        }
        _ = try site.client.exchange(
          Array("CANARY\r\n\r\n".utf8) + Array(repeating: UInt8(ascii: "x"), count: 10))
        _ = try site.get("/", "X-Request-Id: the-last-one")
        try eventually("nginx has logged it") { site.accessLog().contains("the-last-one") }
        let log = site.accessLog()
        #expect(!log.contains("CANARY"), "\(log)")
        for (index, expected) in lines.values.enumerated() {
          let line = log.split(separator: "\n").first { $0.hasSuffix("log-line-\(index).") } ?? ""
          let pattern = #"\S+ 127\.0\.0\.1 (.+) \d{3} \d+ [\d.]+ [\d.]+ \S+"#
          let match = try Regex(pattern, as: (Substring, Substring).self).wholeMatch(in: line)
          #expect(match?.1 == expected[...], "\(line)")
        }
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
      try Site.new(.init(environment: ["ERP_SLOW_MS": "300"])) { site in
        #expect(try site.get("/clients/", "X-Request-Id: a-quick-one").status == 200)
        let answer = try site.withStatement(waiting: 0.4) {
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
