import TestSupport
import Testing

@testable import FastCGI

@Suite struct ArrivalTests {
  private func arrival(_ bytes: [UInt8]) -> Arrival { Arrival(bytes.span) }

  private func advance(_ check: inout RecordCheck, _ bytes: [UInt8]) -> Arrival {
    check.advance(bytes.span)
  }

  private static let get = Wire.request(["REQUEST_METHOD": "GET", "REQUEST_URI": "/"])
  private static let post = Wire.request(
    ["REQUEST_METHOD": "POST", "CONTENT_LENGTH": "10"], body: Array("0123456789".utf8), id: 513,
    chunk: 7)
  private static let padded =
    Wire.begin(id: 7, padding: 8)
    + Wire.record(4, id: 7, Wire.pairs(["A": "b"]), padding: 255)
    + Wire.record(4, id: 7, padding: 3)
    + Wire.record(5, id: 7, [1, 2], padding: 6) + Wire.record(5, id: 7, padding: 8)
  private static let bare = Wire.begin() + Wire.record(4) + Wire.record(5)
  private static let whole = [get, post, padded, bare]

  @Test(arguments: whole)
  func `a request is whole`(_ bytes: [UInt8]) {
    #expect(arrival(bytes) == .whole)
  }

  @Test(arguments: whole)
  func `every cut of it is partial`(_ bytes: [UInt8]) {
    for length in bytes.indices {
      #expect(arrival(Array(bytes.prefix(length))) == .partial, "cut at \(length)")
    }
  }

  @Test(arguments: whole)
  func `bytes behind the end are none of it`(_ bytes: [UInt8]) {
    #expect(arrival(bytes + [1]) == .invalid)
    #expect(arrival(bytes + bytes) == .invalid)
    #expect(arrival(bytes + [0]) == .invalid)
  }

  static let invalid: [(String, [UInt8])] = [
    ("version 0", [0]), ("version 2", [2]), ("text", Array("GET / HTTP/1.1\r\n".utf8)),
    ("version 2 in a header", Wire.record(1, [0, 1, 0, 0, 0, 0, 0, 0], version: 2)),
    ("id 0", Wire.begin(id: 0)), ("role 0", Wire.begin(role: 0)),
    ("authorizer", Wire.begin(role: 2)), ("filter", Wire.begin(role: 3)),
    ("role 257", Wire.record(1, [1, 1, 0, 0, 0, 0, 0, 0])),
    ("a short beginning", Wire.record(1, [0, 1, 0, 0])),
    ("a long beginning", Wire.record(1, [UInt8](repeating: 0, count: 16))),
    ("FCGI_GET_VALUES", Wire.record(9, id: 0, Wire.pairs(["FCGI_MAX_CONNS": ""]))),
    ("FCGI_GET_VALUES of a request", Wire.record(9)), ("type 0", Wire.record(0)),
    ("FCGI_ABORT_REQUEST first", Wire.record(2)), ("END_REQUEST first", Wire.record(3)),
    ("PARAMS first", Wire.record(4)), ("STDIN first", Wire.record(5)),
    ("STDOUT first", Wire.record(6)), ("unknown type", Wire.record(11)),
    ("type 255", Wire.record(255)),
    ("begun twice", Wire.begin() + Wire.begin()), ("aborted", Wire.begin() + Wire.record(2)),
    ("STDIN before PARAMS end", Wire.begin() + Wire.record(4, [1, 0, 65]) + Wire.record(5)),
    ("STDIN without PARAMS", Wire.begin() + Wire.record(5)),
    ("STDOUT inside", Wire.begin() + Wire.record(6)),
    ("DATA inside", Wire.begin() + Wire.record(4) + Wire.record(8)),
    ("GET_VALUES inside", Wire.begin() + Wire.record(9, id: 0)),
    ("PARAMS of another", Wire.begin(id: 1) + Wire.record(4, id: 2)),
    ("the other byte of the id", Wire.begin(id: 1) + Wire.record(4, id: 257)),
    ("STDIN of another", Wire.begin() + Wire.record(4) + Wire.record(5, id: 2)),
    ("STDIN of id 0", Wire.begin() + Wire.record(4) + Wire.record(5, id: 0)),
    ("PARAMS after their end", Wire.begin() + Wire.record(4) + Wire.record(4)),
    ("version 0 inside", Wire.begin() + Wire.record(4, version: 0)),
    ("version 0 begun inside", Wire.begin() + [0]),
  ]

  @Test(arguments: invalid)
  func `what may not come here is invalid`(_ what: String, _ bytes: [UInt8]) {
    #expect(arrival(bytes) == .invalid, "\(what)")
  }

  @Test(arguments: invalid)
  func `it stays invalid whatever follows`(_ what: String, _ bytes: [UInt8]) {
    #expect(arrival(bytes + Wire.record(4) + Wire.record(5)) == .invalid, "\(what)")
  }

  private static func parameters(_ contents: [UInt8]...) -> [UInt8] {
    Wire.begin() + contents.flatMap { Wire.record(4, $0) } + Wire.record(4) + Wire.record(5)
  }

  /// libfcgi would allocate what these say, and abort when it does not get it.
  @Test(arguments: [
    [1], [1, 1], [1, 1, 65], [128], [128, 0, 0, 1], [128, 0, 0, 1, 1, 65],
    [255, 255, 255, 254, 255, 255, 255, 254, 65], [1, 255, 255, 255, 255, 65, 66],
    [1, 0, 65, 2], [0, 1],
  ])
  func `pairs that go beyond their stream are invalid`(_ content: [UInt8]) {
    #expect(arrival(Self.parameters(content)) == .invalid)
    #expect(arrival(Self.parameters(Wire.pairs(["A": "b"]), content)) == .invalid)
  }

  @Test func `pairs go on from record to record`() {
    let long = String(repeating: "v", count: 300)
    let pairs = Wire.pairs(["A": "b", "LONG": long]) + [0, 0] + Wire.pairs([long: ""])
    for size in [1, 2, 3, 7, 200, pairs.count] {
      let records = stride(from: 0, to: pairs.count, by: size).flatMap {
        Wire.record(4, Array(pairs[$0..<min($0 + size, pairs.count)]), padding: 3)
      }
      let whole = Wire.begin() + records + Wire.record(4) + Wire.record(5)
      #expect(arrival(whole) == .whole, "\(size)")
      // Byte after byte is the same as all at once.
      var check = RecordCheck()
      for count in whole.indices {
        let part = advance(&check, Array(whole.prefix(count)))
        #expect(part == .partial, "\(size), \(count)")
      }
      let end = advance(&check, whole)
      #expect(end == .whole)
    }
  }

  @Test func `random bytes come to an answer`() {
    var random = SeededGenerator(21)
    let seeds = Self.whole
    for round in 0..<20_000 {
      var bytes = seeds[round % seeds.count]
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: bytes.indices, using: &random)] = .random(in: 0...9, using: &random)
      }
      let cut = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
      var check = RecordCheck()
      let gradual = [cut.count / 3, cut.count / 2, cut.count].map {
        advance(&check, Array(cut.prefix($0)))
      }
      if !gradual.dropLast().contains(.invalid) { #expect(gradual.last == arrival(cut)) }
      // More bytes never make an invalid arrival good.
      if arrival(cut) == .invalid { #expect(arrival(bytes) == .invalid) }
      if arrival(cut) == .whole && cut.count < bytes.count { #expect(arrival(bytes) == .invalid) }
    }
  }
}
