import Foundation
import Synchronization
import Testing

@testable import Harness

extension Torture {
  /// PgBouncer in transaction mode stands before the server.
  @Suite(.enabled(if: PgBouncer.isThere, "there is no pgbouncer here: scripts/prepare --checks"))
  struct PgBouncerTests {
    /// PgBouncer 1.18 lends a session on after an error, though more than one answer is owed over it:
    /// answers would be lost, or be another's.
    @Test func refusals() throws {
      let rounds = Scene.length(short: 8, long: 60)
      try play(
        "PgBouncer in front, table away for a moment, \(rounds) times", prepares: false,
        load: Scene.Load(
          clients: 32, allowed: [500],
          arguments: ["--certain", "500", "--mix", "get=80,list=5,post=5,put=4,patch=3,delete=3"])
      ) { scene, bouncer in
        let database = scene.site.database
        for _ in 0..<rounds {
          try database.psql("ALTER TABLE clients RENAME TO clients_away")
          try scene.pause(0.02)
          try database.psql("ALTER TABLE clients_away RENAME TO clients")
          try scene.pause(0.08)
        }
        try scene.heals()
        let strays = try bouncer.strays()
        #expect(strays.isEmpty, "\(strays.prefix(3))")
      }
    }

    @Test func restarts() throws {
      let rounds = Scene.length(short: 1, long: 5)
      try play(
        "PgBouncer in front, it and the server restarted, \(rounds) times", prepares: false,
        ownsCluster: true
      ) {
        scene, bouncer in
        for round in 0..<rounds {
          try bouncer.stop(round % 2 == 0 ? SIGTERM : SIGKILL)
          try scene.pause(0.2)
          try bouncer.start()
          try scene.heals()
          try scene.pause(0.2)

          if round % 2 == 0 {
            try scene.site.cluster.stop()
          } else {
            try scene.site.cluster.kill()
          }
          try scene.pause(0.2)
          try scene.site.cluster.start()
          try scene.heals()
          try scene.pause(0.2)
        }
        let check = try Examination.of(
          scene.site, url: bouncer.url(of: scene.site.database), ["ERP_PREPARE": "off"])
        #expect(check.failures.isEmpty, "\(check.findings)")
      }
    }

    /// Left on by mistake: the service notices the pooler, and `erp-back check` tells.
    @Test func preparesByMistake() throws {
      try play(
        "PgBouncer in front, ERP_PREPARE=on by mistake", prepares: true,
        load: Scene.Load(clients: 32, allowed: [])
      ) { scene, bouncer in
        try scene.pause(Scene.length(short: 1.5, long: 10))
        let database = scene.site.database
        // A session that is lent twice shows it; among so many it may be another one each time.
        var check = try Examination.of(scene.site, url: bouncer.url(of: database))
        func finding() -> (outcome: String, text: String, remedy: String)? {
          check.findings.first { $0.text.contains("a pooler lends its sessions") }
        }
        for _ in 0..<2 where finding() == nil {
          check = try Examination.of(scene.site, url: bouncer.url(of: database))
        }
        #expect(finding()?.outcome == "warning", "\(check.findings)")
        #expect(finding()?.remedy.contains("ERP_PREPARE=off") == true)
        let direct = try Examination.of(scene.site)
        #expect(!direct.findings.contains { $0.text.contains("pooler") }, "\(direct.findings)")
        #expect(try bouncer.strays().isEmpty)
      }
    }

    private func play(
      _ name: String, prepares: Bool, ownsCluster: Bool = false, load: Scene.Load = Scene.Load(),
      _ work: (Scene, PgBouncer) throws -> Void
    ) throws {
      let place = "\(try Workbench.require().directory)/\(unique())"
      let made = Made()
      defer { made.bouncer.withLock { $0?.end() } }
      try Scene.play(
        name,
        .init(
          environment: ["ERP_PREPARE": prepares ? "on" : "off"], ownsCluster: ownsCluster,
          address: { database, password in
            _ = try database.plainURL(password: password)
            for setting in ["timezone = 'UTC'", "statement_timeout = '5s'", "lock_timeout = '2s'"] {
              try database.psql("ALTER ROLE \(database.role) SET \(setting)")
            }
            let bouncer = try PgBouncer(place, for: database)
            made.bouncer.withLock { $0 = bouncer }
            return Database.url(bouncer.url(of: database), password: password)
          }), load: load
      ) { scene in
        let bouncer = try #require(made.bouncer.withLock { $0 })
        scene.logs = [bouncer.logPath]
        try work(scene, bouncer)
      }
    }

    /// What the site made on its way up.
    private final class Made: Sendable {
      let bouncer: Mutex<PgBouncer?> = Mutex(nil)
    }
  }
}
