import Foundation
import Testing

@testable import Harness

extension Torture {
  /// What lists of rows as large as the API takes cost the process: libpq holds a result whole.
  @Suite struct ListMemoryTests {
    @Test(.enabled(if: Scene.isLong, "it takes gigabytes: make torture"), arguments: [1, 8])
    func listsOfLargeRows(_ clients: Int) throws {
      try Site.new { site in
        let rows = 300
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
          let status = try String(contentsOfFile: "/proc/\(process.pid)/status", encoding: .utf8)
          let line = try #require(status.split(separator: "\n").first { $0.hasPrefix(name) })
          return try #require(Int(line.split(whereSeparator: \.isWhitespace)[1])) / 1024
        }
        let before = try memory("VmRSS")
        let seconds = ContinuousClock.now
        let statuses = try together(clients) { _ in
          try site.client.request("GET", "/clients/?limit=1000", within: 60).status
        }
        let taken = (ContinuousClock.now - seconds) / .seconds(1)
        let most = try memory("VmHWM")
        #expect(Set(statuses).isSubset(of: [200, 503]), "\(statuses)")
        #expect(process.isRunning)
        #expect(try site.get("/health/live").status == 200)
        try eventually("the memory is given back", within: 10) {
          try memory("VmRSS") < before + 64
        }
        Scene.report(
          "\(clients) lists at once of \(rows) rows of 1 MB",
          "\(statuses.count { $0 == 200 }) served in \(Scene.rounded(taken)) s; resident"
            + " \(before) MiB before, \(most) at most, \(try memory("VmRSS")) after")
      }
    }
  }
}
