import Foundation
import Testing

@testable import Harness

extension Torture {
  /// 25006: the database takes no writes.
  @Suite struct ReadOnlyTests {
    /// In the midst of sessions that are open; then for a role, whose sessions keep what they
    /// began with, so that those of then are found out and replaced.
    @Test func theServerAndTheRoleAreReadOnly() throws {
      let seconds = Scene.length(short: 1.0, long: 4)
      let name = "server read-only (25006) for \(seconds) s, then role"
      let line = try Scene.play(name) { scene in
        let server = try Server(scene.site)
        try server.set("default_transaction_read_only", "on")
        let before = try Self.connects(scene.site)
        try Self.expectReadsOnly(scene, for: seconds)
        let made = try Self.connects(scene.site) - before
        // A second's worth: not one for every write.
        #expect(made <= 9 * (seconds + 2), "reads paid for \(made) connections")
        scene.note("\(Int(made)) connections made meanwhile")
        try server.set("default_transaction_read_only", nil)
        try scene.heals("server")

        try server.warden.psql("ALTER ROLE erp SET default_transaction_read_only = on")
        let sessions = try server.sessions()
        // A read that meets one of them is sent once more, to another that does not end meanwhile.
        for pid in sessions {
          try server.signal(pid, SIGTERM)
          try server.waitUntilGone(pid)
        }
        try eventually("writes are refused") { try scene.site.create(client()).status == 503 }
        try Self.expectReadsOnly(scene, for: seconds)
        try server.warden.psql("ALTER ROLE erp RESET default_transaction_read_only")
        try scene.heals("role")
        try scene.expectOutages(0)
        scene.expectCauses(["SQLSTATE 25006"], besides: ["connection lost", "no connection"])
      }
      // Sent once more, a read may meet the next one that ends, and is refused then.
      #expect(line.refused("GET") <= 3, "reads were refused: \(line)")
    }

    /// No write is refused for what a session began with.
    @Test func theFirstWriteAfterItIsDone() throws {
      try Site.new(.init(ownsCluster: true)) { site in
        let server = try Server(site)
        try server.warden.psql("ALTER ROLE erp SET default_transaction_read_only = on")
        for pid in try server.sessions() { try server.signal(pid, SIGTERM) }
        _ = try together(8) { _ in try site.get("/clients/").status }
        try eventually("sessions are a second old") {
          try server.warden.psql(
            "SELECT min(clock_timestamp() - backend_start) > interval '1.1 s'"
              + " FROM pg_stat_activity WHERE application_name = 'erp-back'") == "t"
        }
        #expect(try server.sessions().count > 1)
        try server.warden.psql("ALTER ROLE erp RESET default_transaction_read_only")
        let statuses = try together(16) { _ in try site.create(client()).status }
        #expect(statuses.allSatisfy { $0 == 201 }, "\(statuses)")
      }
    }

    private static func connects(_ site: Site) throws -> Double {
      try site.metrics().sum("erp_back_pool_connects_total")
    }

    private static func expectReadsOnly(_ scene: Scene, for seconds: Double) throws {
      let probe = Probe(scene.site, ["GET /clients/?limit=1", "GET \(nobody)", "POST /clients/"])
      try scene.pause(seconds)
      let sightings = try probe.end()
      #expect(sightings.answers("GET /clients/?limit=1") == ["200"])
      #expect(sightings.answers("GET \(nobody)") == ["404 not_found"])
      #expect(sightings.answers("POST /clients/") == ["503 unavailable"])
      scene.note("\(sightings.count) requests beside it: reads served, writes refused")
    }
  }
}
