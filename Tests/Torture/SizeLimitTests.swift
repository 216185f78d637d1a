import Foundation
import Testing

@testable import Harness

extension Torture {
  /// Limits of size, where one byte, level, character or row makes the difference.
  @Suite struct SizeLimitTests {
    private static let mebibyte = 1_048_576

    /// A body of exactly `size` bytes that creates a client.
    private func body(of size: Int) -> [UInt8] {
      let start = Array(#"{"type":"company","name":"Large","padding":""#.utf8)
      return start + repeatElement(UInt8(ascii: "x"), count: size - start.count - 2)
        + Array("\"}".utf8)
    }

    /// Sends it without a length, in chunks of 64 KB.
    private func sendChunked(_ body: [UInt8], to site: Site) throws -> Answer {
      var bytes = Array(
        ("POST /clients/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(Site.jsonType)\r\n"
          + "Transfer-Encoding: chunked\r\n\r\n").utf8)
      var rest = body[...]
      while !rest.isEmpty {
        let chunk = rest.prefix(65_536)
        bytes += Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + [13, 10]
        rest = rest.dropFirst(chunk.count)
      }
      let answer = try site.client.exchange(bytes + Array("0\r\n\r\n".utf8))
      try answer.checkPromises(of: "\(body.count) bytes in chunks", isHead: false)
      return answer
    }

    /// Who refuses: nginx, the responder, and the responder's limit just above nginx's and below.
    private static let bodies: [(Int?, Int)] = [
      (nil, mebibyte), (1000, 1000), (mebibyte - 1, mebibyte - 1), (mebibyte + 1, mebibyte),
    ]

    @Test(arguments: Scene.isLong ? bodies : Array(bodies.prefix(2)))
    func aBody(_ own: Int?, _ limit: Int) throws {
      let environment = own.map { ["ERP_MAX_BODY": "\($0)"] } ?? [:]
      try Site.new(.init(environment: environment)) { site in
        for (size, status) in [(limit - 1, 201), (limit, 201), (limit + 1, 413)] {
          let whole = try site.send("POST", "/clients/", [Site.jsonType], body: body(of: size))
          let chunked = try sendChunked(body(of: size), to: site)
          for answer in [whole, chunked] {
            #expect(answer.status == status, "\(size): \(answer)")
            if status == 413 { #expect(answer.json["code"] == "too_large") }
          }
        }
        #expect(try site.get("/clients/").json["count"] == 4)
        Scene.report(
          "limit, body, ERP_MAX_BODY \(own.map { "\($0)" } ?? "as it ships")",
          "\(limit - 1) and \(limit) bytes 201, \(limit + 1) bytes 413, with a length and in chunks"
        )
      }
    }

    @Test func depth() throws {
      let site = try Site.shared()
      func nested(_ levels: Int, _ open: String, _ close: String) -> String {
        String(repeating: open, count: levels) + "1" + String(repeating: close, count: levels)
      }
      // The body is one level; a contact's member stands on the fourth.
      for (name, around, outer) in [
        ("unknown", ("", ""), 1),
        ("contacts", (#"[{"id":"1","firstName":"A","lastName":"B","x":"#, "}]"), 3),
      ] {
        for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
          for (levels, status) in [(63, 201), (64, 201), (65, 422)] {
            let value = around.0 + nested(levels - outer, open, close) + around.1
            let answer = try site.send("POST", "/clients/", text: rawClient([name: value]))
            #expect(answer.status == status, "\(name) \(open) \(levels): \(answer)")
            if status == 422 {
              #expect(answer.violations.first?.hasSuffix(" json_invalid") == true)
            }
          }
        }
      }
      Scene.report("limit, depth", "64 levels 201, 65 levels 422, of arrays and objects")
    }

    /// Columns by the JSON name, and what `varchar(n)` holds.
    private static let texts = [
      ("name", 255), ("companyName", 255), ("firstName", 100), ("lastName", 100), ("siret", 20),
      ("phone", 50), ("address", 10_000), ("city", 100), ("status", 20), ("lastService", 50),
    ]

    /// Code points, however they are written: in four bytes, or as two escapes of six.
    @Test func textsOfAChange() throws {
      let site = try Site.shared()
      let target = try #require(try site.create(client())["Location"])
      for (name, limit) in Self.texts {
        let column = name.reduce("") { $0 + ($1.isUppercase ? "_" : "") + $1.lowercased() }
        for method in ["PUT", "PATCH"] {
          for unit in ["é", "😀", #"\ud83d\ude00"#, #"\u00e9"#] {
            let full = String(repeating: unit, count: limit)
            let taken = try site.send(method, target, text: "{\"\(name)\":\"\(full)\"}")
            #expect(taken.status == 200, "\(method) \(name) \(unit)")
            #expect(taken.json["data"][column].string?.unicodeScalars.count == limit)
            let refused = try site.send(method, target, text: "{\"\(name)\":\"\(full)x\"}")
            #expect(refused.status == 422)
            #expect(refused.violations == ["body.\(name) string_too_long"])
          }
        }
      }
      let tag = String(repeating: #"\ud83d\ude00"#, count: 100)
      let tags = repeatElement("\"\(tag)\"", count: 100).joined(separator: ",")
      #expect(try site.send("PATCH", target, text: "{\"tags\":[\(tags)]}").status == 200)
      #expect(
        try site.send("PATCH", target, text: "{\"tags\":[\"\(tag)x\"]}").violations
          == ["body.tags.0 string_too_long"])
      #expect(try site.send("PATCH", target, text: "{\"tags\":[\(tags),\"\"]}").status == 422)
      let contact = #"{"id":"1","firstName":"A","lastName":"B"}"#
      for (count, status) in [(0, 200), (99, 200), (100, 200), (101, 422)] {
        let all = repeatElement(contact, count: count).joined(separator: ",")
        let answer = try site.send("PATCH", target, text: "{\"contacts\":[\(all)]}")
        #expect(answer.status == status, "\(count) contacts")
        if status == 200 { #expect(answer.json["data"]["contacts"].array?.count == count) }
      }
      Scene.report(
        "limit, texts", "\(Self.texts.count) columns, tags and contacts: n 200, n + 1 422")
    }

    @Test func violations() throws {
      let site = try Site.shared()
      for count in [99, 100] {
        let tags = repeatElement("1", count: count - 2).joined(separator: ",")
        let answer = try site.send("POST", "/clients/", text: "{\"tags\":[\(tags)]}")
        #expect(answer.violations.count == count, "type and name are missing too")
      }
      let tags = repeatElement("1", count: 100).joined(separator: ",")
      #expect(
        try site.send("POST", "/clients/", text: "{\"tags\":[\(tags)]}").violations.count == 100)
      Scene.report("limit, violations", "99 are told as 99, 100 as 100, 102 as 100")
    }

    @Test func rowsOfAList() throws {
      try Site.new { site in
        let city = try site.fill(1001)
        for (limit, count, more) in [(999, 999, true), (1000, 1000, true)] {
          let page = try site.get("/clients/?city=\(city)&limit=\(limit)&fields=id")
          #expect(page.ids.count == count && page.json["has_more"] == .bool(more))
          #expect(page.next != nil)
        }
        let rest = try site.get("/clients/?city=\(city)&limit=1000&offset=1&fields=id")
        #expect(rest.ids.count == 1000 && rest.json["has_more"] == false && rest.next == nil)
        for list in ["/clients/", "/clients/search/Row", "/clients/status/active"] {
          #expect(try site.get(list + "?limit=1001").violations == ["query.limit less_than_equal"])
          #expect(try site.get(list + "?limit=1&fields=id").ids.count == 1)
          #expect(try site.get(list + "?limit=0").violations == ["query.limit greater_than_equal"])
          let number = String(repeating: "9", count: 4000)
          #expect(
            try site.get(list + "?limit=\(number)").violations == ["query.limit less_than_equal"])
          // One below the largest number that PostgreSQL counts rows with, and that number.
          for (offset, status) in [("1001", 200), ("9223372036854775806", 200)] {
            let page = try site.get(list + "?offset=\(offset)")
            #expect(page.status == status && page.ids.isEmpty, "\(offset): \(page)")
            #expect(page.json["has_more"] == false)
          }
          for offset in ["9223372036854775807", "9223372036854775808", number] {
            #expect(
              try site.get(list + "?offset=\(offset)").violations
                == ["query.offset less_than_equal"])
          }
        }
        Scene.report("limit, list", "limit 1000 200, 1001 422; offset 2^63 - 2 200, 2^63 - 1 422")
      }
    }

    /// nginx keeps a line in a buffer of 8 KB, of which there are four.
    @Test func linesOfARequest() throws {
      let site = try Site.shared()
      /// A request whose first line has so many bytes, with its end.
      func request(line: Int, headers: [String] = []) throws -> Answer {
        let frame = "GET /clients/?limit=1&q= HTTP/1.1\r\n".utf8.count
        let target = "/clients/?limit=1&q=" + String(repeating: "a", count: line - frame)
        return try site.send("GET", target, headers)
      }
      for (length, status) in [(8191, 200), (8192, 200), (8193, 414)] {
        let answer = try request(line: length)
        #expect(answer.status == status, "\(length): \(answer)")
        if status == 414 { #expect(answer.json["code"] == "uri_too_long") }
      }
      /// A header line of so many bytes, with its end.
      func header(_ length: Int) -> String {
        "X-Filler: " + String(repeating: "b", count: length - "X-Filler: \r\n".utf8.count)
      }
      for (length, status) in [(8190, 200), (8192, 200), (8193, 400)] {
        let answer = try site.send("GET", "/health/live", [header(length)])
        #expect(answer.status == status, "\(length): \(answer)")
      }
      // Four buffers are full, and one more line.
      let full = try site.send("GET", "/health/live", Array(repeating: header(8000), count: 3))
      let more = try site.send("GET", "/health/live", Array(repeating: header(8000), count: 5))
      #expect(full.status == 200 && more.status == 400)
      Scene.report(
        "limit, lines", "request line of 8192 bytes 200, 8193 414; header of 8192 200, 8193 400")
    }

    /// A letter beyond ASCII takes three times its bytes in Link, which stands in nginx's buffer for
    /// the headers; a link longer than nginx takes is told all the same, and refused as such.
    @Test func theLongestLink() throws {
      let site = try Site.shared()
      let marker = unique()
      for _ in 0..<2 { _ = try site.created(client(["city": .string(marker)])) }
      let columns = "id,type,name,company_name,first_name,last_name,siret,email,phone,address,"
      let end = "&city=\(marker)&limit=1"
      var figures: [String] = []
      for (start, unit, rest) in [("fields=", columns, "id"), ("city=", "é", "")] {
        let count = (8150 - start.utf8.count - rest.utf8.count - end.utf8.count) / unit.utf8.count
        let query = start + String(repeating: unit, count: count) + rest + end
        let page = try site.get("/clients/?" + query)
        #expect(page.status == 200 && page.ids.count == 1, "\(start)")
        let next = try #require(page.next)
        let line = "GET \(next) HTTP/1.1\r\n".utf8.count
        #expect(try site.get(next).status == (line <= 8192 ? 200 : 414), "\(line)")
        figures.append("\(query.utf8.count) bytes, a link of \(next.utf8.count)")
      }
      Scene.report("limit, Link", "queries of \(figures.joined(separator: ", and of "))")
    }

    /// A page ends once it has 16 MiB, says that there is more, and the next goes on from there.
    @Test func bytesOfAPage() throws {
      try Site.new { site in
        let rowBytes = 1_000_000
        try site.database.psql(
          """
          INSERT INTO clients (id, type, name, status, contacts, created_at)
          SELECT gen_random_uuid(), 'company', 'Row', CASE WHEN n <= 17 THEN 'few' ELSE 'many' END,
            jsonb_build_array(jsonb_build_object('id', '1', 'firstName', 'A', 'lastName', 'B',
              'note', repeat('x', \(rowBytes)))),
            timestamptz '2025-01-01 00:00:00+00' + n * interval '1 second'
          FROM generate_series(1, 17 + 18) AS n
          """)
        // The seventeenth passes the limit, and is the last: nothing is left out.
        let few = try site.client.request("GET", "/clients/status/few?limit=1000")
        #expect(few.status == 200 && few.ids.count == 17)
        #expect(few.json["has_more"] == false && few.next == nil)
        let many = try site.client.request("GET", "/clients/status/many?limit=1000")
        #expect(many.status == 200 && many.ids.count == 17 && many.body.count > 16_777_216)
        #expect(many.json["count"] == 17 && many.json["has_more"] == true)
        let rest = try site.get(try #require(many.next))
        #expect(rest.ids.count == 1 && rest.next == nil)
        #expect(Set(many.ids + rest.ids).count == 18)
        // Rows are held up to that size, whatever of them is asked for.
        let pages = try site.pages(from: "/clients/?limit=1000&fields=id")
        #expect(pages.map(\.ids.count) == [17, 17, 1])
        #expect(Set(pages.flatMap(\.ids)).count == 35)
        Scene.report(
          "limit, page",
          "17 rows of 1 MB: one page; 18: a page of 17, \(many.body.count) bytes, and one of 1")
      }
    }
  }
}
