import Foundation
import Testing

@testable import Harness

extension EndToEnd {
  /// Queries that take their time: limits, clients that leave, and the end of the process.
  @Suite struct SlowQueryTests {
    /// A site where creating a client takes as many seconds as its `lastService` says.
    private func withSlowCreates(_ work: (Site) throws -> Void) throws {
      try Site.new { site in
        try site.database.psql(
          """
          CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN PERFORM pg_sleep(NEW.last_service::float8); RETURN NEW; END $$;
          CREATE TRIGGER take_time BEFORE INSERT ON clients FOR EACH ROW
            WHEN (NEW.last_service IS NOT NULL) EXECUTE FUNCTION take_time()
          """)
        try work(site)
      }
    }

    private func create(_ site: Site, taking seconds: Double) throws -> Answer {
      try site.create(client(["lastService": .string("\(seconds)")]))
    }

    private func sleepers(_ site: Site) throws -> String {
      try site.database.psql(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'erp-back'"
          + " AND datname = current_database() AND wait_event = 'PgSleep'")
    }

    @Test func aStatementOverItsLimitIsATimeout() throws {
      try withSlowCreates { site in
        var answers: [Answer] = []
        let time = try elapse { answers.append(try create(site, taking: 60)) }
        for answer in answers {
          #expect(answer.status == 503)
          #expect(answer.json["code"] == "timeout")
          #expect(try #require(answer["Retry-After"].flatMap { Int($0) }) >= 1)
        }
        #expect(time > 1 && time < 8, "\(time)")
        try eventually("the query has ended", within: 2) { try sleepers(site) == "0" }
        #expect(try site.get("/clients/").json["count"] == 0)
      }
    }

    @Test func aLockedTableIsWaitedForWithinLimits() throws {
      try Site.new { site in
        let target = try #require(try site.create(client())["Location"])
        let holder = try site.database.hold(
          "BEGIN; LOCK TABLE clients IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(60)")
        try eventually("the table is locked") {
          try site.database.isLocked("clients", "AccessExclusiveLock")
        }
        let answers = try together(12) { index in
          switch index {
          case 0...2: try site.get(target)
          case 3...5: try site.get("/clients/")
          case 6...8: try site.create(client())
          case 9: try site.get("/")
          case 10: try site.get("/health/live")
          default: try site.get("/clients/x")
          }
        }
        for answer in answers.prefix(9) {
          #expect(answer.status == 503)
          #expect(["timeout", "unavailable"].contains(answer.json["code"].string), "\(answer)")
          #expect(answer["Retry-After"] != nil)
        }
        #expect(answers.suffix(3).map(\.status) == [200, 200, 422])
        try site.database.release(holder)
        try eventually("the site goes on", within: 2) { try site.get(target).status == 200 }
        #expect(try site.get("/clients/").json["count"] == 1)
      }
    }

    @Test func slowWritesHoldUpNeitherReadsNorTheRest() throws {
      try withSlowCreates { site in
        let target = try #require(try site.create(client())["Location"])
        let outcomes = try together(41) { index in
          if index > 0 { return [try create(site, taking: 1.5).status] }
          try eventually("creates are under way") { try sleepers(site) != "0" }
          return try (0..<10).map { _ in
            var status = 0
            let time = try measure { status = try site.get(target).status }
            return time < 1.2 ? status : 0
          }
        }
        #expect(outcomes[0].allSatisfy { $0 == 200 }, "\(outcomes[0])")
        let statuses = Set(outcomes.dropFirst().flatMap { $0 })
        // Those that found no connection within the wait limit are told to return.
        #expect(statuses.isSubset(of: [201, 503]) && statuses.contains(201), "\(statuses)")
      }
    }

    @Test func aClientThatLeavesTakesItsQueryAlong() throws {
      try withSlowCreates { site in
        let body = client(["lastService": "4.5"]).text
        for _ in 0..<3 {
          let socket = try Socket(port: site.port)
          socket.send(
            Array(
              ("POST /clients/ HTTP/1.1\r\nHost: a\r\n\(Site.jsonType)\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)").utf8))
          try eventually("the query runs") { try sleepers(site) == "1" }
          socket.close()
          try eventually("the query is cancelled", within: 2) { try sleepers(site) == "0" }
          #expect(try site.get("/clients/").json["count"] == 0)
        }
        #expect(try site.create(client()).status == 201)
        #expect(site.responder.process?.isRunning == true)
      }
    }

    @Test func anIdleProcessEndsAtOnce() throws {
      try Site.new { site in
        #expect(try site.get("/clients/").status == 200)  // parked connections are open
        let process = try #require(site.responder.process)
        var status: Int32 = -1
        let time = try measure {
          process.signal(SIGTERM)
          status = try process.wait(within: 5)
        }
        #expect(status == 0)
        #expect(time < 2)
        try site.responder.start()
        #expect(try site.get("/clients/").status == 200)
      }
    }

    @Test func aQueryUnderWayIsAnsweredBeforeTheEnd() throws {
      try withSlowCreates { site in
        let process = try #require(site.responder.process)
        let outcomes = try together(2) { index in
          if index == 0 { return try create(site, taking: 1.5).status }
          try eventually("the query runs") { try sleepers(site) == "1" }
          process.signal(SIGTERM)
          return Int(try process.wait(within: 10))
        }
        #expect(outcomes == [201, 0])
        #expect(try site.database.psql("SELECT count(*) FROM clients") == "1")
      }
    }

    @Test func aSecondSignalEndsItAtOnce() throws {
      try withSlowCreates { site in
        let process = try #require(site.responder.process)
        let times = try together(2) { index -> Double in
          if index == 0 {
            _ = try? create(site, taking: 4.5)  // whatever nginx says of it
            return 0
          }
          try eventually("the query runs") { try sleepers(site) == "1" }
          process.signal(SIGTERM)
          Thread.sleep(forTimeInterval: 0.2)  // two signals of one kind at once are one
          guard process.isRunning else { throw Failure("the first signal ended it") }
          return try measure {
            process.signal(SIGTERM)
            _ = try process.wait(within: 5)
          }
        }
        #expect(times[1] < 2)
      }
    }
  }
}
