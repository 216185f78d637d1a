import Testing

@testable import Harness

extension EndToEnd {
  /// nginx's connections to the responder, which reads share.
  @Suite struct KeptConnectionTests {
    /// Making and closing them over and over costs more than the reads themselves; holding them
    /// for good would take from the connections that nginx has for clients.
    @Test func thoseOfACrowdAreKeptForAWhile() throws {
      try Site.new { site in
        let crowd = 120
        let target = try #require(try site.create(client())["Location"])
        let holder = try site.database.hold(
          "BEGIN; LOCK TABLE clients IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(60)")
        try eventually("the table is locked") {
          try site.database.isLocked("clients", "AccessExclusiveLock")
        }
        @Sendable func connections() throws -> Double {
          try site.metrics().sum("erp_back_connections")
        }
        _ = try together(crowd + 1) { index in
          if index < crowd { return try site.get(target).status }
          defer { try? site.database.release(holder) }
          try eventually("all wait at once") { try connections() > Double(crowd) }
          return 200
        }
        #expect(try connections() >= Double(crowd))
        try eventually("those of no use are let go of", within: 20) { try connections() < 20 }
      }
    }
  }
}
