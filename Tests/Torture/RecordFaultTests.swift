import Foundation
import Testing

@testable import Harness

extension Torture {
  /// Records at the responder's socket that are cut, garbled, endless, or lie.
  @Suite struct RecordFaultTests {
    /// A create, as nginx sends it over a connection that is kept.
    private func exchange(city: String) -> [UInt8] {
      let body = Array(client(["city": .string(city)]).text.utf8)
      return FastCGIRecord.request(
        FastCGIRecord.parameters("POST", "/clients/", body), body: body, keep: true)
    }

    /// What came back up to the end of the connection; whole answers or nothing.
    private func answer(on socket: Socket, _ what: String) throws -> FastCGIAnswer {
      let answer = try FastCGIAnswer(socket.receiveAll(within: 20))
      #expect(answer.unfinished.isEmpty, "\(what): half an answer")
      return answer
    }

    /// The rows of a city.
    private func count(_ city: String, _ site: Site) throws -> Int {
      Int(try site.database.psql("SELECT count(*) FROM clients WHERE city = '\(city)'")) ?? -1
    }

    @Test func cutAfterEveryByte() throws {
      try Site.withstanding("records cut after every byte") { site, _ in
        let city = unique()
        let whole = exchange(city: city)
        let first = FastCGIRecord.request(
          FastCGIRecord.parameters("GET", "/health/live", []), keep: true)
        for cut in whole.indices {
          let vanishing = try Socket(path: site.responder.socketPath)
          vanishing.send(whole.prefix(cut))
          vanishing.close()
          let halfClosed = try site.responder.send(Array(whole.prefix(cut)))
          #expect(try answer(on: halfClosed, "cut at \(cut)").answers.isEmpty)
          if cut.isMultiple(of: 8) {
            let kept = try Socket(path: site.responder.socketPath)
            kept.send(first)
            #expect(try FastCGIAnswer(kept.receive(until: FastCGIAnswer.isWhole)).status == 200)
            kept.send(whole.prefix(cut))
            kept.finishSending()
            #expect(try answer(on: kept, "kept, cut at \(cut)").answers.isEmpty)
          }
        }
        #expect(try count(city, site) == 0)
        // The bytes were good: uncut they are a create.
        #expect(try answer(on: site.responder.send(whole), "whole").status == 201)
        #expect(try count(city, site) == 1)
        return "\(whole.count) cuts, each by leaving and by half closing: no row, no answer"
      }
    }

    /// One to four bits of a create turned around.
    private func garbled(_ random: inout Xorshift) -> [UInt8] {
      var bytes = exchange(city: "bits")
      for _ in 0...Int(random.byte() % 4) {
        let bit = Int(random.next() >> 20) % (bytes.count * 8)
        bytes[bit / 8] ^= 1 << (bit % 8)
      }
      return bytes
    }

    private func total(_ site: Site) throws -> Int {
      Int(try site.database.psql("SELECT count(*) FROM clients")) ?? -1
    }

    /// What requests were answered; 0: not at all.
    private func statuses(of rounds: Int, _ site: Site) throws -> [Int: Int] {
      var random = Xorshift()
      var statuses: [Int: Int] = [:]
      for _ in 0..<rounds / 50 {
        var sockets: [Socket] = []
        for _ in 0..<50 { sockets.append(try site.responder.send(garbled(&random))) }
        for socket in sockets {
          let answer = try answer(on: socket, "flipped")
          #expect(answer.answers.count <= 1)
          statuses[answer.status ?? 0, default: 0] += 1
        }
      }
      return statuses
    }

    @Test func garbledByFlippedBits() throws {
      let rounds = Scene.length(short: 2000, long: 20_000)
      try Site.withstanding("records with flipped bits") { site, _ in
        let before = try total(site)
        let statuses = try statuses(of: rounds, site)
        let isGood = statuses.keys.allSatisfy { $0 < 500 }
        #expect(isGood, "\(statuses)")
        let created = try total(site) - before
        #expect(created == statuses[201] ?? 0, "rows and acknowledged creates")
        let told = statuses.sorted { $0.key < $1.key }
          .map { $0.key == 0 ? "closed \($0.value)" : "\($0.key): \($0.value)" }
        return "\(rounds) requests: \(told.joined(separator: ", ")); \(created) rows"
      }
    }

    @Test func versionsRolesAndKindsOfEveryNumber() throws {
      try Site.withstanding("versions, roles and kinds of every number") { site, _ in
        let city = unique()
        let whole = exchange(city: city)
        var starts: [Int] = []
        var position = 0
        while position < whole.count {
          starts.append(position)
          position += 8 + Int(whole[position + 4]) << 8 + Int(whole[position + 5])
        }
        var tried = 0
        func refuse(_ bytes: [UInt8], _ what: String) throws {
          tried += 1
          let answer = try answer(on: site.responder.send(bytes), what)
          #expect(answer.answers.isEmpty, "\(what)")
        }
        for start in starts {
          for (offset, step) in [(0, Scene.length(short: 5, long: 1)), (1, 1)] {
            for value in stride(from: 0, through: 255, by: step)
            where UInt8(value) != whole[start + offset] {
              var bytes = whole
              bytes[start + offset] = UInt8(value)
              try refuse(bytes, "byte \(start + offset): \(value)")
            }
          }
        }
        let roles =
          Scene.isLong ? Array(0...4095) : Array(0...300)
        for role in roles + [4096, 32_767, 32_768, 65_280, 65_535] where role != 1 {
          try refuse(
            FastCGIRecord.begin(role: UInt16(role), keep: true) + whole.dropFirst(16),
            "role \(role)")
        }
        #expect(try count(city, site) == 0)
        return "\(tried) tried: no row, no answer"
      }
    }

    @Test func lengthsThatLie() throws {
      try Site.withstanding("lengths that lie") { site, _ in
        let pairs = FastCGIRecord.pairs(FastCGIRecord.parameters("GET", "/", []))
        let end = FastCGIRecord.make(.parameters) + FastCGIRecord.make(.input)
        let lengths: [[UInt8]] = [
          [255, 255, 255, 254], [255, 255, 255, 255], [255, 255, 255, 240], [192, 0, 0, 0],
          [128, 1, 0, 0], [127], [1],
        ]
        var tried = 0
        for name in lengths {
          for value in lengths + [[0]] {
            for rest: [UInt8] in [[], Array("NAME".utf8)] {
              let lie = name + value + rest
              for content in [lie, pairs + lie] {
                let bytes = FastCGIRecord.begin() + FastCGIRecord.make(.parameters, content) + end
                let answer = try answer(on: site.responder.send(bytes), "\(lie)")
                #expect(answer.answers.isEmpty, "\(lie)")
                tried += 1
              }
            }
          }
        }
        // The length of a record, longer and shorter than what follows.
        let whole = exchange(city: "lies")
        for start in [0, 16] {
          for (high, low) in [(255, 255), (0, 1), (0, 0), (1, 0), (0, 9), (127, 255)] {
            var bytes = whole
            bytes[start + 4] = UInt8(high)
            bytes[start + 5] = UInt8(low)
            #expect(try answer(on: site.responder.send(bytes), "record").answers.isEmpty)
            tried += 1
          }
          for padding: UInt8 in [1, 7, 8, 255] {
            var bytes = whole
            bytes[start + 6] = padding
            #expect(try answer(on: site.responder.send(bytes), "padding").answers.isEmpty)
            tried += 1
          }
        }
        #expect(try count("lies", site) == 0)
        return "\(tried) tried: no row, no answer"
      }
    }

    @Test func abortsAtEveryStage() throws {
      try Site.withstanding("aborted at every stage") { site, _ in
        let city = unique()
        let whole = exchange(city: city)
        let abort = FastCGIRecord.make(.abort)
        var position = 0
        var stages = 0
        while position < whole.count {
          position += 8 + Int(whole[position + 4]) << 8 + Int(whole[position + 5])
          // Behind the last record it is none of this request's.
          let socket = try site.responder.send(Array(whole.prefix(position)) + abort)
          #expect(try answer(on: socket, "aborted at \(position)").answers.isEmpty)
          stages += 1
        }
        #expect(try count(city, site) == 0)
        // While the database works on it: the answer comes, whole, and the connection ends.
        let bytes = try site.withStatement(waiting: 1) {
          let socket = try Socket(path: site.responder.socketPath)
          socket.send(whole)
          try eventually("the database works on it") { try site.database.hasWaiter() }
          socket.send(abort)
          return try socket.receiveAll()
        }
        #expect(try FastCGIAnswer(try #require(bytes)).status == 201)
        #expect(try count(city, site) == 1)
        return "\(stages) stages refused; one under way answered"
      }
    }

    /// Of two parameters of one name the first counts, whatever the second would ask for.
    @Test func parametersTwice() throws {
      try Site.withstanding("parameters twice, and many of them") { site, _ in
        let id = try #require(try site.created(client())["id"].string)
        let get = FastCGIRecord.parameters("GET", "/health/live", [])
        let delete = FastCGIRecord.parameters("DELETE", "/clients/\(id)", [])
        for count in [1, 2, 100] {
          let twice = get + (0..<count).flatMap { _ in delete }
          let answer = try answer(
            on: site.responder.send(FastCGIRecord.request(twice)), "twice")
          #expect(answer.status == 200)
        }
        let body = Array(client(["city": "twice"]).text.utf8)
        for (first, second, status) in [
          (body.count, 1, 201), (body.count, 1_000_000, 201), (1, body.count, 400),
          (body.count + 1, body.count, 400),
        ] {
          let parameters =
            FastCGIRecord.parameters("POST", "/clients/", body, length: first)
            + [("CONTENT_LENGTH", "\(second)")]
          let bytes = FastCGIRecord.request(parameters, body: body)
          #expect(
            try answer(on: site.responder.send(bytes), "length").status == status,
            "\(first), \(second)")
        }
        for count in [1000, 20_000] {  // the second is 300 kB of them, behind the receive queue
          let many = (0..<count).map { ("X_\($0)", "value") }
          let content = FastCGIRecord.pairs(get + many + delete)
          var bytes = FastCGIRecord.begin()
          for start in stride(from: 0, to: content.count, by: 65_535) {
            bytes += FastCGIRecord.make(
              .parameters, Array(content[start..<min(start + 65_535, content.count)]))
          }
          bytes += FastCGIRecord.make(.parameters) + FastCGIRecord.make(.input)
          #expect(try answer(on: site.responder.send(bytes), "many").status == 200, "\(count)")
        }
        #expect(try site.responder.request("GET", "/clients/\(id)").status == 200)
        return "the first counted, up to 20000 parameters; the row named by the second stayed"
      }
    }

    /// A request that dribbles in small records behind a full receive queue costs its own bytes only.
    @Test func endlessSmallRecords() throws {
      try Site.withstanding("endless records of a byte") { site, before in
        let parameters = FastCGIRecord.parameters("POST", "/clients/", [], length: 100_000_000)
        let start = Array(FastCGIRecord.request(parameters).dropLast(8))
        let one = FastCGIRecord.make(.input, [32])
        let many = (0..<7000).flatMap { _ in one }
        let socket = try Socket(path: site.responder.socketPath)
        socket.send(start)
        var sent = 0
        let load = Deadline(seconds: Scene.length(short: 1, long: 2))
        // 128 MiB of a request are taken at most.
        while sent < 5_000_000 && !load.hasPassed && socket.send(many) { sent += 7000 }
        var slowest = 0.0
        var singles = 0
        let dribble = Deadline(seconds: Scene.length(short: 1, long: 2))
        let processor = try before.processorTime()
        while !dribble.hasPassed && socket.send(one) {
          singles += 1
          slowest = try max(
            slowest,
            measure { try site.serves("/health/live", 200) })
        }
        let each = (try before.processorTime() - processor) * 1000 / Double(max(singles, 1))
        #expect(singles > 0)
        // Checked all over again it would be 9 ms after 300,000 of them.
        #expect(each < 3, "processor time of a record and a request")
        // Its time is up at 5 s from the first byte, however fast it talks.
        let closed = measure { while socket.send(one) { Thread.sleep(forTimeInterval: 0.01) } }
        #expect(closed < 8)
        return
          "\(sent) and then \(singles) more one by one, \(Scene.rounded(each)) ms of processor "
          + "for each with a request beside it, slowest \(Int(slowest * 1000)) ms"
      }
    }

    @Test func hundredMegabytesOfInput() throws {
      let peers = Scene.length(short: 1, long: 3)
      try Site.withstanding("100 MB of input, \(peers) at once") { site, before in
        try before.forgetPeak()
        let chunk = FastCGIRecord.make(.input, [UInt8](repeating: 32, count: 65_535))
        let size = 1600 * 65_535
        let parameters = FastCGIRecord.parameters("POST", "/clients/", [], length: size)
        let start = Array(FastCGIRecord.request(parameters).dropLast(8))
        let taken = try measure {
          let statuses = try together(peers + 1) { index -> Int in
            if index == peers {
              var statuses: Set<Int> = []
              for _ in 0..<50 {
                statuses.insert(try site.responder.request("GET", nobody).status ?? 0)
              }
              return statuses == [404] ? 413 : 0
            }
            let socket = try Socket(path: site.responder.socketPath)
            socket.send(start)
            for _ in 0..<1600 { guard socket.send(chunk) else { return 0 } }
            socket.send(FastCGIRecord.make(.input))
            return try FastCGIAnswer(socket.receiveAll(within: 20)).status ?? 0
          }
          #expect(statuses == Array(repeating: 413, count: peers + 1))
        }
        let peak = try before.memory("VmHWM") / 1024
        return
          "413 after \(Scene.rounded(taken)) s, 50 requests beside it served, memory at most \(peak) MB"
      }
    }
  }
}
