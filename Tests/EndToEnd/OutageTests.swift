import Foundation
import Testing

@testable import Harness

extension EndToEnd {
  /// The database goes and returns, in clusters of the tests' own.
  @Suite struct OutageTests {
    /// Everything that needs the database is refused at once; everything else is as ever.
    private func checkOutage(_ site: Site) throws {
      let body = Array(client().text.utf8)
      let requests = [
        ("GET", nobody, nil), ("GET", "/clients/", nil), ("GET", "/clients/search/x", nil),
        ("POST", "/clients/", body), ("PUT", nobody, body), ("DELETE", nobody, nil),
      ]
      var times: [Double] = []
      for _ in 0..<5 {
        for (method, target, body) in requests {
          let start = ContinuousClock.now
          let answer = try site.send(method, target, body: body)
          times.append((ContinuousClock.now - start) / .seconds(1))
          #expect(answer.status == 503, "\(method) \(target): \(answer)")
          #expect(answer.json["code"] == "unavailable")
          #expect(try #require(answer["Retry-After"].flatMap { Int($0) }) >= 1)
        }
      }
      times.sort()
      // The middle one: on a busy machine a few wait for the processor, not for the database.
      #expect(times[times.count / 2] < 0.05, "\(times)")

      let health = try site.get("/health")
      #expect(health.status == 200)
      #expect(
        health.text.wholeMatch(of: /\{"status":"degraded","version":"[^"]+","reasons":\[.+\]\}/)
          != nil, "\(health)")
      #expect(try site.get("/health/live").status == 200)
      let ready = try site.get("/health/ready")
      #expect(ready.status == 503)
      #expect(ready.json["code"] == "unavailable")
      #expect(try site.get("/").status == 200)
      #expect(try site.get("/nothing").status == 404)
      #expect(try site.delete("/clients/").status == 405)
      #expect(try site.get("/clients/x").status == 422)
      #expect(try site.create([:]).status == 422)
      #expect(try site.send("OPTIONS", "/clients/").status == 204)
    }

    /// Within the contract's two seconds, reads, writes and the service routes all answer again.
    private func checkRecovery(_ site: Site) throws {
      try eventually("the site recovers: \(site.responder.log().suffix(2000))", within: 2) {
        // Each event loop finds the database by itself.
        let read = try site.get("/clients/").status
        return try site.create(client()).status == 201 && read == 200
      }
      try site.waitUntilReady(within: 2)
      try eventually("health is ok again", within: 2) {
        try site.get("/health").json["status"] == "ok"
      }
    }

    @Test func theProcessStartsWithTheDatabaseDown() throws {
      try Site.new(.init(ownsCluster: true, startsWithoutDatabase: true)) { site in
        try checkOutage(site)
        try site.cluster.start()
        try checkRecovery(site)
        #expect(site.responder.process?.isRunning == true)
      }
    }

    @Test func aStoppedAndAKilledDatabaseAreSurvived() throws {
      try Site.new(.init(ownsCluster: true)) { site in
        let target = try #require(try site.create(client())["Location"])
        for end in [site.cluster.stop, site.cluster.kill] {
          _ = try together(8) { _ in try site.get(target).status }  // several connections are open
          try end()
          try checkOutage(site)
          try site.cluster.start()
          try checkRecovery(site)
          #expect(try site.get(target).status == 200)
        }
        #expect(site.responder.process?.isRunning == true)
      }
    }

    @Test func underLoadNobodyGetsABrokenAnswer() throws {
      try Site.new(.init(ownsCluster: true)) { site in
        let target = try #require(try site.create(client())["Location"])
        let end = Deadline(seconds: 6)
        let outcomes = try together(9) { index in
          if index == 0 {
            Thread.sleep(forTimeInterval: 0.5)  // let the others get going
            try site.cluster.kill()
            Thread.sleep(forTimeInterval: 0.5)  // and meet the closed door
            try site.cluster.start()
            return Set<Int>()
          }
          var statuses: Set<Int> = []
          while !end.hasPassed {
            switch index % 4 {
            case 0: statuses.insert(try site.create(client()).status)
            case 1: statuses.insert(try site.get(target).status)
            case 2: statuses.insert(try site.get("/clients/?limit=5").status)
            default:
              statuses.insert(try site.send("PUT", target, json: ["city": "Tours"]).status)
            }
          }
          return statuses
        }
        let seen = outcomes.reduce(into: Set<Int>()) { $0.formUnion($1) }
        #expect(seen.isSubset(of: [200, 201, 503]), "\(seen)")
        #expect(seen.isSuperset(of: [200, 503]), "\(seen)")
        try checkRecovery(site)
      }
    }

    @Test func endedConnectionsAreReplaced() throws {
      try Site.new(.init(ownsCluster: true)) { site in
        let target = try #require(try site.create(client())["Location"])
        for _ in 0..<5 {
          _ = try together(8) { _ in try site.get("/clients/").status }
          let ended = try site.database.psql(
            // Waits for their end: a write that meets a session about to end is rightly a 503.
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
              + " WHERE application_name = 'erp-back'")
          #expect(try #require(Int(ended)) > 0)
          // A read is tried again on another connection; no byte of a write was sent yet.
          #expect(try site.get(target).status == 200)
          #expect(try site.send("PUT", target, json: ["city": "Tours"]).status == 200)
          #expect(try site.get("/clients/").status == 200)
        }
      }
    }

    @Test func aReadOnlyDatabaseStillReads() throws {
      try Site.new(.init(ownsCluster: true)) { site in
        let target = try #require(try site.create(client())["Location"])
        func setReadOnly(_ value: String) throws {
          try site.cluster.database(unique()).psql(
            "ALTER DATABASE \(site.database.name) SET default_transaction_read_only = \(value)")
          try site.cluster.database(unique()).psql(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
              + " WHERE application_name = 'erp-back'")
        }
        try setReadOnly("on")
        try eventually("reads go on", within: 2) { try site.get(target).status == 200 }
        for answer in try [
          site.create(client()), site.send("PUT", target, json: ["city": "Tours"]),
          site.delete(target),
        ] {
          #expect(answer.status == 503)
          #expect(answer.json["code"] == "unavailable")
          #expect(answer["Retry-After"] != nil)
        }
        #expect(try site.get("/clients/").status == 200)
        try setReadOnly("off")
        try eventually("writes go on", within: 2) { try site.create(client()).status == 201 }
      }
    }
  }
}
