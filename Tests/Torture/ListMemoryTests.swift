import Foundation
import Testing

@testable import Harness

extension Torture {
  /// What lists of rows as large as the API takes cost the process. libpq holds up to 100 rows whole; of
  /// a longer list its rows up to the size of a page.
  @Suite struct ListMemoryTests {
    /// A limit, how many ask at once, and the MiB that they may take: 17 rows of 1 MB and the answer made
    /// of them each, or 101 rows. With 16 every second one follows another on its connection. The unit's
    /// MemoryMax is 1024.
    private static let cases: [(Int, Int, Int)] =
      [(1000, 1, 128), (1000, 8, 400), (1000, 16, 500)]
      + Scene.length(short: [], long: [(100, 8, 1000)])

    @Test(arguments: cases)
    func listsOfLargeRows(_ limit: Int, _ clients: Int, _ bound: Int) throws {
      // It is not about time: 8 lists of 300 MB may take longer than the deadline as it ships.
      let patience = [
        "ERP_POOL_WAIT_MS": "12000", "ERP_STATEMENT_TIMEOUT_MS": "13000",
        "ERP_DEADLINE_MS": "14000",
      ]
      try Site.accountable(.init(environment: patience)) { site in
        let rows = clients > 8 ? 120 : Scene.length(short: 60, long: 120)
        try site.database.psql(
          """
          INSERT INTO clients (id, type, name, contacts)
          SELECT gen_random_uuid(), 'company', 'Row', jsonb_build_array(jsonb_build_object(
            'id', '1', 'firstName', 'A', 'lastName', 'B', 'note', repeat('x', 1000000)))
          FROM generate_series(1, \(rows))
          """)
        let process = try #require(site.responder.process)
        /// MiB.
        func memory(_ name: String) throws -> Int {
          try ProcessStatus.number(name, of: process.pid) / 1024
        }
        let before = try memory("VmRSS")
        let seconds = ContinuousClock.now
        let statuses = try together(clients) { _ in
          try Timed(site, "GET", "/clients/?limit=\(limit)", []).status
        }
        let taken = (ContinuousClock.now - seconds) / .seconds(1)
        let most = try memory("VmHWM")
        // 2 GB of 16 answers may take longer than anybody waits.
        let least = limit == 1000 ? min(clients, 8) : 1
        #expect(Set(statuses).isSubset(of: [200, 503]), "\(statuses)")
        #expect(statuses.count { $0 == 200 } >= least, "\(statuses)")
        #expect(most <= bound, "\(most) MiB")
        #expect(process.isRunning)
        #expect(try site.get("/health/live").status == 200)
        try eventually("the memory is given back", within: 10) {
          try memory("VmRSS") < before + 64
        }
        Scene.report(
          "\(clients) lists at once, limit=\(limit), of \(rows) rows of 1 MB",
          "\(statuses.count { $0 == 200 }) served in \(Scene.rounded(taken)) s; resident"
            + " \(before) MiB before, \(most) at most, \(try memory("VmRSS")) after")
      }
    }
  }
}
