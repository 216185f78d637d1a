import Foundation
import Testing

@testable import Harness

extension Torture {
  /// Every limit of time from both sides: what ends just before it passes, what takes a little
  /// longer gets that limit's own answer, in time, and not the next one's.
  @Suite struct TimeLimitTests {
    /// Milliseconds: the defaults in full, the same order in less time for `make test`.
    private static let wait = Scene.length(short: 400, long: 2000)
    private static let statement = Scene.length(short: 1200, long: 5000)
    private static let deadline = Scene.length(short: 1700, long: 7000)
    private static let read = Scene.length(short: 2300, long: 15_000)
    /// Seconds before and after a limit.
    private static let margin = 0.25
    /// Seconds after a limit within which its answer has come.
    private static let patience = 1.5

    private static func seconds(_ limit: Int) -> Double { Double(limit) / 1000 }

    private func environment(pool: Int = 4) -> [String: String] {
      var environment = ["ERP_POOL_SIZE": "\(pool)"]
      if !Scene.isLong {
        environment["ERP_POOL_WAIT_MS"] = "\(Self.wait)"
        environment["ERP_STATEMENT_TIMEOUT_MS"] = "\(Self.statement)"
        environment["ERP_DEADLINE_MS"] = "\(Self.deadline)"
      }
      return environment
    }

    /// A site with these limits, where a create takes as many seconds as its `lastService` says.
    private func withLimits(_ work: (Site) throws -> Void) throws {
      try Site.new(.init(environment: environment())) { site in
        try site.database.psql(
          """
          CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN PERFORM pg_sleep(NEW.last_service::float8); RETURN NEW; END $$;
          CREATE TRIGGER take_time BEFORE INSERT ON clients FOR EACH ROW
            WHEN (NEW.last_service IS NOT NULL) EXECUTE FUNCTION take_time()
          """)
        _ = try together(4) { _ in try site.get("/clients/").status }
        try work(site)
      }
    }

    /// A site with these limits, whose database is behind a relay.
    private func withRelay(pool: Int = 4, _ work: (Site, Relay) throws -> Void) throws {
      try Site.new { site in
        let relay = try Relay(site.database)
        defer { relay.end() }
        site.responder.end()
        let directory = URL(fileURLWithPath: site.responder.socketPath).deletingLastPathComponent()
        let responder = Responder(
          directory: directory.path, databaseURL: relay.url(of: site.database),
          environment: environment(pool: pool))
        try responder.start()
        defer { responder.end() }
        try site.waitUntilReady()
        try work(site, relay)
      }
    }

    /// What a request is answered, and after how many seconds.
    private func timed(_ request: () throws -> Answer) rethrows -> (Answer, Double) {
      let start = ContinuousClock.now
      let answer = try request()
      return (answer, (ContinuousClock.now - start) / .seconds(1))
    }

    /// A request that is held up until it is let go, or a limit passes.
    private enum Part {
      case answered(Answer, from: ContinuousClock.Instant, seconds: Double)
      case letGo(at: ContinuousClock.Instant)
    }

    /// Holds a request up for `seconds`, on one side of `limit`: once more where a busy machine let go
    /// on the other side, or as good as that.
    private func held(
      for seconds: Double, limit: Int, _ attempt: (Double) throws -> [Part]
    ) throws -> (Answer, Double) {
      let limit = Self.seconds(limit)
      var outcome: (Answer, Double)?
      for _ in 1...3 {
        var (start, end) = (ContinuousClock.now, ContinuousClock.now)
        for part in try attempt(seconds) {
          switch part {
          case .answered(let answer, let from, let time): (outcome, start) = ((answer, time), from)
          case .letGo(let at): end = at
          }
        }
        let taken = (end - start) / .seconds(1)
        if seconds < limit ? taken < limit - 0.05 : taken > limit + 0.05 { break }
      }
      return try #require(outcome)
    }

    private func asked(_ request: () throws -> Answer) rethrows -> Part {
      let start = ContinuousClock.now
      let (answer, seconds) = try timed(request)
      return .answered(answer, from: start, seconds: seconds)
    }

    private func letGo(after seconds: Double, _ release: () -> Void) -> Part {
      Thread.sleep(forTimeInterval: seconds)
      release()
      return .letGo(at: .now)
    }

    private func slow(_ seconds: Double) -> JSON { client(["lastService": .string("\(seconds)")]) }

    /// Expects a 503 with this code once the limit has passed, and not long after.
    private func expect(
      _ answer: Answer, _ code: String, after limit: Int, _ seconds: Double, _ name: String
    ) {
      #expect(answer.status == 503, "\(name): \(answer)")
      #expect(answer.json["code"] == .string(code), "\(name): \(answer)")
      #expect(answer["retry-after"] != nil)
      #expect(
        seconds >= Self.seconds(limit) - 0.02 && seconds <= Self.seconds(limit) + Self.patience,
        "\(name): \(seconds) s")
    }

    private func report(_ name: String, _ limit: Int, _ below: Answer, _ above: Double) {
      Scene.report(
        "limit, \(name) \(limit) ms",
        "\(Self.margin) s below: \(below.status); above: 503 after \(Scene.rounded(above)) s")
    }

    /// The only connection waits for an answer that does not come through.
    @Test func waitForAConnection() throws {
      try withRelay(pool: 1) { site, relay in
        /// What a list is answered for which the connection is free after so many seconds.
        func list(waiting seconds: Double) throws -> (Answer, Double) {
          try held(for: seconds, limit: Self.wait) { seconds in
            #expect(try site.get("/clients/").status == 200)
            let before = relay.count
            relay.hold()
            return try together(3) { index -> Part? in
              if index == 0 {
                #expect(try site.create(client()).status == 201)
                return nil
              }
              try eventually("the connection is taken") { relay.count > before }
              return index == 1
                ? try asked { try site.get("/clients/") } : letGo(after: seconds, relay.release)
            }.compactMap(\.self)
          }
        }
        let (below, _) = try list(waiting: Self.seconds(Self.wait) - Self.margin)
        #expect(below.status == 200, "\(below)")
        let (above, time) = try list(waiting: Self.seconds(Self.wait) + Self.margin)
        expect(above, "unavailable", after: Self.wait, time, "pool wait")
        report("wait for a connection", Self.wait, below, time)
      }
    }

    @Test func aStatement() throws {
      try withLimits { site in
        var outcomes: [(Answer, Double)] = []
        // A machine that stands still for as long as the margin ends both.
        for _ in 1...3 where outcomes.first?.0.status != 201 {
          outcomes = try together(2) { index in
            try timed {
              try site.create(
                slow(Self.seconds(Self.statement) + (index == 0 ? -Self.margin : Self.margin)))
            }
          }
        }
        #expect(outcomes[0].0.status == 201)
        expect(outcomes[1].0, "timeout", after: Self.statement, outcomes[1].1, "statement")
        #expect(try site.get("/clients/").json["count"] == 1)
        report("statement", Self.statement, outcomes[0].0, outcomes[1].1)
      }
    }

    /// A server that has done its work in time, and whose answer does not come through.
    @Test func theDeadlineOfTheService() throws {
      try withRelay { site, relay in
        func answer(_ target: String, late seconds: Double) throws -> (Answer, Double) {
          try held(for: seconds, limit: Self.deadline) { seconds in
            #expect(try site.get(target).status != 503)
            relay.hold()
            return try together(2) { index in
              index == 1
                ? try asked { try site.get(target) } : letGo(after: seconds, relay.release)
            }
          }
        }
        for (lane, target, status) in [("pool", "/clients/", 200), ("point", nobody, 404)] {
          let (below, _) = try answer(target, late: Self.seconds(Self.deadline) - Self.margin)
          #expect(below.status == status, "\(lane): \(below)")
          let (above, time) = try answer(target, late: Self.seconds(Self.deadline) + Self.margin)
          expect(above, "timeout", after: Self.deadline, time, "deadline, \(lane) lane")
          report("deadline, \(lane) lane", Self.deadline, below, time)
          try eventually("the site goes on", within: 2) { try site.get(target).status == status }
        }
      }
    }

    /// A service that hangs: nginx speaks for it, and what it gave up is not done afterwards.
    @Test func whatNginxWaits() throws {
      try withLimits { site in
        if !Scene.isLong {
          let parameters = URL(fileURLWithPath: site.nginxConfiguration)
            .deletingLastPathComponent().appendingPathComponent("snippets/erp-back-params.conf")
          let text = try String(contentsOf: parameters, encoding: .utf8)
          let changed = text.replacing(
            /fastcgi_read_timeout +15s;/, with: "fastcgi_read_timeout \(Self.read)ms;")
          try #require(changed != text)
          try changed.write(to: parameters, atomically: true, encoding: .utf8)
          let directory = URL(fileURLWithPath: site.responder.socketPath)
            .deletingLastPathComponent().path
          _ = try Output.ofSuccess(
            Workbench.require().scripts + "/site", ["reload", directory])
        }
        let process = try #require(site.responder.process)
        /// Of the attempt that counts.
        var city = ""
        func create(hanging seconds: Double) throws -> (Answer, Double) {
          try held(for: seconds, limit: Self.read) { seconds in
            city = unique()
            process.signal(SIGSTOP)
            defer { process.signal(SIGCONT) }
            return try together(2) { [city] index in
              index == 1
                ? try asked { try site.create(client(["city": .string(city)])) }
                : letGo(after: seconds) { process.signal(SIGCONT) }
            }
          }
        }
        let (below, _) = try create(hanging: Self.seconds(Self.read) - Self.margin)
        #expect(below.status == 201)
        let (above, time) = try create(hanging: Self.seconds(Self.read) + Self.margin)
        expect(above, "unavailable", after: Self.read, time, "nginx")
        #expect(
          try site.get("/clients/?city=\(city)").json["count"] == 0, "done after it was given up")
        report("read of nginx", Self.read, below, time)
      }
    }
  }
}
