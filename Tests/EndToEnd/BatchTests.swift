import Glibc
import Testing

@testable import Harness

extension EndToEnd {
  /// Many reads that arrive in one turn of the loop and leave in one batch.
  @Suite struct BatchTests {
    /// Sends one read on each connection while the responder is stopped, so that it meets all of
    /// them at once; the statuses in the order of the connections.
    private func readTogether(_ sockets: [Socket], _ site: Site) throws -> [Int?] {
      try ask(sockets, site) { _ in nobody }.map(\.status)
    }

    private func ask(
      _ sockets: [Socket], _ site: Site, _ target: (Int) -> String
    ) throws -> [FastCGIAnswer] {
      let process = try #require(site.responder.process)
      kill(process.pid, SIGSTOP)
      for (index, socket) in sockets.enumerated() {
        socket.send(
          FastCGIRecord.request(FastCGIRecord.parameters("GET", target(index), []), keep: true))
      }
      kill(process.pid, SIGCONT)
      return try sockets.map { socket in
        try FastCGIAnswer(socket.receive(within: 5, until: FastCGIAnswer.isWhole))
      }
    }

    /// libpq sends early once 8 KB are queued: the refusal of the first is read before the batch
    /// has its end, and what is sent again behind it must not be aborted for ever.
    @Test func aStatementRefusedInALargeBatchHangsNobody() throws {
      try Site.new { site in
        let sockets = try (0..<250).map { _ in try Socket(path: site.responder.socketPath) }
        #expect(try Set(readTogether(sockets, site)) == [404])
        try site.database.psql("ALTER TABLE clients RENAME TO away")
        #expect(try Set(readTogether(sockets, site)) == [500])
        #expect(try site.get("/health/live").status == 200)
        try site.database.psql("ALTER TABLE away RENAME TO clients")
        #expect(try Set(readTogether(sockets, site)) == [404])
        #expect(try site.get("/health/ready").status == 200)
      }
    }

    @Test func aColumnThatGrowsUnderALargeBatchIsNoErrorToAnybody() throws {
      try Site.new { site in
        let sockets = try (0..<250).map { _ in try Socket(path: site.responder.socketPath) }
        #expect(try Set(readTogether(sockets, site)) == [404])
        try site.database.psql("ALTER TABLE clients ALTER COLUMN city TYPE varchar(120)")
        #expect(try Set(readTogether(sockets, site)) == [404])
        try site.database.psql("ALTER TABLE clients ALTER COLUMN city TYPE text")
        #expect(try Set(readTogether(sockets, site)) == [404])
      }
    }

    /// Short lists are sent behind one another on one connection or a few, others wait for an idle one;
    /// each has its own rows.
    @Test(arguments: ["1", "8"])
    func listsThatShareAConnectionAreEachTheirOwn(_ size: String) throws {
      try Site.new(.init(environment: ["ERP_POOL_SIZE": size])) { site in
        let city = try site.fill(40)
        let sockets = try (0..<40).map { _ in try Socket(path: site.responder.socketPath) }
        func counts(_ index: Int) -> String {
          switch index % 4 {
          case 0: "/clients/?limit=\(index + 1)"
          case 1: "/clients/?limit=\(index + 1)&city=\(city)"
          case 2: "/clients/search/Row?limit=\(index + 1)"
          default: "/clients/?limit=\(index + 1)&sort=name"
          }
        }
        for _ in 0..<3 {
          for (index, answer) in try ask(sockets, site, counts).enumerated() {
            #expect(answer.status == 200)
            let text = answer.answers[0].output
            #expect(text.split(separator: #""name":"Row "#).count == index + 2)
          }
        }
        // One that is refused takes nobody with it that is not refused itself.
        try site.database.psql("ALTER TABLE clients RENAME COLUMN address TO away")
        #expect(try Set(ask(sockets, site, counts).map(\.status)) == [500])
        try site.database.psql("ALTER TABLE clients RENAME COLUMN away TO address")
        #expect(try Set(ask(sockets, site, counts).map(\.status)) == [200])
        try site.database.psql("ALTER TABLE clients ALTER COLUMN city TYPE varchar(120)")
        #expect(try Set(ask(sockets, site, counts).map(\.status)) == [200])
      }
    }
  }
}
