import Foundation
import Testing

@testable import Harness

extension Torture {
  /// Very many large bodies at once, which all have to wait: the process does not hold them all.
  @Suite struct BodyMemoryTests {
    @Test func largeBodiesThatWait() throws {
      let clients = 600
      try Site.accountable { site in
        let process = try #require(site.responder.process)
        /// MiB.
        func memory(_ name: String) throws -> Int {
          try ProcessStatus.number(name, of: process.pid) / 1024
        }
        let before = try memory("VmRSS")
        let note = String(repeating: "x", count: 1_000_000)
        let contact = #"{"id":"1","firstName":"A","lastName":"B","note":"\#(note)"}"#
        let body = Array(#"{"type":"company","name":"Row","contacts":[\#(contact)]}"#.utf8)
        // Nobody gets a row's lock before all have come.
        let holder = try site.database.hold(
          "BEGIN; LOCK TABLE clients IN SHARE MODE; SELECT pg_sleep(1.5)")
        try eventually("the table is locked") {
          try site.database.isLocked("clients", "ShareLock")
        }
        let statuses = try together(clients) { _ in
          try site.client.request(
            "POST", "/clients/", [Site.jsonType], body: body, within: 60
          ).status
        }
        try site.database.release(holder)
        let most = try memory("VmHWM")
        let counts = Dictionary(grouping: statuses) { $0 }.mapValues(\.count)
        #expect(Set(counts.keys).isSubset(of: [201, 503]), "\(counts)")
        #expect(counts[503] ?? 0 > 0, "\(counts)")
        #expect(most < 800, "\(most) MiB")
        let rows = try site.database.psql("SELECT count(*) FROM clients WHERE name = 'Row'")
        #expect(rows == "\(counts[201] ?? 0)", "\(counts)")
        #expect(process.isRunning)
        #expect(try site.get("/clients/?limit=1&fields=id").status == 200)
        try eventually("the memory is given back", within: 10) {
          try memory("VmRSS") < before + 48
        }
        Scene.report(
          "\(clients) bodies of 1 MB at once, the table locked",
          "\(counts.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", "));"
            + " resident \(before) MiB before, \(most) at most, \(try memory("VmRSS")) after")
      }
    }
  }
}
