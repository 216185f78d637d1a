import Foundation
import Testing

@testable import Harness

extension Torture {
  /// Single sessions of the server die, are ended, or stand still.
  @Suite struct BackendTests {
    /// 57P02 and 57P03 for all when one is killed; 57P01 for one that is terminated, 57014 for a
    /// statement that is cancelled.
    @Test func theyDie() throws {
      let kills = Scene.length(short: 1, long: 5)
      let seconds = Scene.length(short: 1.0, long: 10)
      let name =
        "backends killed (SIGKILL) \(kills) times, then terminated and cancelled for \(seconds) s"
      try Scene.play(name) { scene in
        let server = try Server(scene.site)
        for _ in 0..<kills {
          let victim = try #require(try server.sessions().randomElement())
          try server.signal(victim, SIGKILL)
          try server.waitUntilGone(victim)
          try server.waitUntilUp()
          try scene.heals("killed")
        }
        // So that sessions are busy for a while.
        try server.warden.psql(
          """
          CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            PERFORM pg_sleep(0.01);
            RETURN NEW;
          END $$;
          CREATE TRIGGER take_time BEFORE INSERT OR UPDATE ON clients
            FOR EACH ROW EXECUTE FUNCTION take_time()
          """)
        var signals: [String: Int] = [:]
        let (end, latest) = (Deadline(seconds: seconds), Deadline(seconds: seconds + 15))
        var round = 0
        // Until there was one of each kind.
        while !end.hasPassed || (round < 2 || signals.values.contains(0)) && !latest.hasPassed {
          let state = round % 2 == 0 ? "idle" : "active"
          for act in ["terminate", "cancel"] {
            let count = try server.warden.psql(
              "SELECT count(pg_\(act)_backend(pid)) FROM (SELECT pid FROM pg_stat_activity"
                + " WHERE application_name = 'erp-back' AND state = '\(state)'"
                // Not while it is being made: that is a database which lets nobody in.
                + " AND query LIKE '%clients%'"
                + " ORDER BY random() LIMIT 3) AS chosen")
            signals["\(state) ones to \(act)", default: 0] += try #require(Int(count))
          }
          round += 1
          try scene.pause(0.02)
        }
        #expect(signals.count == 4 && signals.values.allSatisfy { $0 > 0 }, "\(signals)")
        scene.note(
          signals.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        )
        try scene.heals("terminated")
        // A session that is terminated is replaced at once: that is no outage.
        try scene.expectOutages(kills)
        scene.expectCauses(["no connection"], besides: ["connection lost", "SQLSTATE 57014"])
      }
    }

    /// Who waits for it is answered at the client-side deadline; others go on; nobody meets it twice.
    @Test func oneStandsStill() throws {
      let limits = ServiceLimits.current
      let rounds = 2
      var load = Scene.Load()
      load.limit = limits.latest
      try Scene.play("backend stopped (SIGSTOP), \(rounds) times", limits.options, load: load) {
        scene in
        let server = try Server(scene.site)
        for round in 0..<rounds {
          let isPoint = round % 2 == 0
          let stopped = try Self.stopIdle(server, isPoint: isPoint)
          defer { try? server.signal(stopped, SIGCONT) }
          // Not one of those that wait is answered before.
          let probe = Probe(
            scene.site, isPoint ? ["GET /clients/?limit=1", "POST /clients/"] : ["GET \(nobody)"])
          try scene.pause(limits.deadline + 0.2)
          #expect(try probe.end().contains { $0.answer < "5" }, "others go on")
          // That it stands still is no fault any more: it was given up. One that nobody wanted yet
          // may still be met.
          try scene.heals("standing still", within: 2 + (isPoint ? 0 : limits.deadline))
          try server.signal(stopped, SIGCONT)
          try scene.heals("going on")
        }
        try scene.expectOutages(0)
        scene.expectCauses(
          ["deadline"], besides: ["connection lost", "no connection", "SQLSTATE 57014"])
      }
    }

    /// Nobody reaches the deadline, so nobody but those who leave gives the session up: a group's, too.
    @Test func oneStandsStillAndItsClientsLeave() throws {
      try Site.new(.init(environment: ["ERP_POOL_SIZE": "1"], ownsCluster: true)) { site in
        let server = try Server(site)
        try server.warden.psql(
          """
          CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            PERFORM pg_sleep(CASE WHEN NEW.name LIKE '%-0' THEN 0.06 ELSE 0.2 END);
            RETURN NEW;
          END $$;
          CREATE TRIGGER take_time BEFORE INSERT ON clients
            FOR EACH ROW EXECUTE FUNCTION take_time()
          """)
        let pid = try #require(try server.sessions(where: "NOT (\(Server.isPoint))").first)
        var (run, before, answers) = ("", 0.0, [0])
        // The first by itself; those that waited for it together. On a busy machine the first may take
        // longer than what is quick, or be over before the others came: then nothing is stopped.
        for _ in 1...3 where answers.last == 0 {
          run = unique()
          before = try site.metrics().sum("erp_back_pipeline_batch_size_count", ["lane": "pool"])
          answers = try together(6) { [run] index -> Int in
            if index == 5 {
              let isGroup: Void? = try? eventually("a group of four", within: 0.5) {
                try site.metrics().sum("erp_back_pool_in_flight", ["lane": "pool"]) == 4
              }
              guard isGroup != nil else { return 0 }
              try server.signal(pid, SIGSTOP)
              return 1
            }
            if index > 0 { Thread.sleep(forTimeInterval: 0.02) }
            let body = client(["name": .string("\(run)-\(index)")])
            let answer = try? site.client.request(
              "POST", "/clients/", [Site.jsonType], body: Array(body.text.utf8), within: 1.2)
            return answer?.status ?? -1
          }
        }
        #expect(answers.count { $0 == 201 } == 1 && answers.count { $0 == -1 } == 4, "\(answers)")
        let seconds = try measure {
          try eventually("a list is served again", within: 5) {
            try site.client.request("GET", "/clients/?limit=1").status == 200
          }
        }
        #expect(seconds < 3)
        let batches = try site.metrics().sum(
          "erp_back_pipeline_batch_size_count", ["lane": "pool"])
        // What the session had begun it may end, or not.
        let stopped = try server.sessions(where: "state <> 'idle'")
        for pid in try server.sessions() { try? server.signal(pid, SIGCONT) }
        #expect(!stopped.isEmpty)
        for pid in stopped { try server.waitUntilGone(pid) }
        let names = try site.database.psql(
          "SELECT name FROM clients WHERE name LIKE '\(run)-%'"
        ).split(separator: "\n")
        #expect(Set(names).count == names.count, "done twice: \(names)")
        let created = try #require(answers.firstIndex(of: 201))
        #expect(names.contains("\(run)-\(created)"), "lost: \(names)")
        Scene.report(
          "backend stopped, its clients leave",
          "4 clients of a group gone, \(names.count - 1) of their creates done, once;"
            + " \(Int(batches - before)) batches; a list served again after"
            + " \(Scene.rounded(seconds)) s")
      }
    }

    /// Stops a session that does nothing at the moment: another may hold what all need.
    private static func stopIdle(_ server: Server, isPoint: Bool) throws -> pid_t {
      var stopped: pid_t = 0
      try eventually("an idle session is stopped") {
        guard
          let pid = try server.sessions(
            where: isPoint ? Server.isPoint : "NOT (\(Server.isPoint))"
          ).first
        else { return false }
        try server.signal(pid, SIGSTOP)
        let state = try server.warden.psql(
          "SELECT state || ' ' || wait_event FROM pg_stat_activity WHERE pid = \(pid)")
        if state == "idle ClientRead" {
          stopped = pid
          return true
        }
        try server.signal(pid, SIGCONT)
        return false
      }
      return stopped
    }
  }
}
