import Foundation
import Testing

@testable import Harness

extension Torture {
  /// Very many requests, one in eight of which fails, and a database that is restarted meanwhile:
  /// nothing grows, nothing is lost, and both sides have counted the same.
  @Suite struct SoakTests {
    static let requests = Scene.length(short: 44_000, long: 1_100_000)
    static let failing = Scene.length(short: 4000, long: 100_000)
    static let restarts = Scene.length(short: 2, long: 20)
    /// Until then every buffer has met its largest answer, every connection of the pools was made
    /// and made again after the first restart, and every statement was prepared on each.
    static let warmUp = Scene.length(short: 9000, long: 100_000)
    /// Of a body: low, so that a body over it costs little.
    private static let bodyLimit = 65_536

    /// Every kind of request, of success and of failure; what comes of `cut` nobody is told.
    private static let mix =
      "get=45,list=10,post=13,put=9,patch=6,delete=6,conflict=2,invalid=2,stale=2,absent=1,gone=1"
      + ",method=1,media=1,large=1,cut=1"

    @Test func nothingGrowsAndNothingIsLost() throws {
      let canary = Canary()
      var options = Site.Options(ownsCluster: true)
      options.password = canary.password
      options.environment = ["ERP_MAX_BODY": "\(Self.bodyLimit)"]
      try Site.new(options) { site in
        try canary.appear(at: site)
        let process = try #require(site.responder.process)
        let before = try site.metrics()
        let place = "\(try Workbench.require().directory)/soak-\(unique())"
        let program = try #require(
          ProcessInfo.processInfo.environment["ERP_TEST_LEDGER"], "run scripts/test")
        let start = ContinuousClock.now
        let ledger = try Child(
          program,
          [
            "--url", "http://127.0.0.1:\(site.port)", "--duration", "0", "--requests",
            "\(Self.requests)", "--mix", Self.mix, "--allow", "503", "--timeout", "9",
            "--large-share", "5", "--body-limit", "\(Self.bodyLimit)",
          ], environment: canary.environment, output: place + ".out", errors: place + ".err")
        let course = try watch(site, process, before, while: ledger)
        let status = try ledger.wait(within: 120)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let text = try String(contentsOfFile: place + ".out", encoding: .utf8)
        let complaints = try String(contentsOfFile: place + ".err", encoding: .utf8)
        let line = try #require(
          try? JSONDecoder().decode(LedgerLine.self, from: Data(text.utf8)), "\(complaints)")
        #expect(status == 0, "\(complaints)")
        #expect(line.ledger?.exact == true, "\(complaints)")
        #expect(line.requests >= Self.requests)
        let failed = line.statuses.filter { !["200", "201"].contains($0.key) }.values.reduce(0, +)
        #expect(failed >= Self.failing, "\(line)")
        // Each kind was there; what the restarts of the database caused is the smaller part.
        for status in [404, 405, 409, 412, 413, 415, 422, 503] {
          #expect(line.count(status) >= Self.requests / 1000, "\(status): \(line)")
        }
        // They are as many as 16 clients send while PostgreSQL is away, however long it takes to start.
        #expect(line.count(503) < line.requests / 2, "\(line)")
        let counted = try agreement(before, site.metrics(), line, besides: course.answers)
        try judge(course.footprint)
        #expect(process.isRunning && site.responder.process === process)
        try canary.check(site)
        let footprint = course.footprint
        Scene.report(
          "soak of \(Self.requests) requests",
          "\(line) in \(Int(seconds)) s; \(failed) failed as they had to; \(course.restarts)"
            + " restarts of the database, slowest recovery \(Scene.rounded(course.slowest)) s;"
            + " /metrics agrees on \(counted) answers;"
            + " after \(Self.warmUp) requests, first quarter/last quarter/most of"
            + " \(footprint.looks.count) looks: resident MiB"
            + " \(try footprint.course(after: Self.warmUp) { Double($0.memory) / 1_048_576 }),"
            + " descriptors \(try footprint.course(after: Self.warmUp) { Double($0.descriptors) }),"
            + " threads \(try footprint.course(after: Self.warmUp) { Double($0.threads) }),"
            + " sessions \(try footprint.course(after: Self.warmUp) { Double($0.sessions) })")
      }
    }

    private struct Watched {
      var footprint = SoakFootprint()
      var restarts = 0
      /// Seconds until everybody was served again.
      var slowest = 0.0
      /// To what was asked to see that, by method and status: nobody else counts them.
      var answers: [String: [String: Int]] = [:]
    }

    /// Looks at the process while the load goes on, and restarts the database at even distances.
    private func watch(
      _ site: Site, _ process: Child, _ before: Samples, while ledger: Child
    ) throws -> Watched {
      var watched = Watched()
      let distance = Self.requests * 95 / 100 / (Self.restarts + 1)
      let pause = Scene.length(short: 0.05, long: 1)
      while ledger.isRunning {
        let metrics = try site.metrics()
        let count = Self.routes.reduce(0) {
          $0 + metrics.sum(Self.counter, ["route": $1]) - before.sum(Self.counter, ["route": $1])
        }
        // The reading of the rows at the end is no load.
        if Int(count) > Self.requests * 98 / 100 {
          Thread.sleep(forTimeInterval: 0.1)
          continue
        }
        try watched.footprint.look(at: site, process, requests: Int(count))
        if Int(count) > distance * (watched.restarts + 1), watched.restarts < Self.restarts {
          if watched.restarts % 2 == 0 { try site.cluster.stop() } else { try site.cluster.kill() }
          try site.cluster.start()
          let seconds = try site.heals("restart \(watched.restarts + 1)") { method, status in
            watched.answers[method, default: [:]]["\(status)", default: 0] += 1
          }
          #expect(try site.client.request("GET", "/health/ready").status == 200)
          watched.restarts += 1
          watched.slowest = max(watched.slowest, seconds)
        }
        Thread.sleep(forTimeInterval: pause)
      }
      #expect(watched.restarts == Self.restarts)
      return watched
    }

    private static let counter = "erp_back_http_requests_total"
    /// Those that the load uses, and meanwhile nobody but who looks whether the service has healed:
    /// the rows are read at the end by status.
    private static let routes = ["/clients", "/clients/{id}"]

    /// Compares what the clients counted with what the service counted, by method and status.
    ///
    /// - Parameter own: further answers.
    /// - Returns: how many answers there were.
    private func agreement(
      _ before: Samples, _ after: Samples, _ line: LedgerLine, besides own: [String: [String: Int]]
    ) throws -> Int {
      var total = 0
      for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        var here = line.answers[method] ?? [:]
        here["cut-short"] = nil  // nginx keeps what is not whole
        here.merge(own[method] ?? [:], uniquingKeysWith: +)
        var there: [String: Int] = [:]
        for status in after.labels(Self.counter, "status") {
          for route in Self.routes {
            let labels = ["route": route, "method": method, "status": status]
            let count = Int(after.sum(Self.counter, labels) - before.sum(Self.counter, labels))
            if count > 0 { there[status, default: 0] += count }
          }
        }
        #expect(here == there, "\(method): clients counted \(here), the service \(there)")
        total += here.values.reduce(0, +)
      }
      return total
    }

    /// Flat: the mean of the last quarter is that of the first, but for what comes and goes.
    private func judge(_ footprint: SoakFootprint) throws {
      let memory = try footprint.course(after: Self.warmUp) { Double($0.memory) / 1_048_576 }
      // A tenth, or 2 MiB: what malloc keeps of a list of large rows.
      #expect(memory.last <= max(memory.first * 1.1, memory.first + 2), "memory: \(memory) MiB")
      #expect(memory.most <= memory.first + 16, "memory: \(memory) MiB")
      // Each of 16 clients has a connection through nginx at most, and nginx keeps some open.
      let descriptors = try footprint.course(after: Self.warmUp) { Double($0.descriptors) }
      #expect(descriptors.last <= descriptors.first + 8, "descriptors: \(descriptors)")
      #expect(descriptors.most <= descriptors.first + 24, "descriptors: \(descriptors)")
      let threads = try footprint.course(after: Self.warmUp) { Double($0.threads) }
      #expect(threads.first == threads.most && threads.last == threads.most, "threads: \(threads)")
      // The pool's 8, one for reads of one row, and one that is going.
      let sessions = try footprint.course(after: Self.warmUp) { Double($0.sessions) }
      #expect(sessions.last <= sessions.first + 1 && sessions.most <= 10, "sessions: \(sessions)")
    }
  }
}
