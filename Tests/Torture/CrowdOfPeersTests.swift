import Foundation
import Testing

@testable import Harness

extension Torture {
  /// More connections than ordinary days bring, and more than there are descriptors for.
  @Suite struct CrowdOfPeersTests {
    private static func request(_ target: String, keep: Bool = false) -> [UInt8] {
      FastCGIRecord.request(FastCGIRecord.parameters("GET", target, []), keep: keep)
    }

    /// Connections that have carried a request and are kept: nothing ends them.
    private func keep(_ count: Int, _ site: Site) throws -> [Socket] {
      let live = Self.request("/health/live", keep: true)
      return try (0..<count).map { _ in
        let socket = try Socket(path: site.responder.socketPath)
        socket.send(live)
        #expect(try FastCGIAnswer(socket.receive(until: FastCGIAnswer.isWhole)).status == 200)
        return socket
      }
    }

    /// Behind 1024 descriptors select(2) would write beyond its set.
    @Test func descriptorsAbove1024() throws {
      let count = Scene.length(short: 1500, long: 12_000)
      try raiseDescriptorLimit(to: count + 1000)
      // The table of exchanges and their buffers stay for the next crowd.
      try Site.withstanding("descriptors above 1024", residue: 4 * count + Site.residue) {
        site, before in
        try raiseDescriptorLimit(to: count + 500, of: before.process)
        let city = try site.fill(200, set: "address = repeat('x', 5000)")
        let sockets = try keep(count, site)
        let held = try Footprint(of: site)
        #expect(held.connections > count)
        // All on descriptors beyond: a read, a create, a body that is gathered, a long list.
        #expect(try site.responder.request("GET", nobody).status == 404)
        let body = Array(client(["city": "beyond"]).text.utf8)
        #expect(try site.responder.request("POST", "/clients/", body: body).status == 201)
        let blanks = [UInt8](repeating: 32, count: 400_000)
        #expect(try site.responder.request("POST", "/clients/", body: body + blanks).status == 201)
        let list = try site.responder.request("GET", "/clients/?city=\(city)&limit=1000")
        #expect(list.status == 200)
        #expect((list.answers.first?.output.count ?? 0) > 1_000_000)
        for socket in sockets.suffix(100) {
          socket.send(Self.request("/health/live", keep: true))
          #expect(try FastCGIAnswer(socket.receive(until: FastCGIAnswer.isWhole)).status == 200)
        }
        let each = Double(held.resident - before.resident) / Double(count)
        for socket in sockets { socket.close() }
        return "\(count) connections held, \(String(format: "%.1f", each)) KB each"
      }
    }

    /// No descriptor to accept with: it waits without spinning, and goes on when there are some.
    @Test func noDescriptorIsLeft() throws {
      try Site.withstanding("EMFILE") { site, before in
        let own = before.descriptors + before.connections
        let limit = own + 60
        try raiseDescriptorLimit(to: limit, of: before.process)
        let kept = try keep(20, site)
        // Silent ones take the rest; the last ones wait in the listener's queue.
        let silent = try (0..<200).map { _ in try Socket(path: site.responder.socketPath) }
        func pauses() throws -> Int {
          site.responder.log().components(separatedBy: "accepting paused").count - 1
        }
        try eventually("accepting is paused") { try pauses() > 0 }
        let waiting = try Socket(path: site.responder.socketPath)
        waiting.send(Self.request("/clients/?limit=1"))
        let processor = try before.processorTime()
        let seconds = Scene.length(short: 2.0, long: 4.0)
        var served = 0
        let end = Deadline(seconds: seconds)
        while !end.hasPassed {
          for socket in kept {
            socket.send(Self.request("/clients/?limit=1", keep: true))
            let answer = try FastCGIAnswer(socket.receive(until: FastCGIAnswer.isWhole))
            #expect(answer.status == 200)
            served += 1
          }
          Thread.sleep(forTimeInterval: 0.1)
        }
        let used = (try before.processorTime() - processor) / seconds
        #expect(used < 0.3, "it spins")
        let healed = try measure {
          for socket in silent { socket.close() }
          let status = try FastCGIAnswer(waiting.receiveAll()).status
          #expect(status == 200)
        }
        #expect(healed < 2)
        for socket in kept { socket.close() }
        return
          "limit \(limit): accepting paused \(try pauses()) times, processor \(Int(used * 100)) % "
          + "while \(served) requests of kept connections were served, the waiting one "
          + "\(Scene.rounded(healed)) s after"
      }
    }

    /// The same beside a load: what waits for a descriptor is served when there are some again.
    @Test func noDescriptorIsLeftBesideALoad() throws {
      var load = Scene.Load()
      load.timeout = 20
      try Scene.play("EMFILE beside a load", .init(), load: load) { scene in
        let process = try #require(scene.site.responder.process)
        let open = try FileManager.default.contentsOfDirectory(
          atPath: "/proc/\(process.pid)/fd"
        ).count
        for _ in 0..<Scene.length(short: 1, long: 4) {
          try raiseDescriptorLimit(to: open + 4, of: process)
          let sockets = try (0..<100).map { _ in
            try Socket(path: scene.site.responder.socketPath)
          }
          try scene.pause(1)
          try raiseDescriptorLimit(to: 4096, of: process)
          for socket in sockets { socket.close() }
          try scene.heals()
        }
        let pauses = scene.site.responder.log().components(separatedBy: "accepting paused").count
        #expect(pauses > 1)
        scene.note("accepting paused \(pauses - 1) times")
      }
    }

    /// A target, its answer, and how many of 2000 have it at least. 2048 may wait for what needs no
    /// database; 512 in flight and 1024 queued on the point lane, 8 and 1024 on the pool's.
    private static let targets = [
      ("/health/live", 200, 2000), (nobody, 404, 512 + 1024), ("/clients/?limit=1", 200, 8 + 1024),
    ]

    /// Requests of 2000 connections that were all made before the first was taken up.
    @Test(arguments: targets)
    func atOnce(_ target: String, _ good: Int, _ least: Int) throws {
      let count = 2000
      try raiseDescriptorLimit(to: count + 1000)
      let name = target == nobody ? "/clients/{id}" : target
      try Site.withstanding("\(count) connections at once, \(name)", residue: 65_536) {
        site, before in
        try raiseDescriptorLimit(to: count + 1000, of: before.process)
        let request = Self.request(target)
        before.process.signal(SIGSTOP)
        defer { before.process.signal(SIGCONT) }
        let sockets = try (0..<count).map { _ in
          let socket = try Socket(path: site.responder.socketPath)
          socket.send(request)
          return socket
        }
        let queue = try Self.queue(site)
        if let queue { #expect(queue.waiting == count) }
        var statuses: [Int: Int] = [:]
        let taken = try measure {
          before.process.signal(SIGCONT)
          for socket in sockets {
            let status = try FastCGIAnswer(socket.receiveAll(within: 20)).status ?? 0
            statuses[status, default: 0] += 1
          }
        }
        #expect(Set(statuses.keys).isSubset(of: [good, 503]), "\(statuses)")
        #expect((statuses[good] ?? 0) >= least, "\(statuses)")
        let told = statuses.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        return
          (queue.map { "\($0.waiting) waited in the listener's queue (of \($0.room)); " } ?? "")
          + "\(told.joined(separator: ", ")) within \(Scene.rounded(taken)) s"
      }
    }

    /// Of the listening socket: connections that wait, and how many may (ss(8), Recv-Q and
    /// Send-Q); nil where there is no ss.
    private static func queue(_ site: Site) throws -> (waiting: Int, room: Int)? {
      guard Workbench.exists("/usr/bin/ss") else { return nil }
      let lines = try Output.ofSuccess("/usr/bin/ss", ["-Hlxn"]).split(separator: "\n")
      let line = try #require(lines.first { $0.contains(" \(site.responder.socketPath) ") })
      let words = line.split(separator: " ")
      return (Int(words[2]) ?? -1, Int(words[3]) ?? -1)
    }
  }
}
