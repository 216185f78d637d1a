import Foundation
import Testing

@testable import Harness

extension Torture {
  /// Peers at the responder's socket that are silent, that vanish, and that never read.
  @Suite struct PeerFaultTests {
    private static let get = FastCGIRecord.request(
      FastCGIRecord.parameters("GET", "/clients/?limit=1", []))

    @Test func silentPeers() throws {
      let count = Scene.length(short: 300, long: 2000)
      try raiseDescriptorLimit(to: count + 1000)
      try Site.withstanding("\(count) silent peers") { site, before in
        try raiseDescriptorLimit(to: count + 1000, of: before.process)
        var sockets: [Socket] = []
        let life = try measure {
          sockets = try (0..<count).map { index in
            let socket = try Socket(path: site.responder.socketPath)
            // Some begin, and say nothing more.
            if index.isMultiple(of: 3) { socket.send(Self.get.prefix(index % 40)) }
            return socket
          }
          #expect(try site.responder.request("GET", "/clients/?limit=1").status == 200)
          for socket in sockets { #expect(try socket.receiveAll(within: 20).isEmpty) }
        }
        #expect(life > 4.5 && life < 10)
        return "closed after \(Scene.rounded(life)) s"
      }
    }

    @Test func vanishingAtEveryStage() throws {
      let rounds = Scene.length(short: 50, long: 400)
      try Site.withstanding("peers that vanish at every stage") { site, _ in
        let city = unique()
        let body = Array(client(["city": .string(city)]).text.utf8)
        let create = FastCGIRecord.request(
          FastCGIRecord.parameters("POST", "/clients/", body), body: body)
        let filled = try site.fill(300, set: "address = repeat('x', 5000)")
        let list = FastCGIRecord.request(
          FastCGIRecord.parameters("GET", "/clients/?city=\(filled)&limit=1000", []))
        for _ in 0..<rounds {
          _ = try Socket(path: site.responder.socketPath)  // connected
          for part in [4, 12, 20, 60, create.count - 30, create.count - 1] {
            let socket = try Socket(path: site.responder.socketPath)
            socket.send(create.prefix(part))
            socket.close()
          }
          for received in [0, 1, 100_000] {  // before the answer, at its start, within
            let socket = try Socket(path: site.responder.socketPath)
            socket.send(list)
            if received > 0 { _ = try socket.receive { $0.count >= received } }
            socket.close()
          }
        }
        #expect(
          try site.database.psql("SELECT count(*) FROM clients WHERE city = '\(city)'") == "0")
        // While the database works for them: their statements are cancelled.
        let waiting = 30
        let gone = try site.withStatement(waiting: 0.1) {
          let sockets = try (0..<waiting).map { _ in
            let socket = try Socket(path: site.responder.socketPath)
            socket.send(create)
            return socket
          }
          Thread.sleep(forTimeInterval: 0.3)
          for socket in sockets { socket.close() }
          return sockets.count
        }
        #expect(gone == waiting)
        try eventually("no statement is left") {
          try site.database.psql(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'erp-back'"
              + " AND datname = current_database() AND state = 'active'") == "0"
        }
        let rows = try site.database.psql("SELECT count(*) FROM clients WHERE city = '\(city)'")
        #expect((Int(rows) ?? -1) <= waiting)
        return "\(rounds * 10) at ten stages, \(waiting) while the table was locked"
      }
    }

    /// A long list each, of which the socket holds a part; the responder keeps the rest for 60 s.
    @Test func neverReading() throws {
      let count = Scene.length(short: 10, long: 20)
      // What a list was made with is kept for the next one: libpq's result and the answer.
      try Site.withstanding("\(count) peers that never read", residue: 32_768) { site, before in
        let city = try site.fill(300, set: "address = repeat('é', 5000)")
        let list = FastCGIRecord.request(
          FastCGIRecord.parameters("GET", "/clients/?city=\(city)&limit=1000", []))
        let sockets = try (0..<count).map { _ in
          let socket = try Socket(path: site.responder.socketPath)
          socket.send(list)
          return socket
        }
        var slowest = 0.0
        for _ in 0..<100 {
          slowest = try max(
            slowest,
            measure { try site.serves(nobody, 404) })
        }
        let held = try Footprint(of: site).resident - before.resident
        var life = 0.0
        if Scene.isLong {
          life = try measure {
            try eventually("they are given up", within: 80) {
              try Footprint(of: site).connections == 1
            }
          }
          #expect(life > 40)
        }
        for socket in sockets { socket.close() }
        return "\(held / count) KB of memory each, others at most \(Int(slowest * 1000)) ms"
          + (Scene.isLong ? ", given up after \(Int(life)) s" : "")
      }
    }

    /// All of them at once beside a load through nginx, of which no request may notice.
    @Test func besideALoad() throws {
      let seconds = Scene.length(short: 4.0, long: 20.0)
      var load = Scene.Load()
      load.allowed = []
      try Scene.play("hostile peers beside a load", .init(), load: load) { scene in
        let path = scene.site.responder.socketPath
        let log = scene.site.responder.log().count
        let counts = try together(3) { number -> Int in
          var random = Xorshift()
          let body = Array(client(["city": "hostile"]).text.utf8)
          let whole = FastCGIRecord.request(
            FastCGIRecord.parameters("POST", "/nothing", body), body: body, keep: true)
          let end = Deadline(seconds: seconds)
          var sockets: [Socket] = []
          var count = 0
          while !end.hasPassed {
            let socket = try Socket(path: path)
            var bytes = whole
            switch (number, random.byte() % 4) {
            case (0, _): bytes[Int(random.next() >> 20) % bytes.count] = random.byte()
            case (1, 0): bytes = []
            case (1, 1): bytes = Array(whole.prefix(Int(random.byte())))
            case (1, _): bytes += FastCGIRecord.make(.getValues, [14, 0], id: 0)
            default: bytes = (0..<Int(random.byte()) * 8).map { _ in random.byte() }
            }
            socket.send(bytes)
            sockets.append(socket)
            if sockets.count > 60 { sockets.removeFirst().close() }
            count += 1
            Thread.sleep(forTimeInterval: 0.002)
          }
          return count
        }
        scene.note("\(counts.reduce(0, +)) hostile connections, up to 180 at once")
        #expect(scene.site.responder.log().count > log)
      }
    }
  }
}

/// Lets a process, this one when none is named, have so many descriptors (prlimit(1)).
func raiseDescriptorLimit(to count: Int, of process: Child? = nil) throws {
  if let process {
    _ = try Output.ofSuccess(
      "/usr/bin/prlimit", ["--pid", "\(process.pid)", "--nofile=\(count):"])
    return
  }
  var limit = rlimit()
  getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  if limit.rlim_cur >= rlim_t(count) { return }
  limit.rlim_cur = rlim_t(count)
  guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
    throw Failure("no \(count) descriptors here: ulimit -Hn \(count)")
  }
}
