import Testing

@testable import FastCGI

@Suite struct ConnectionTests {
  private let bench: Bench

  init() throws { bench = try Bench() }

  // MARK: arrival

  @Test func `nothing has arrived, then all of it, then the end`() {
    #expect(bench.arrival() == .nothing)
    let bytes = Wire.request(["REQUEST_METHOD": "GET"])
    #expect(bench.peer.send(Array(bytes.prefix(20))))
    #expect(bench.arrival() == .partial)
    #expect(bench.arrival() == .partial)
    #expect(bench.peer.send(Array(bytes.dropFirst(20))))
    #expect(bench.arrival() == .whole)
    #expect(bench.arrival() == .whole)
  }

  @Test func `a peer that closed is gone`() {
    bench.peer.shutdownWriting()
    #expect(bench.arrival() == nil)
  }

  // MARK: requests that do not fit the receive queue

  /// Sends all of `bytes` as the queue has room, and looks after each part.
  private func sendLong(_ bytes: [UInt8]) -> Arrival? {
    var arrival: Arrival? = .nothing
    for start in stride(from: 0, to: bytes.count, by: 60_000) {
      #expect(arrival == .nothing || arrival == .partial)
      #expect(bench.peer.send(Array(bytes[start..<min(start + 60_000, bytes.count)])))
      arrival = bench.arrival()
    }
    return arrival
  }

  @Test(arguments: [150_000, 1_000_000], [8000, 65_535])
  func `a long body is gathered, and the connection goes on`(_ count: Int, _ chunk: Int) {
    for round in 0..<2 {
      let body = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 13 + round) }
      let request = Wire.request(
        ["REQUEST_METHOD": "POST", "CONTENT_LENGTH": "\(count)"], body: body, chunk: chunk)
      #expect(sendLong(request) == .whole)
      #expect(bench.read()?.body == .whole(body))
      #expect(bench.connection.send(head: [1], body: [], with: ResponseWriter()) == .sent)
      #expect(bench.connection.finish())
      #expect(Wire.parse(bench.peer.receive())?.content == [1])
    }
    #expect(bench.peer.send(Wire.request(["REQUEST_METHOD": "GET"])))
    #expect(bench.arrival() == .whole)
    #expect(bench.read()?.values.first == "GET")
  }

  @Test func `a long body of the wrong length or over the limit is told`() {
    for (said, limit, body) in [
      (199_999, 1 << 20, Bench.Received.Body.wrongLength), (200_001, 1 << 20, .wrongLength),
      (200_000, 199_999, .tooLarge),
    ] {
      let request = Wire.request(
        ["REQUEST_METHOD": "POST", "CONTENT_LENGTH": "\(said)"],
        body: [UInt8](repeating: 7, count: 200_000))
      #expect(sendLong(request) == .whole)
      #expect(bench.read(limit: limit)?.body == body)
      #expect(bench.connection.finish())
    }
  }

  @Test(arguments: [1, 3, 5])
  func `a body that is dropped is taken to its end and not kept`(_ parts: Int) {
    for isDropped in [true, false] {
      let body = [UInt8](repeating: 7, count: 1_000_000)
      let request = Wire.request(
        ["REQUEST_METHOD": "POST", "CONTENT_LENGTH": "1000000"], body: body, chunk: 32_768)
      let start = parts * 180_000
      #expect(sendLong(Array(request.prefix(start))) == .partial)
      #expect(bench.connection.gatheredBytes > start / 2)
      if isDropped {
        bench.connection.dropBody()
        #expect(bench.connection.gatheredBytes < 40_000)
      }
      #expect(sendLong(Array(request.dropFirst(start))) == .whole)
      #expect((bench.connection.gatheredBytes < 200) == isDropped)
      #expect(
        bench.read()
          == .init(values: ["POST", "", "1000000", ""], body: isDropped ? .dropped : .whole(body)))
      #expect(bench.connection.finish())
    }
  }

  @Test func `records that may not come are found behind a body that is dropped`() {
    let body = Wire.record(5, [UInt8](repeating: 1, count: 65_000))
    #expect(sendLong(Wire.begin() + Wire.record(4) + body + body + body) == .partial)
    bench.connection.dropBody()
    #expect(sendLong(body + Wire.record(5, id: 2)) == .invalid)
  }

  @Test func `bytes behind a long request are none of it`() {
    let request = Wire.request(
      ["CONTENT_LENGTH": "150000"], body: .init(repeating: 1, count: 150_000))
    #expect(sendLong(request + Wire.begin(id: 2)) == .invalid)
  }

  @Test func `a record that may not come is found behind the receive queue`() {
    let body = Wire.record(5, [UInt8](repeating: 1, count: 65_000))
    let start = Wire.begin() + Wire.record(4) + body + body + body
    #expect(sendLong(start + Wire.record(5, id: 2)) == .invalid)
  }

  @Test func `a peer that leaves in the middle is gone`() {
    let body = Wire.record(5, [UInt8](repeating: 1, count: 65_000))
    #expect(sendLong(Wire.begin() + Wire.record(4) + body + body + body) == .partial)
    bench.peer.shutdownWriting()
    #expect(bench.arrival() == nil)
  }

  // MARK: read

  @Test func `a GET is its parameters`() {
    #expect(
      bench.peer.send(
        Wire.request(["X": "y", "REQUEST_METHOD": "GET", "REQUEST_URI": "/é?x=1", "HTTP_X": ""])))
    #expect(bench.arrival() == .whole)
    #expect(bench.read() == .init(values: ["GET", "/é?x=1", "", ""], body: .whole([])))
  }

  @Test func `a long parameter and many records are put together`() {
    let long = String(repeating: "/long", count: 2000)
    #expect(
      bench.peer.send(
        Wire.request(["REQUEST_METHOD": "GET", "REQUEST_URI": long, "HTTP_X": "z"], chunk: 97)))
    #expect(bench.read() == .init(values: ["GET", long, "", "z"], body: .whole([])))
  }

  @Test func `of two parameters of one name the first counts`() {
    #expect(bench.peer.send(Wire.request(["REQUEST_METHOD": "GET", "REQUEST_METHOD": "DELETE"])))
    #expect(bench.read()?.values.first == "GET")
  }

  @Test func `names are compared whole`() {
    #expect(
      bench.peer.send(
        Wire.request(["REQUEST_METHOD2": "a", "REQUEST_METHO": "b", "request_method": "c", "": "d"])
      ))
    #expect(bench.read()?.values == ["", "", "", ""])
  }

  @Test(arguments: [1, 100, 65_535, 90_000], [97, 65_535])
  func `a body is read whole`(_ count: Int, _ chunk: Int) {
    let body = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 7) }
    #expect(
      bench.peer.send(
        Wire.request(
          ["REQUEST_METHOD": "POST", "CONTENT_LENGTH": "\(count)"], body: body, chunk: chunk)))
    #expect(bench.arrival() == .whole)
    #expect(bench.read()?.body == .whole(body))
  }

  @Test(arguments: [
    ("4", 3), ("2", 3), ("0", 3), ("", 3), ("x", 3), ("-3", 3), ("3", 0),
    ("99999999999999999999", 3),
  ])
  func `a body of another length than was said is told`(_ said: String, _ sent: Int) {
    #expect(
      bench.peer.send(
        Wire.request(
          ["REQUEST_METHOD": "POST", "CONTENT_LENGTH": said],
          body: [UInt8](repeating: 7, count: sent))))
    #expect(bench.read()?.body == .wrongLength)
  }

  @Test func `a body over the limit is read to its end and dropped`() {
    let bytes = { (count: Int) in
      Wire.request(
        ["REQUEST_METHOD": "POST", "CONTENT_LENGTH": "\(count)"],
        body: [UInt8](repeating: 7, count: count))
    }
    #expect(bench.peer.send(bytes(1001)))
    #expect(bench.read(limit: 1000)?.body == .tooLarge)
    #expect(bench.connection.send(head: [1], body: [], with: ResponseWriter()) == .sent)
    #expect(bench.connection.finish())
    // Nothing of it is left over for the next request.
    #expect(bench.peer.send(bytes(1000)))
    #expect(bench.arrival() == .whole)
    #expect(bench.read(limit: 1000)?.body == .whole([UInt8](repeating: 7, count: 1000)))
  }

  // MARK: send

  @Test func `a connection that is kept answers one request after the other`() {
    for (id, isKept) in [(1, true), (513, true), (65_535, false)] {
      let text = "/\(id)"
      #expect(
        bench.peer.send(
          Wire.request(["REQUEST_METHOD": "GET", "REQUEST_URI": text], id: id, keep: isKept)))
      #expect(bench.arrival() == .whole)
      #expect(bench.read()?.values[1] == text)
      #expect(
        bench.connection.send(head: [1, 2], body: Array(text.utf8), with: ResponseWriter()) == .sent
      )
      #expect(bench.connection.finish() == isKept)
      let answer = Wire.parse(bench.peer.receive())
      #expect(answer?.id == id)
      #expect(answer?.content == [1, 2] + Array(text.utf8))
    }
  }

  @Test func `a slow reader gets all of a long answer`() throws {
    #expect(bench.peer.send(Wire.request(["REQUEST_METHOD": "GET"])))
    #expect(bench.read() != nil)
    let head = Array("head".utf8)
    let body = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 / 11) }
    var state = bench.connection.send(head: head, body: body, with: ResponseWriter())
    #expect(state == .blocked)
    #expect(bench.connection.flush() == .blocked)
    var received: [UInt8] = []
    var turns = 0
    while state == .blocked {
      let part = bench.peer.receive(50_000)
      try #require(!part.isEmpty)
      received += part
      state = bench.connection.flush()
      turns += 1
    }
    #expect(state == .sent)
    #expect(turns > 5)
    received += bench.peer.receive()
    #expect(Wire.parse(received)?.content == head + body)
    #expect(bench.connection.flush() == .sent)
    #expect(bench.connection.finish())
  }
}

/// What a peer that went away leaves.
@Suite struct LostPeerTests {
  @Test func `an answer to nobody has failed`() throws {
    var bench: Bench? = try Bench()
    let connection = try #require(bench?.connection)
    #expect(bench?.peer.send(Wire.request(["REQUEST_METHOD": "GET"])) == true)
    #expect(bench?.read() != nil)
    bench = nil
    #expect(connection.send(head: [1], body: [2], with: ResponseWriter()) == .failed)
    #expect(connection.flush() == .sent)
  }

  @Test func `a request that was cut off is of no use`() throws {
    let bench = try Bench()
    let bytes = Wire.request(
      ["REQUEST_METHOD": "POST", "CONTENT_LENGTH": "5"], body: [1, 2, 3, 4, 5])
    #expect(bench.peer.send(Array(bytes.dropLast(10))))
    bench.peer.shutdownWriting()
    #expect(bench.read() == nil)
  }
}
