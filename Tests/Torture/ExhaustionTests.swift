import Foundation
import Testing

@testable import Harness

extension Torture {
  /// 53300: others have the connections.
  @Suite struct ExhaustionTests {
    @Test func fewAreToBeHadOrNone() throws {
      let seconds = Scene.length(short: 0.5, long: 3)
      let counts = Scene.length(short: [3], long: [3, 1])
      let name =
        "connections (53300) all taken by others for \(seconds) s, "
        + "then \(counts.map(String.init).joined(separator: " and ")) of 9 to be had"
      try Scene.play(name) { scene in
        let server = try Self.smallServer(scene)
        try leaveNone(server, scene, for: seconds)
        for count in counts { try leave(count, server, scene, for: seconds) }
        scene.expectCauses(["no connection"], besides: ["connection lost"])
      }
    }

    private func leaveNone(_ server: Server, _ scene: Scene, for seconds: Double) throws {
      let site = scene.site
      let holder = try Self.takeAll(server)
      // What we lose is taken, sooner or later: none of ours for longer than others need for that.
      var since = ContinuousClock.now
      try eventually("every connection is taken", within: 20) {
        let ours = try server.processes(of: "erp")
        for pid in ours { try server.signal(pid, SIGTERM) }
        let isAway = try site.get("/health").json["status"] == "degraded"
        if !ours.isEmpty || !isAway { since = .now }
        return ContinuousClock.now - since >= .seconds(0.5)
      }
      try scene.pause(seconds)
      #expect(try site.get("/clients/").json["code"] == "unavailable")
      #expect(try server.refusal().contains("too many clients already"))
      try server.signal(holder.pid, SIGTERM)
      try server.waitUntilGone(holder.pid)
      holder.child.end()
      try server.waitUntilUp()
      try scene.heals("all taken")
    }

    /// The role may have as many as these; more are refused, and those there are serve.
    private func leave(
      _ count: Int, _ server: Server, _ scene: Scene, for seconds: Double
    ) throws {
      func served() throws -> Double {
        try scene.site.metrics().sum("erp_back_http_requests_total", ["status": "200"])
      }
      func refusals() throws -> Double {
        try scene.site.metrics().sum("erp_back_pool_connect_failures_total")
      }
      // A superuser has no limit.
      try server.warden.psql("ALTER ROLE erp NOSUPERUSER CONNECTION LIMIT \(count)")
      let before = (served: try served(), refusals: try refusals())
      for pid in try server.sessions() { try server.signal(pid, SIGTERM) }
      // Two lanes share them; with one, either waits in vain for the other.
      if count > 1 { try scene.heals("limit of \(count)") }
      try scene.pause(seconds)
      #expect(try server.sessions().count <= count)
      #expect(try served() > before.served, "what there is serves")
      #expect(try refusals() > before.refusals, "the limit was met")
      try server.warden.psql("ALTER ROLE erp CONNECTION LIMIT -1")
      try scene.heals("limit of \(count) lifted")
    }

    private struct Holder {
      let child: Child
      /// Of its session.
      let pid: pid_t
    }

    /// 25 connections in all, and no load that minds the restart that takes.
    private static func smallServer(_ scene: Scene) throws -> Server {
      let server = try Server(scene.site)
      try server.warden.psql("CREATE EXTENSION dblink")
      try server.warden.psql("ALTER SYSTEM SET max_connections = 25")
      try scene.site.cluster.stop()
      try scene.site.cluster.start()
      try scene.heals()
      return server
    }

    /// One session that opens others for as long as it can, and tries again when one is free.
    private static func takeAll(_ server: Server) throws -> Holder {
      let child = try server.warden.hold(
        """
        DO $$
        DECLARE
          taken int := 0;
          address text := format('host=%s dbname=postgres user=warden application_name=taken',
            split_part(current_setting('unix_socket_directories'), ',', 1));
        BEGIN
          FOR try IN 1..100000 LOOP
            BEGIN
              PERFORM dblink_connect('c' || taken, address);
              taken := taken + 1;
            EXCEPTION WHEN OTHERS THEN PERFORM pg_sleep(0.001);
            END;
          END LOOP;
        END $$
        """)
      // It may leave no connection to ask for it with.
      var pid: pid_t?
      try eventually("others take connections") {
        pid = try server.processes(of: "warden", in: server.warden.name).first
        return pid != nil
      }
      return Holder(child: child, pid: try #require(pid))
    }
  }
}
