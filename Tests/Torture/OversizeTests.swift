import Foundation
import Testing

@testable import Harness

extension Torture {
  /// Everything as large as it may be, and one more.
  @Suite struct OversizeTests {
    private static let mebibyte = 1_048_576

    /// The largest that is taken, found by halving, with every answer kept to the promises.
    private static func border(
      _ site: Site, _ range: ClosedRange<Int>, refused: Int, _ request: (Int) -> [UInt8]
    ) throws -> Int {
      func isTaken(_ size: Int) throws -> Bool {
        let answer = try site.client.exchange(request(size))
        try answer.checkPromises(of: "\(size)", isHead: false)
        guard answer.status == refused || answer.status < 400 else {
          throw Failure("\(size): \(answer)")
        }
        return answer.status != refused
      }
      var (low, high) = (range.lowerBound, range.upperBound)
      guard try isTaken(low), try !isTaken(high) else { throw Failure("no border in \(range)") }
      while high - low > 1 {
        let middle = (low + high) / 2
        if try isTaken(middle) { low = middle } else { high = middle }
      }
      return low
    }

    private static func get(_ target: String, _ lines: String = "") -> [UInt8] {
      Array("GET \(target) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(lines)\r\n".utf8)
    }

    private static func repeated(_ text: String, _ count: Int) -> String {
      String(repeating: text, count: count)
    }

    @Test func linesAndHeaders() throws {
      try Site.accountable { site in
        let before = try SiteFootprint(site)
        let around = "GET /clients/?q= HTTP/1.1\r\n".utf8.count
        // nginx: four buffers of 8 KB, and a line must fit into one of them.
        let line = try Self.border(site, 4000...20_000, refused: 414) {
          Self.get("/clients/?q=" + Self.repeated("a", $0 - around))
        }
        #expect((8190...8192).contains(line))
        let header = try Self.border(site, 4000...20_000, refused: 400) {
          Self.get("/", "X-A: " + Self.repeated("a", $0 - 7) + "\r\n")
        }
        #expect((8190...8192).contains(header))
        let large = try Self.border(site, 1...10, refused: 400) { count in
          Self.get(
            "/", (0..<count).map { "X-\($0): " + Self.repeated("a", 7900) + "\r\n" }.joined())
        }
        #expect(large == 4)
        let number = try Self.border(site, 100...9000, refused: 400) {
          Self.get("/", Self.repeated("X-Some: header\r\n", $0))
        }
        // Debian's nginx counts to a thousand; others end where their buffers do.
        #expect((900...2200).contains(number))
        // Beyond any of it: refused while it is still being sent.
        for bytes in [
          Self.get("/" + Self.repeated("a", 10_000_000)),
          Self.get("/", "X: " + Self.repeated("a", 10_000_000) + "\r\n"),
          Self.get("/", Self.repeated("X: a\r\n", 2_000_000)),
          Self.get("/", Self.repeated("a", 10_000_000)),
        ] {
          let answer = try site.client.exchange(bytes)
          try answer.checkPromises(of: "10 MB", isHead: false)
          #expect([400, 414].contains(answer.status))
          let reason = answer.status == 414 ? "L’adresse demandée" : "Les en-têtes de la requête"
          #expect(try #require(answer.json["error"].string).hasPrefix(reason))
        }
        try site.hadNoFault()
        Scene.report(
          "oversize lines and headers",
          "request line \(line) bytes and no more (414), header line \(header) (400), "
            + "\(large) header lines of 7,900, \(number) of 14; 10 MB of each refused; "
            + (try before.isBack(site)))
      }
    }

    @Test func bodies() throws {
      try Site.accountable { site in
        let before = try SiteFootprint(site)
        func post(_ size: Int, chunk: Int?) throws -> Int {
          let start = Array(#"{"type":"company","name":"Large","padding":""#.utf8)
          let body = start + [UInt8](repeating: 120, count: size - start.count - 2) + [34, 125]
          let head = "POST /clients/?fields=id HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
          guard let chunk else {
            return try site.send("POST", "/clients/", [Site.jsonType], body: body).status
          }
          var bytes = Array("\(head)Transfer-Encoding: chunked\r\n\r\n".utf8)
          for from in stride(from: 0, to: size, by: chunk) {
            let piece = body[from..<min(size, from + chunk)]
            bytes += Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + [13, 10]
          }
          let answer = try site.client.exchange(bytes + Array("0\r\n\r\n".utf8))
          try answer.checkPromises(of: "a chunked body of \(size)", isHead: false)
          return answer.status
        }
        var taken = 0
        for chunk in [nil, 1_048_577, 65_536, 1000, 7] {
          #expect(try post(Self.mebibyte - 1, chunk: chunk) == 201)
          #expect(try post(Self.mebibyte, chunk: chunk) == 201)
          #expect(try post(Self.mebibyte + 1, chunk: chunk) == 413)
          #expect(try post(Self.mebibyte * 3, chunk: chunk) == 413)
          taken += 2
        }
        // Refused by what is announced: nobody waits for it.
        for length in ["1048577", "1073741824", "1099511627776", "9223372036854775807"] {
          let seconds = try measure {
            let answer = try site.client.exchange(
              Array("POST /clients/ HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\r\n".utf8))
            #expect(answer.status == 413)
          }
          #expect(seconds < 3)
        }
        #expect(try site.get("/clients/?limit=1").status == 200)
        #expect(
          Int(
            try site.database.psql("SELECT count(*) FROM clients WHERE \(Canary.others)"))
            == taken)
        try site.hadNoFault()
        Scene.report(
          "oversize bodies",
          "1,048,575 and 1,048,576 bytes taken, 1,048,577 refused (413), with a length and in chunks "
            + "of 1,048,577, 65,536, 1,000 and 7; \(taken) rows; " + (try before.isBack(site)))
      }
    }

    /// A term of every length, many parameters, deep paths: bounded work each.
    @Test func queriesAndPaths() throws {
      try Site.accountable { site in
        _ = try site.fill(1000)
        let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        let names = letters.flatMap { a in letters.map { b in "\(a)\(b)" } }
        let room = 8100
        let half = names.prefix(room / 6 - 2).joined(separator: "&")
        let targets: [(String, Set<Int>)] = [
          ("/clients/?limit=1&" + names.prefix(room / 3 - 3).joined(separator: "&"), [200]),
          ("/clients/?limit=1" + Self.repeated("&" + half, 2), [200]),
          ("/clients/?limit=1&" + Self.repeated("a&", room / 2 - 4), [200]),
          ("/clients/?" + Self.repeated("&", room), [200]),
          ("/clients/?" + Self.repeated("limit=1&", room / 8), [200]),
          ("/clients/?" + Self.repeated("limit=x&", room / 8) + "limit=1", [200]),
          ("/clients/?sort=" + Self.repeated("name,-name,", room / 11), [200]),
          ("/clients/?sort=" + Self.repeated(",", room), [200]),
          ("/clients/?fields=" + Self.repeated("name,", room / 5), [200]),
          ("/clients/?fields=" + Self.repeated("x,", room / 2), [422]),
          ("/clients/?q=" + Self.repeated("a", room), [200]),
          ("/clients/?q=" + Self.repeated("%25", room / 3), [200]),
          ("/clients/?q=" + Self.repeated("_", room), [200]),
          ("/clients/search/" + Self.repeated("%5C", room / 3), [200]),
          ("/clients/search/" + Self.repeated("%F0%9F%98%80", room / 12), [200]),
          ("/clients/status/" + Self.repeated("a", room), [200]),
          ("/clients/?after=" + Self.repeated("A", room), [422]),
          ("/clients/" + Self.repeated("a", room), [422]),
          ("/clients/" + Self.repeated("%2F", room / 3), [422]),
          (Self.repeated("/a", room / 2), [404]), (Self.repeated("/", room), [404]),
          (Self.repeated("/.", room / 2), [404]), ("/clients" + Self.repeated("/", 8000), [404]),
          (Self.repeated("/a/..", room / 5), [200, 404]), (Self.repeated("/..", room / 3), [400]),
        ]
        // The quickest of five: what a request costs, and not its wait for a processor that others had.
        var quickest: [(seconds: Double, request: String, isTerm: Bool)] = []
        for (target, expected) in targets {
          let isTerm = ["/clients/?q=", "/clients/search/"].contains { target.hasPrefix($0) }
          for prefer in [
            nil, "Prefer: handling=strict, count=exact", "Prefer: " + Self.repeated("a,;", 2700),
          ] {
            let request = Self.get(target, prefer.map { $0 + "\r\n" } ?? "")
            var taken: [Double] = []
            for _ in 0..<5 {
              var bytes: [UInt8] = []
              taken.append(
                try elapse {
                  let socket = try Socket(port: site.port)
                  socket.send(request)
                  bytes = try socket.receiveAll()
                })
              let answer = try #require(try Answer(bytes, isBodyless: false, atEnd: true))
              try answer.checkPromises(of: "GET \(target.prefix(60))", isHead: false)
              let isStrict = prefer?.contains("strict") == true
              let isExpected = expected.contains(answer.status) || isStrict && answer.status == 422
              #expect(isExpected, "\(target.prefix(60)): \(answer)")
              #expect((answer.json["detail"].array ?? []).count <= 100)
            }
            let name = "\(target.prefix(20))…\(target.suffix(8)) \(prefer?.prefix(24) ?? "")"
            quickest.append((try #require(taken.min()), name, isTerm))
          }
        }
        // To read 8 KB takes a few milliseconds; to compare every parameter with every other took
        // more. A term the database looks for in every row, twice where it counts them.
        func slowest(isTerm: Bool) throws -> (seconds: Double, request: String, isTerm: Bool) {
          try #require(quickest.filter { $0.isTerm == isTerm }.max { $0.seconds < $1.seconds })
        }
        let (read, found) = (try slowest(isTerm: false), try slowest(isTerm: true))
        #expect(read.seconds < 0.02, "\(read)")
        #expect(found.seconds < 2, "\(found)")
        for (name, value) in [
          ("If-None-Match", Self.repeated("\"", 8000)),
          ("If-None-Match", Self.repeated("\"a\",", 2000)),
          ("If-None-Match", Self.repeated("W/", 4000)), ("If-None-Match", Self.repeated("*", 8000)),
          ("Prefer", Self.repeated("count=exact,", 660)),
          ("X-Request-Id", Self.repeated("a", 8000)),
          ("Origin", Self.repeated("a", 8000)), ("Content-Type", Self.repeated("a/", 4000)),
        ] {
          #expect(try site.get(nobody, "\(name): \(value)").status == 404)
        }
        try site.hadNoFault()
        Scene.report(
          "oversize queries and paths",
          "\(targets.count) targets of 8 KB with three headers each, the quickest of five: at most "
            + "\(Scene.rounded(read.seconds * 1000)) ms (\(read.request)), with a term "
            + "\(Int(found.seconds * 1000)) ms; 8 headers of 8 KB")
      }
    }

    /// Rows as large as a body may make them, read all at once.
    @Test func rows() throws {
      try Site.accountable { site in
        let count = Scene.length(short: 20, long: 200)
        let note = Self.repeated("x", Self.mebibyte - 300)
        for _ in 0..<count {
          let contact: JSON = ["id": "1", "firstName": "A", "lastName": "B", "note": .string(note)]
          #expect(try site.create(client(["contacts": [contact]])).status == 201)
        }
        let fresh = try SiteFootprint(site)
        // What a connection's buffers and malloc have grown to stays. It does not grow further.
        _ = try site.pages(from: "/clients/?limit=1000")
        let before = try SiteFootprint(site)
        let outcomes = try together(2) { index -> Double in
          if index == 0 {
            // A page ends at 16 MB, and says so: nothing is cut in silence.
            let pages = try site.pages(from: "/clients/?limit=1000")
            #expect(Set(pages.flatMap(\.ids)).count == count + 1)  // the canary
            #expect(pages.allSatisfy { $0.body.count < 18 << 20 })
            return Double(pages.reduce(0) { $0 + $1.body.count })
          }
          var slowest = 0.0
          for _ in 0..<Scene.length(short: 50, long: 300) {
            slowest = max(slowest, try measure { _ = try site.get("/health/live") })
          }
          return slowest
        }
        let bytes = Int(outcomes[0])
        #expect(bytes > count * (Self.mebibyte - 300))
        Scene.report(
          "a list of the largest rows",
          "\(count) rows, \(bytes >> 20) MB in pages of 16 MB at most, none left out; another client waited \(Int(outcomes[1] * 1000)) "
            + "ms at most; \(fresh) at first; read again: \(try before.isBack(site, slack: 64))"
        )
      }
    }
  }
}
