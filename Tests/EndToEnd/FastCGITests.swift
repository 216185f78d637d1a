import Foundation
import Testing

extension EndToEnd {
  /// Peers at the unix socket that are not nginx: what they send wrong harms nobody else.
  @Suite struct FastCGITests {
    /// After `work` the process that began is still the one that serves, and has let go of every
    /// connection.
    private func withResponder(_ work: (Site) throws -> Void) throws {
      try Site.new { site in
        let process = try #require(site.responder.process)
        func descriptors() throws -> Int {
          try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.pid)/fd").count
        }
        let before = try descriptors()
        try work(site)
        #expect(try site.responder.request("GET", "/health/live").status == 200)
        #expect(try site.get("/clients/").status == 200)
        #expect(process.isRunning)
        // More connections to the database, and from nginx, may have been opened meanwhile.
        try eventually("connections are let go of", within: 20) {
          try descriptors() < before + 20
        }
      }
    }

    /// Sends `bytes` and says that no more come.
    private func send(_ bytes: [UInt8], to site: Site) throws -> Socket {
      let socket = try Socket(path: site.responder.socketPath)
      socket.send(bytes)
      socket.finishSending()
      return socket
    }

    /// Twenty requests of others; one that waits for a peer would wait for each of the peers.
    private func checkSpeed(_ site: Site) throws {
      var statuses: Set<Int> = []
      let time = try measure {
        for _ in 0..<20 { statuses.insert(try site.get("/clients/?limit=1").status) }
      }
      #expect(statuses == [200])
      #expect(time < 5)
    }

    @Test func requestsAreAnsweredWhateverTheShapeOfTheirRecords() throws {
      try withResponder { site in
        let pairs = FastCGIRecord.pairs(FastCGIRecord.parameters("GET", "/health/live", []))
        let whole = FastCGIRecord.make(.parameters, pairs)
        let bytewise = pairs.flatMap { FastCGIRecord.make(.parameters, [$0], padding: 3) }
        let long = FastCGIRecord.pairs([("X_LONG", String(repeating: "v", count: 40_000))])
        let end = FastCGIRecord.make(.parameters) + FastCGIRecord.make(.input)
        for parameters in [whole, bytewise, FastCGIRecord.make(.parameters, pairs + long)] {
          let socket = try Socket(path: site.responder.socketPath)
          socket.send(FastCGIRecord.begin() + parameters + end)
          #expect(try FastCGIAnswer(socket.receiveAll()).status == 200)
        }
        for id: UInt16 in [1, 7, 256, 65_535] {
          let socket = try Socket(path: site.responder.socketPath)
          socket.send(FastCGIRecord.request(FastCGIRecord.parameters("GET", "/", []), id: id))
          let answer = try FastCGIAnswer(socket.receiveAll())
          #expect(answer.answers.map(\.id) == [id])
          #expect(answer.answers.first?.output.hasSuffix(#""status":"running"}"#) == true)
        }
      }
    }

    @Test func aKeptConnectionServesOneRequestAfterAnother() throws {
      try withResponder { site in
        let socket = try Socket(path: site.responder.socketPath)
        let body = Array(client(["city": "kept"]).text.utf8)
        for (method, target, content, status) in [
          ("GET", "/clients/", [], 200), ("POST", "/clients/", body, 201), ("GET", nobody, [], 404),
          ("POST", "/nothing", body, 404), ("GET", "/", [], 200),
        ] {
          let parameters = FastCGIRecord.parameters(method, target, content)
          socket.send(FastCGIRecord.request(parameters, body: content, keep: true))
          let answer = try FastCGIAnswer(socket.receive(until: FastCGIAnswer.isWhole))
          #expect(answer.status == status, "\(method) \(target)")
        }
      }
    }

    @Test func brokenRecordsEndTheirConnectionOnly() throws {
      let parameters = FastCGIRecord.pairs(FastCGIRecord.parameters("GET", "/", []))
      let begin = FastCGIRecord.begin()
      let whole = FastCGIRecord.request(FastCGIRecord.parameters("GET", "/", []))
      let values = FastCGIRecord.pairs(
        Array(repeating: ("FCGI_MAX_CONNS", ""), count: 200)
          + Array(repeating: ("FCGI_MPXS_CONNS", ""), count: 200))
      func afterBegin(_ record: [UInt8]) -> [UInt8] {
        begin + record + FastCGIRecord.make(.parameters, parameters)
          + FastCGIRecord.make(.parameters) + FastCGIRecord.make(.input)
      }
      var broken: [(String, [UInt8])] = [
        ("nothing", []), ("a byte", [1]), ("version 0", [0] + whole.dropFirst()),
        ("version 2", [2] + whole.dropFirst()),
        ("HTTP", Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)),
        ("id 0", FastCGIRecord.request(FastCGIRecord.parameters("GET", "/", []), id: 0)),
        // In libfcgi these overflow a buffer of 64 bytes.
        ("many GET_VALUES", FastCGIRecord.make(.getValues, values, id: 0)),
        ("GET_VALUES with an id", FastCGIRecord.make(.getValues, values)),
        ("parameters first", FastCGIRecord.make(.parameters, parameters) + whole),
        ("no parameters", begin + FastCGIRecord.make(.parameters) + FastCGIRecord.make(.input)),
        ("two begins", begin + whole), ("aborted", begin + FastCGIRecord.make(.abort)),
        ("another's id", afterBegin(FastCGIRecord.make(.parameters, parameters, id: 2))),
        ("input before parameters", afterBegin(FastCGIRecord.make(.input, parameters))),
        ("data", afterBegin(FastCGIRecord.make(.data, parameters))),
        ("output", afterBegin(FastCGIRecord.make(.output, parameters))),
        ("end", afterBegin(FastCGIRecord.make(.end, parameters))),
        ("kind 0", afterBegin([1, 0, 0, 1, 0, 0, 0, 0])),
        ("kind 99", afterBegin([1, 99, 0, 1, 0, 0, 0, 0])),
        ("short begin", FastCGIRecord.make(.begin, [0, 1]) + whole.dropFirst(16)),
        (
          "endless name",
          begin + FastCGIRecord.make(.parameters, [0xFF, 0xFF, 0xFF, 0xFF, 1, 65])
            + FastCGIRecord.make(.parameters) + FastCGIRecord.make(.input)
        ),
        (
          "pair beyond its stream",
          begin + FastCGIRecord.make(.parameters, parameters + [14, 200] + Array("CUT".utf8))
            + FastCGIRecord.make(.parameters) + FastCGIRecord.make(.input)
        ),
      ]
      for role: UInt16 in [0, 2, 3, 256, 65_535] {
        broken.append(("role \(role)", FastCGIRecord.begin(role: role) + whole.dropFirst(16)))
      }
      for missing in ["REQUEST_METHOD", "REQUEST_URI"] {
        let rest = FastCGIRecord.parameters("GET", "/", []).filter { $0.0 != missing }
        broken.append(("no \(missing)", FastCGIRecord.request(rest)))
      }
      for cut in stride(from: 1, to: whole.count, by: 5) {
        broken.append(("cut at \(cut)", Array(whole.prefix(cut))))
      }
      try withResponder { site in
        // All at once: what is cut is given up after a while, and not one after the other.
        let sockets = try broken.map { try send($0.1, to: site) }
        for ((name, _), socket) in zip(broken, sockets) {
          let answer = try FastCGIAnswer(socket.receiveAll(within: 20))
          let isRefused = answer.answers.allSatisfy {
            $0.output.isEmpty || $0.output.hasPrefix("Status: 4")
          }
          #expect(isRefused && answer.unfinished.isEmpty, "\(name): \(answer)")
        }
      }
    }

    @Test func randomBytesHarmNobody() throws {
      var random = Xorshift()
      let whole = FastCGIRecord.request(
        FastCGIRecord.parameters("POST", "/nothing", [123, 125]), body: [123, 125])
      try withResponder { site in
        var sockets: [Socket] = []
        for round in 0..<300 {
          var bytes = whole
          if round.isMultiple(of: 3) {
            bytes = (0..<Int(random.byte()) * 8).map { _ in random.byte() }
          } else {
            for _ in 0...Int(random.byte() % 4) {
              bytes[Int(random.byte()) % bytes.count] = random.byte()
            }
          }
          sockets.append(try send(bytes, to: site))
        }
        #expect(try site.get("/clients/").status == 200)
        for socket in sockets { socket.close() }
      }
    }

    @Test func peersThatDribbleHoldNobodyUp() throws {
      try withResponder { site in
        let whole = FastCGIRecord.request(FastCGIRecord.parameters("GET", "/", []))
        let dribbling = try (0..<60).map { index in
          let socket = try Socket(path: site.responder.socketPath)
          socket.send(whole.prefix(index % whole.count))
          return socket
        }
        try checkSpeed(site)
        // They may still finish, or have been dropped; neither blocks.
        for (index, socket) in dribbling.enumerated() {
          socket.send(whole.dropFirst(index % whole.count))
          let answer = try FastCGIAnswer(socket.receiveAll())
          #expect(answer.status == nil || answer.status == 200)
        }
      }
    }

    @Test func peersThatDoNotReadHoldNobodyUp() throws {
      try withResponder { site in
        let city = try site.fill(300, set: "address = repeat('é', 5000)")
        let target = "/clients/?city=\(city)&limit=1000"
        let request = FastCGIRecord.request(FastCGIRecord.parameters("GET", target, []))
        let sockets = try (0..<10).map { _ in
          let socket = try Socket(path: site.responder.socketPath)
          socket.send(request)
          return socket
        }
        try checkSpeed(site)
        for socket in sockets {  // 3 MB each, of which the socket holds a part only
          let answer = try FastCGIAnswer(socket.receiveAll())
          #expect(answer.status == 200)
          #expect(answer.answers.first?.output.hasSuffix(#""has_more":false}"#) == true)
        }
      }
    }

    @Test func aBodyOfAnotherLengthIsABadRequest() throws {
      try withResponder { site in
        let body = Array(client(["city": "length"]).text.utf8)
        for length in [body.count + 1, body.count - 1, body.count * 2, 0, 1] {
          let parameters = FastCGIRecord.parameters("POST", "/clients/", body, length: length)
          let socket = try Socket(path: site.responder.socketPath)
          socket.send(FastCGIRecord.request(parameters, body: body, keep: true))
          let answer = try FastCGIAnswer(socket.receiveAll())  // closed, though asked to keep it
          #expect(answer.status == 400, "\(length)")
          #expect(answer.answers.first?.output.contains(#""code":"bad_request""#) == true)
        }
        for length in ["x", "-1", "\(body.count)x", "0x10", "99999999999999999999", "1e2"] {
          let parameters = FastCGIRecord.parameters("POST", "/clients/", body)
            .map { $0.0 == "CONTENT_LENGTH" ? ($0.0, length) : $0 }
          let socket = try send(FastCGIRecord.request(parameters, body: body), to: site)
          let answer = try FastCGIAnswer(socket.receiveAll())
          let status = try #require(answer.status)
          #expect([400, 413].contains(status), "\(length)")
        }
        #expect(try site.get("/clients/").json["count"] == 0)
      }
    }

    @Test func aRequestHiddenInABodyIsNeverServed() throws {
      try withResponder { site in
        let id = try #require(try site.created(client())["id"].string)
        let hidden = FastCGIRecord.request(
          FastCGIRecord.parameters("DELETE", "/clients/\(id)", []), keep: true)
        for (method, target, body, length) in [
          ("POST", "/clients/", hidden, hidden.count), ("POST", "/nothing", hidden, hidden.count),
          ("POST", "/nothing", hidden, 0), ("POST", "/clients/", [123, 125] + hidden, 2),
          ("GET", "/", hidden, hidden.count), ("GET", "/", hidden, 0),
          ("PUT", "/", hidden, hidden.count), ("OPTIONS", "/clients/", hidden, 1),
          ("POST", nobody, hidden, hidden.count), ("GET", "/clients/%ff", hidden, hidden.count),
        ] {
          let parameters = FastCGIRecord.parameters(method, target, body, length: length)
          let socket = try Socket(path: site.responder.socketPath)
          socket.send(FastCGIRecord.request(parameters, body: body, keep: true))
          var bytes = try socket.receive(until: FastCGIAnswer.isWhole)
          // Were the hidden request served, its answer would come before this one's.
          socket.send(FastCGIRecord.request(FastCGIRecord.parameters("GET", "/", []), id: 9))
          bytes += try socket.receiveAll()
          let answers = try FastCGIAnswer(bytes).answers
          let name = "\(method) \(target) \(length): \(answers)"
          #expect(answers.count == 1 || answers.count == 2 && answers[1].id == 9, "\(name)")
          #expect(answers.last?.id == 1 || answers.last?.output.contains("running") == true)
        }
        #expect(try site.get("/clients/\(id)").status == 200)
      }
    }

    @Test func largeBodiesArriveWholeInManyRecords() throws {
      try withResponder { site in
        for size in [65_535, 65_536, 200_000, 212_992, 500_000, BadRequestTests.mebibyte] {
          let answer = try site.responder.request(
            "POST", "/clients/", body: BadRequestTests.body(of: size))
          #expect(answer.status == 201, "\(size)")
        }
        let large = try site.responder.request(
          "POST", "/clients/", body: BadRequestTests.body(of: BadRequestTests.mebibyte + 1))
        #expect(large.status == 413)
      }
    }
  }
}
