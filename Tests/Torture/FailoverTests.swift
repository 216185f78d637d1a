import Foundation
import Testing

@testable import Harness

extension Torture {
  /// One of two servers ends and the other takes over: `target_session_attrs=read-write`.
  @Suite struct FailoverTests {
    /// First the primary is killed. Then, the standby that took over having got a standby of its own,
    /// it is frozen: a machine that lost its power or its network says nothing, not even that it is gone.
    @Test func primaryKilledThenFrozen() throws {
      let rounds = Scene.length(short: 1, long: 4)
      try play("failover, primary killed \(rounds) times, then frozen") { scene, pair in
        for _ in 0..<rounds {
          try pair.killPrimary()
          // Reads and writes find the standby only, which is not taken.
          try scene.isAnswered(503)
          try scene.pause(0.2)
          try pair.promote()
          try scene.heals("killed")
          try pair.rebuild()
        }
        let frozen = pair.primary
        let processes = try pair.freezePrimary()
        defer { pair.endFrozen(processes, in: frozen) }
        try scene.isAnswered(503)
        try pair.promote()
        // An attempt to connect that began before the promotion, and found the standby to be one,
        // waits for the frozen server to the end of its limit, which is 1 s here. Most are over within
        // 2 s all the same, and 2.98 s were seen with other work on the machine.
        try scene.heals("frozen", within: 1 + 3)
        try scene.pause(0.3)
      }
    }

    /// The old primary goes on serving, read-only: who read from it would not find what was created since.
    @Test func primaryFenced() throws {
      try play("switchover, the old primary goes on read-only") { scene, pair in
        let old = pair.live.maintenance
        try old.psql("ALTER SYSTEM SET default_transaction_read_only = on")
        try old.psql("SELECT pg_reload_conf()")
        try eventually("writes are refused") {
          try scene.site.client.request(
            "POST", "/clients/", [Site.jsonType], body: Array(client().text.utf8)
          ).status == 503
        }
        try pair.promote()
        try scene.heals()
        // The load reads what it has written, and takes a 404 for a loss; so does this.
        for _ in 0..<Scene.length(short: 200, long: 2000) {
          let id = try #require(try scene.site.created(client())["id"].string)
          #expect(try scene.site.get("/clients/\(id)").status == 200)
        }
        // A session that has just begun asks it what it is, and leaves.
        let staying = try old.psql(
          "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'erp-back'"
            + " AND clock_timestamp() - backend_start > interval '1 s'")
        #expect(staying == "0")
      }
    }

    private func play(
      _ name: String, _ work: (Scene, ServerPair) throws -> Void
    ) throws {
      var pair: ServerPair?
      defer { pair?.end() }
      try Scene.play(
        name,
        .init(
          environment: [
            "ERP_POOL_WAIT_MS": "700", "ERP_LOCK_TIMEOUT_MS": "700",
            "ERP_STATEMENT_TIMEOUT_MS": "800", "ERP_DEADLINE_MS": "1000",
            "ERP_CONNECT_TIMEOUT_MS": "1000",
          ], ownsCluster: true,
          address: { database, password in
            Database.url(try ServerPair.url(database), password: password)
          }),
        // The deadline, and a busy machine: nobody meets it twice.
        load: Scene.Load(timeout: 3, limit: 1.9)
      ) { scene in
        let made = try ServerPair(scene.site.database)
        pair = made
        try work(scene, made)
        #expect(
          try made.live.psql("SELECT pg_is_in_recovery()") == "f", "it is not the primary")
      }
    }
  }
}
