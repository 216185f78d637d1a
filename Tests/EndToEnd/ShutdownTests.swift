import Foundation
import Testing

@testable import Harness

extension EndToEnd {
  /// Signals at the process, as an operator or systemd sends them; more is in `SlowQueryTests`.
  @Suite struct ShutdownTests {
    @Test func aHangupReopensNothingAndHarmsNothing() throws {
      try Site.new { site in
        let process = try #require(site.responder.process)
        func open() throws -> Set<String> {
          let folder = "/proc/\(process.pid)/fd"
          return try Set(
            FileManager.default.contentsOfDirectory(atPath: folder).compactMap { number in
              let target = try? FileManager.default.destinationOfSymbolicLink(
                atPath: "\(folder)/\(number)")
              return target.map { "\(number) \($0)" }
            })
        }
        let target = try #require(try site.create(client())["Location"])
        // Answered after the connection of the create has ended.
        #expect(try site.get(target).status == 200)
        let before = try open()
        for _ in 0..<3 {
          process.signal(SIGHUP)
          #expect(try site.get(target).status == 200)
        }
        #expect(process.isRunning)
        // The same descriptors on the same files; nginx may have opened a connection more.
        let after = try open()
        #expect(before.contains { $0.hasSuffix(".log") })
        #expect(before.isSubset(of: after), "\(before.subtracting(after))")
        #expect(try site.create(client()).status == 201)
      }
    }

    /// A query that outlasts ERP_DRAIN_MS is left, and systemd has nothing to kill.
    @Test func theWaitForASlowQueryIsBounded() throws {
      try Site.new(.init(environment: ["ERP_DRAIN_MS": "700"])) { site in
        try site.database.psql(
          """
          CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN PERFORM pg_sleep(4); RETURN NEW; END $$;
          CREATE TRIGGER take_time BEFORE INSERT ON clients FOR EACH ROW
            EXECUTE FUNCTION take_time()
          """)
        let process = try #require(site.responder.process)
        let outcomes = try together(2) { index -> (status: Int, said: String, seconds: Double) in
          if index == 0 {
            let answer = try site.create(client())
            return (answer.status, answer.json["error"].string ?? "", 0)
          }
          try eventually("the query runs") {
            try site.database.psql(
              "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                + " AND wait_event = 'PgSleep'") == "1"
          }
          var status: Int32 = -1
          let seconds = try elapse {
            process.signal(SIGTERM)
            status = try process.wait(within: 10)
          }
          return (Int(status), "", seconds)
        }
        #expect(outcomes[0].status == 502)
        // PostgreSQL may still end what the process left.
        let advice = "vérifiez si l’opération a été faite avant de recommencer"
        #expect(outcomes[0].said.hasSuffix(advice))
        #expect(outcomes[1].status == 0)
        #expect(outcomes[1].seconds > 0.6 && outcomes[1].seconds < 2.5, "\(outcomes[1].seconds)")
      }
    }
  }
}
