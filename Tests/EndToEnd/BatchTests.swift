import Glibc
import Testing

@testable import Harness

extension EndToEnd {
  /// Many reads that arrive in one turn of the loop and leave in one batch.
  @Suite struct BatchTests {
    /// Sends one read on each connection while the responder is stopped, so that it meets all of
    /// them at once; the statuses in the order of the connections.
    private func readTogether(_ sockets: [Socket], _ site: Site) throws -> [Int?] {
      let process = try #require(site.responder.process)
      kill(process.pid, SIGSTOP)
      for socket in sockets {
        socket.send(
          FastCGIRecord.request(FastCGIRecord.parameters("GET", nobody, []), keep: true))
      }
      kill(process.pid, SIGCONT)
      return try sockets.map { socket in
        try FastCGIAnswer(socket.receive(within: 5, until: FastCGIAnswer.isWhole)).status
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
  }
}
