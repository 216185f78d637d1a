import Testing

@testable import Harness

extension EndToEnd {
  /// Peers at the unix socket that are not nginx: what they send wrong harms nobody else.
  @Suite struct FastCGITests {
    /// Twenty requests of others; one that waits for a peer would wait for each of the peers.
    private func checkSpeed(_ site: Site) throws {
      var statuses: Set<Int> = []
      let time = try measure {
        for _ in 0..<20 { statuses.insert(try site.get("/clients/?limit=1").status) }
      }
      #expect(statuses == [200])
      // A build with a sanitizer takes half a second for a list of 3 MB.
      #expect(time < (Workbench.isSanitized ? 20 : 5))
    }

    @Test func requestsAreAnsweredWhateverTheShapeOfTheirRecords() throws {
      try Site.newWithWatchedResponder { site in
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
      try Site.newWithWatchedResponder { site in
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
      try Site.newWithWatchedResponder { site in
        // All at once: what is cut is given up after a while, and not one after the other.
        let sockets = try broken.map { try site.responder.send($0.1) }
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
      try Site.newWithWatchedResponder { site in
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
          sockets.append(try site.responder.send(bytes))
        }
        #expect(try site.get("/clients/").status == 200)
        for socket in sockets { socket.close() }
      }
    }

    @Test func peersThatDribbleHoldNobodyUp() throws {
      try Site.newWithWatchedResponder { site in
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
      try Site.newWithWatchedResponder { site in
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

  }
}
