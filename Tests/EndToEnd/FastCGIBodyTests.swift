import Testing

@testable import Harness

extension EndToEnd {
  /// The input stream of a request: whole, or a bad request; never another request.
  @Suite struct FastCGIBodyTests {
    @Test func aBodyOfAnotherLengthIsABadRequest() throws {
      try Site.newWithWatchedResponder { site in
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
          let socket = try site.responder.send(FastCGIRecord.request(parameters, body: body))
          let answer = try FastCGIAnswer(socket.receiveAll())
          let status = try #require(answer.status)
          #expect([400, 413].contains(status), "\(length)")
        }
        #expect(try site.get("/clients/").json["count"] == 0)
      }
    }

    @Test func aRequestHiddenInABodyIsNeverServed() throws {
      try Site.newWithWatchedResponder { site in
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

    /// In libfcgi these overflow a buffer of 64 bytes, wherever they stand.
    @Test func recordsBehindAFullReceiveQueueAreCheckedToo() throws {
      try Site.newWithWatchedResponder { site in
        let body = [UInt8](repeating: 32, count: 120_000)
        let parameters = FastCGIRecord.parameters("POST", "/clients/", body, length: 300_000)
        let names = FastCGIRecord.pairs(Array(repeating: ("FCGI_MPXS_CONNS", ""), count: 40))
        let socket = try Socket(path: site.responder.socketPath)
        socket.send(FastCGIRecord.request(parameters, body: body).dropLast(8))
        socket.send(FastCGIRecord.make(.getValues, names, id: 0))
        #expect(try socket.receiveAll().isEmpty)
      }
    }

    @Test func aDribblingPeerHoldsNobody() throws {
      try Site.newWithWatchedResponder { site in
        let body = [UInt8](repeating: 32, count: 120_000)
        let parameters = FastCGIRecord.parameters("POST", "/clients/", body, length: 300_000)
        let socket = try Socket(path: site.responder.socketPath)
        socket.send(FastCGIRecord.request(parameters, body: body).dropLast(8))
        for _ in 0..<20 {
          socket.send(FastCGIRecord.make(.input, [32]))
          var status: Int?
          let taken = try measure {
            status = try site.responder.request("GET", "/health/live").status
          }
          #expect(status == 200 && taken < 2)
        }
      }
    }

    @Test func largeBodiesArriveWholeInManyRecords() throws {
      try Site.newWithWatchedResponder { site in
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
