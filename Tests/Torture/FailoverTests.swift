import Foundation
import Testing

@testable import Harness

extension Torture {
  /// One of two servers ends and the other takes over: `target_session_attrs=read-write`.
  @Suite struct FailoverTests {
    @Test func primaryKilled() throws {
      let rounds = Scene.length(short: 1, long: 4)
      try play("failover, primary killed, \(rounds) times") { scene, pair in
        for round in 0..<rounds {
          if round > 0 { try pair.rebuild() }
          try scene.pause(0.3)
          try pair.killPrimary()
          // Reads and writes find the standby only, which is not taken.
          try scene.isAnswered(503)
          try scene.pause(0.3)
          try pair.promote()
          try scene.recovers()
          try scene.pause(0.3)
        }
      }
    }

    /// A machine that lost its power or its network says nothing, not even that it is gone.
    @Test func primaryFrozen() throws {
      try play(
        "failover, primary frozen",
        [
          "ERP_CONNECT_TIMEOUT_MS": "1000", "ERP_DEADLINE_MS": "2000",
          "ERP_STATEMENT_TIMEOUT_MS": "1500", "ERP_LOCK_TIMEOUT_MS": "1000",
          "ERP_POOL_WAIT_MS": "1000",
        ]
      ) { scene, pair in
        let frozen = pair.primary
        let processes = try pair.freezePrimary()
        defer { pair.endFrozen(processes, in: frozen) }
        try scene.isAnswered(503)
        // An attempt to connect that began before the promotion, and found the standby to be one,
        // waits for the frozen server to the end of its limit.
        try scene.pause(0.5)
        try pair.promote()
        try scene.recovers(within: 1 + 2)
        try scene.pause(1)
      }
    }

    private func play(
      _ name: String, _ environment: [String: String] = [:],
      _ work: (Scene, ServerPair) throws -> Void
    ) throws {
      var pair: ServerPair?
      defer { pair?.end() }
      try Scene.play(
        name,
        .init(
          environment: environment, ownsCluster: true,
          address: { database, _ in try ServerPair.url(database) })
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
