import Foundation
import Testing

@testable import Harness

extension Torture {
  /// The network between the service and its database server.
  @Suite struct NetworkTests {
    /// Limits short enough that a scenario meets them often; in their order.
    private static let limits = [
      "ERP_POOL_WAIT_MS": "500", "ERP_LOCK_TIMEOUT_MS": "500", "ERP_STATEMENT_TIMEOUT_MS": "700",
      "ERP_DEADLINE_MS": "1000", "ERP_CONNECT_TIMEOUT_MS": "1000",
    ]

    private func play(
      _ name: String, _ proxy: FaultProxy, _ work: (Scene) throws -> Void
    ) throws {
      defer { proxy.end() }
      try Scene.play(
        name,
        .init(
          environment: Self.limits,
          address: { database, password in
            Database.url(try proxy.url(of: database), password: password)
          }),
        // The deadline, and a busy machine: nobody meets it twice.
        load: Scene.Load(timeout: 3, limit: 1.9)
      ) { scene in
        let before = try scene.resources()
        try work(scene)
        // What was begun towards a silent server, threads that cancel too, is over.
        try eventually("descriptors and threads are back: \(before)") {
          let now = try scene.resources()
          return now.descriptors <= before.descriptors + 20 && now.threads <= before.threads + 1
        }
      }
    }

    @Test func isSlowThenSilent() throws {
      let seconds = Scene.length(short: 0.3, long: 4)
      let silence = Scene.length(short: 1.6, long: 5)
      let proxy = try FaultProxy(seed: 1)
      try play(
        "network slow (5, 20 and 80 ms a piece), then silent for \(silence) s", proxy
      ) { scene in
        for delay in [0.005, 0.02, 0.08] {
          proxy.set(.delay(delay))
          try scene.pause(seconds)
        }
        proxy.set(.none)
        try scene.heals()

        proxy.set(.silence)
        var slowest = (health: 0.0, refusal: 0.0)
        let end = Deadline(seconds: silence)
        while !end.hasPassed {
          var statuses: [Int] = []
          let health = try measure { statuses.append(try scene.site.get("/health").status) }
          let refusal = try measure {
            statuses.append(try scene.site.client.request("GET", "/clients/").status)
          }
          #expect(statuses == [200, 503])
          slowest = (max(slowest.health, health), max(slowest.refusal, refusal))
        }
        scene.note(
          "/health within \(Int(slowest.health * 1000)) ms, 503 within \(Int(slowest.refusal * 1000)) ms"
        )
        // The deadline of 1 s, and its tick; not what anybody waits for a connection, 0.5 s.
        #expect(slowest.refusal < 1.9)
        #expect(slowest.health < 0.45)
        proxy.set(.none)
        try scene.heals()
      }
    }

    @Test func deliversGarbage() throws {
      let rounds = Scene.length(short: 2, long: 20)
      let proxy = try FaultProxy(seed: 3)
      try play("garbage instead of answers for 0.4 s, \(rounds) times", proxy) { scene in
        for _ in 0..<rounds {
          proxy.set(.garbage)
          try scene.pause(0.4)
          proxy.set(.none)
          try scene.heals()
          try scene.pause(0.1)
        }
        scene.note("\(proxy.counts.garbled) pieces")
        #expect(proxy.counts.garbled > rounds)
      }
    }

    @Test func cutsAnywhere() throws {
      let rounds = Scene.length(short: 1, long: 8)
      let proxy = try FaultProxy(seed: 4)
      try play("connections cut after 0 to 30,000 bytes for 1.5 s, \(rounds) times", proxy) {
        scene in
        for _ in 0..<rounds {
          proxy.set(.cuts)
          try scene.pause(1.5)
          proxy.set(.none)
          try scene.heals()
          try scene.pause(0.2)
        }
        scene.note("\(proxy.counts.cut) cuts")
        #expect(proxy.counts.cut > 20 * rounds)
      }
    }

    /// One create after the other, and one read: cut after every byte of what is sent, and of what
    /// comes back. A write without an answer may have been done, but never twice; a read is done anew.
    @Test func cutsAfterEveryByte() throws {
      let step = Scene.length(short: 97, long: 7)
      let proxy = try FaultProxy(seed: 5)
      var random = SplitMix(6)
      try play("create and read cut after every \(step) bytes, each way", proxy) { scene in
        let run = unique()
        let id = UUID().uuidString.lowercased()
        let read = try scene.site.created(
          client(["id": .string(id), "name": .string(run + "read")]))["id"].string
        #expect(read == id)
        let binary = withUnsafeBytes(of: UUID(uuidString: id)!.uuid) { Array($0) }
        var acknowledged: Set<String> = []
        var refused: Set<String> = []
        var slowest = 0.0
        let before = proxy.counts.cut
        for direction in FaultProxy.Direction.allCases {
          // Another first byte in each direction, the same in every run.
          let first = Int.random(in: 0..<step, using: &random)
          for after in stride(from: first, through: 1400, by: step).shuffled(using: &random) {
            let name = "\(run)-\(direction)-\(after)-"
            proxy.set(.cut(mark: Array(name.utf8), direction, after: after))
            slowest = max(
              slowest,
              try measure {
                let answer = try scene.site.create(client(["name": .string(name)]))
                switch answer.status {
                case 201: acknowledged.insert(name)
                case 503: refused.insert(name)
                default: Issue.record("\(name): \(answer)")
                }
              })
            proxy.set(.cut(mark: binary, direction, after: after))
            slowest = max(
              slowest,
              try measure {
                let answer = try scene.site.get("/clients/\(id)")
                #expect(answer.status == 200 && answer.json["data"]["id"] == .string(id), "\(name)")
              })
          }
        }
        proxy.set(.none)
        try scene.heals()
        scene.note(
          "\(proxy.counts.cut - before) cuts, slowest answer to one \(Int(slowest * 1000)) ms")
        #expect(slowest < 1.5)

        let rows = try scene.site.database.psql(
          "SELECT name, count(*) FROM clients WHERE name LIKE '\(run)-%' GROUP BY name")
        var done: [String: Int] = [:]
        for line in rows.split(separator: "\n") {
          let parts = line.split(separator: "|")
          done[String(parts[0])] = Int(parts[1])
        }
        #expect(done.values.allSatisfy { $0 == 1 }, "done twice: \(done)")
        for name in acknowledged { #expect(done[name] == 1, "lost: \(name)") }
        #expect(done.keys.allSatisfy { acknowledged.contains($0) || refused.contains($0) })
        scene.note(
          "creates: \(acknowledged.count) acknowledged, all there once; "
            + "\(refused.count) answered 503, \(refused.count { done[$0] != nil }) of them done, once"
        )
        #expect(!refused.isEmpty)
      }
    }
  }
}

extension Scene {
  /// Descriptors and threads of the responder.
  func resources() throws -> (descriptors: Int, threads: Int) {
    guard let process = site.responder.process else { throw Failure("no process") }
    let files = FileManager.default
    return (
      try files.contentsOfDirectory(atPath: "/proc/\(process.pid)/fd").count,
      try files.contentsOfDirectory(atPath: "/proc/\(process.pid)/task").count
    )
  }
}
