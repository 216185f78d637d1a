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
        let life = try elapse {
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
        return "\(rounds * 10) at ten stages"
      }
    }

    /// What the database does when its clients go away.
    enum Work: String, CaseIterable {
      /// Each waits for the table alone on its connection, and most for a connection.
      case locked = "while the table is locked"
      /// Several share a connection, to commit together, and the first of them takes for ever. (At a
      /// lock they would not stay together: see `SessionSettings.groupSQL`.)
      case grouped = "while groups of creates run"

      /// What pg_stat_activity says of it.
      var wait: String { self == .locked ? "wait_event_type = 'Lock'" : "wait_event = 'PgSleep'" }
    }

    /// For none of the statements anybody waits any more: they are cancelled, and their connections
    /// serve others.
    @Test(arguments: Work.allCases) func vanishingWhileTheDatabaseWorks(_ work: Work) throws {
      let slots = 4
      // Nothing but a cancellation ends a statement while the test runs.
      let environment = [
        "ERP_POOL_WAIT_MS": "40000", "ERP_LOCK_TIMEOUT_MS": "40000",
        "ERP_STATEMENT_TIMEOUT_MS": "50000", "ERP_DEADLINE_MS": "55000",
        "ERP_POOL_SIZE": "\(slots)",
      ]
      try Site.new(.init(environment: environment)) { site in
        let (gone, served) = (unique(), unique())
        for _ in 0..<100 { #expect(try site.create(client()).status == 201) }
        // Who comes after a slow one has no company.
        try eventually("a quick create") { try elapse { _ = try site.create(client()) } < 0.05 }
        let before = try Footprint(of: site)
        var holder = try work == .locked ? Self.lock(site) : nil
        defer { if let holder { try? site.database.release(holder) } }
        if work == .grouped {
          try site.database.psql(
            """
            CREATE FUNCTION take_long() RETURNS trigger LANGUAGE plpgsql AS $$
              BEGIN PERFORM pg_sleep(600); RETURN NEW; END $$;
            CREATE TRIGGER take_long BEFORE INSERT ON clients FOR EACH ROW
              WHEN (NEW.city = '\(gone)') EXECUTE FUNCTION take_long()
            """)
        }

        // Taken up at once: those that came while there was one connection share the next.
        let count = 30
        let process = try #require(site.responder.process)
        process.signal(SIGSTOP)
        let sockets = try (0..<count).map { _ in try Self.create(site, gone) }
        process.signal(SIGCONT)
        var (sent, transactions) = (0, 0)
        try eventually("all are taken up") {
          let metrics = try site.metrics()
          sent = Int(metrics.sum("erp_back_pool_in_flight", ["lane": "pool"]))
          let waiting = Int(metrics.sum("erp_back_pool_waiting", ["lane": "pool"]))
          transactions = try Self.sessions(site, work.wait)
          return sent + waiting == count
            && (work == .locked
              ? sent == slots && transactions == slots : transactions > 0 && sent > transactions)
        }

        for socket in sockets { socket.close() }
        let taken = try measure {
          try eventually("\(work.rawValue): no statement goes on for them") {
            try Self.sessions(site, "state <> 'idle'") == 0
          }
        }
        try eventually("all are known to be gone") {
          let metrics = try site.metrics()
          return metrics.sum("erp_back_abandoned_requests_total") == Double(count)
            && metrics.sum("erp_back_pool_in_flight", ["lane": "pool"]) == 0
            && metrics.sum("erp_back_pool_waiting", ["lane": "pool"]) == 0
        }
        if work == .locked {
          // It was not the lock that let them go.
          #expect(try site.database.isLocked("clients", "AccessExclusiveLock"))
        } else {
          holder = try Self.lock(site)
        }

        // As many statements as ever wait for the lock: every slot is there again.
        var others: [Socket] = []
        for index in 1...slots {
          others.append(try Self.create(site, served))
          try eventually("\(index) others wait for the lock") {
            try Self.sessions(site, Work.locked.wait) == index
          }
        }
        if let held = holder { try site.database.release(held) }
        holder = nil
        for socket in others {
          let answer = try FastCGIAnswer(socket.receiveAll()).answers.first?.output ?? ""
          #expect(answer.contains("Status: 201"), "\(answer)")
        }
        func rows(_ city: String) throws -> String {
          try site.database.psql("SELECT count(*) FROM clients WHERE city = '\(city)'")
        }
        #expect(try rows(gone) == "0")
        #expect(try rows(served) == "\(slots)")
        let name = "peers that vanish \(work.rawValue)"
        let restored = try site.checkRestored(before, name, residue: Site.residue)
        Scene.report(
          name,
          "\(count), of which \(sent) were sent in \(transactions) transactions, all ended within "
            + "\(Scene.rounded(taken)) s, 0 rows; \(restored)")
      }
    }

    /// Takes the table from everybody, until it is released.
    private static func lock(_ site: Site) throws -> Child {
      let holder = try site.database.hold(
        "BEGIN; LOCK TABLE clients IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(600)")
      try eventually("the table is locked") {
        try site.database.isLocked("clients", "AccessExclusiveLock")
      }
      return holder
    }

    /// Sends a create to the responder, and waits for nothing.
    private static func create(_ site: Site, _ city: String) throws -> Socket {
      let body = Array(client(["city": .string(city)]).text.utf8)
      let socket = try Socket(path: site.responder.socketPath)
      socket.send(
        FastCGIRecord.request(FastCGIRecord.parameters("POST", "/clients/", body), body: body))
      return socket
    }

    /// Sessions of the service of which this is true.
    private static func sessions(_ site: Site, _ condition: String) throws -> Int {
      let count = try site.database.psql(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'erp-back'"
          + " AND datname = current_database() AND \(condition)")
      return try #require(Int(count))
    }

    /// A long list each, of which the socket holds a part; the responder keeps the rest for 60 s.
    @Test func neverReading() throws {
      let count = Scene.length(short: 10, long: 20)
      // What a list was made with is kept for the next one: libpq's result and the answer.
      var isFirst = true
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
        let isGivenUp = Scene.isLong && isFirst
        if isGivenUp {
          life = try elapse {
            try eventually("they are given up", within: 80) {
              try Footprint(of: site).connections == 1
            }
          }
          #expect(life > 40)
        }
        for socket in sockets { socket.close() }
        isFirst = false
        return "\(held / count) KB of memory each, others at most \(Int(slowest * 1000)) ms"
          + (isGivenUp ? ", given up after \(Int(life)) s" : "")
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
