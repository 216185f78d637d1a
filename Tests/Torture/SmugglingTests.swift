import Testing

@testable import Harness

extension Torture {
  /// A request hidden in another one is never served: by the answers, the rows, nginx's log and the
  /// responder's own count.
  @Suite struct SmugglingTests {
    @Test func noHiddenRequestIsServed() throws {
      try Site.accountable { site in
        let victim = try #require(try site.created(client(["name": "Victim"]))["id"].string)
        let body = client(["city": "smuggled"]).text
        let hidden = [
          "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
          "DELETE /clients/\(victim)?smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
          "POST /clients/?smuggled HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)",
        ].map { Array($0.utf8) }
        let rows = try Self.rows(site)
        let before = try SiteFootprint(site)
        let stretch = try Stretch(site)
        let served = try site.served()

        var statuses: [Int] = []
        var old = 0
        for shape in SmugglingShape.all {
          for request in hidden {
            let conversation = try Conversation.hold(
              site, shape.bytes(request), expecting: shape.expected.count, isHead: shape.isHead,
              endsSending: shape.endsSending)
            #expect(conversation.statuses == shape.expected, "\(shape)")
            for (index, answer) in conversation.answers.enumerated() {
              try answer.checkPromises(
                of: shape.description, isHead: shape.isHead && index == 0)
            }
            statuses += conversation.statuses
            if !conversation.rest.isEmpty {
              #expect(shape.expected.isEmpty, "\(shape)")
              old += 1
            }
          }
        }

        // The request for the mark that ends the stretch is one more.
        let counted = try site.served() - served
        let lines = try stretch.lines()
        #expect(!lines.contains { $0.request.contains("smuggled") })
        #expect(!lines.contains { $0.request.hasPrefix("DELETE /clients") })
        #expect(lines.count { $0.reachedResponder } == counted)
        // Three of the shapes end without an answer of a version that has a status line.
        let logged = lines.map(\.status)
        let unanswered = SmugglingShape.all.count { $0.expected.isEmpty } * hidden.count
        #expect(logged.count == statuses.count + unanswered)
        for status in Set(statuses) where ![200, 400].contains(status) {
          let (said, written) = (statuses.count { $0 == status }, logged.count { $0 == status })
          #expect(said == written, "\(status)")
        }
        #expect(try Self.rows(site) == rows)
        try site.hadNoFault(allowing: [501, 505])
        Scene.report(
          "smuggled requests",
          "\(SmugglingShape.all.count) shapes with \(hidden.count) hidden requests each, 0 served; "
            + "answers \(statuses.counted), HTTP/0.9: \(old); \(counted) reached the responder, by its "
            + "count and by the log; rows unchanged; \(try before.isBack(site))")
      }
    }

    /// What follows a complete request is the next one: answered once, and in its place.
    @Test func pipelinedRequestsAreAnsweredOnceAndInOrder() throws {
      try Site.accountable { site in
        let stretch = try Stretch(site)
        let ends = ["\r\n\r\n", "\n\n"]
        let bodies = [
          "", "Content-Length: 2\r\n\r\n{}",
          "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
          "Transfer-Encoding: chunked\r\n\r\n0002;a=b;c=\"d\"\r\n{}\r\n00000;x\r\nX-Trailer: y\r\n\r\n",
          "Transfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n", "Content_Length: 99\r\n\r\n",
          "X: y\nContent-Length: 2\r\n\r\n{}",
          "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nContent-Length: 99\r\nHost: b\r\n\r\n",
        ]
        let rounds = Scene.length(short: 5, long: 50)
        var statuses: [Int] = []
        for round in 0..<rounds {
          var text = ""
          var names: [String] = []
          for index in 0..<100 {
            let name = "pipelined-\(round)-\(index)-\(index % 7)"
            let body = bodies[(round + index) % bodies.count]
            names.append(name)
            // Each is known again by the id that it brought.
            text +=
              "\(body.isEmpty ? "GET" : "POST") /\(name) HTTP/1.1\r\nHost: a\r\nX-Request-Id: \(name)"
            text += body.isEmpty ? ends[index % 2] : "\r\n" + body
          }
          let conversation = try Conversation.hold(site, Array(text.utf8), expecting: 100)
          #expect(conversation.answers.map { $0["X-Request-Id"] ?? "" } == names)
          statuses += conversation.statuses
        }
        let lines = try stretch.lines()
        #expect(lines.count == rounds * 100)
        #expect(Set(statuses) == [404])
        #expect(Set(lines.map(\.request)).count == lines.count)
        Scene.report(
          "pipelined requests",
          "\(statuses.count) in \(rounds) connections, with and without bodies, each answered once and in "
            + "order (\(statuses.counted))")
      }
    }

    /// Where a request says that it goes does not matter, and nowhere comes back.
    @Test func targetsAndHostsOfOthersChangeNothing() throws {
      try Site.accountable { site in
        let target = try #require(try site.create(client())["Location"])
        let id = target.dropFirst("/clients/".count)
        _ = try site.created(client())
        let evil = "evil.example"
        let requests: [(String, Int)] = [
          ("GET http://\(evil)/clients/?limit=1 HTTP/1.1\r\nHost: a", 200),
          ("GET https://\(evil)/clients/?limit=1 HTTP/1.1\r\nHost: a", 200),
          ("GET http://\(evil) HTTP/1.1\r\nHost: a", 200),
          ("GET http://\(evil):99/clients/\(id) HTTP/1.1\r\nHost: a", 200),
          ("GET http://a@\(evil)/clients/ HTTP/1.1\r\nHost: a", 400),
          ("GET http:///\(evil)/ HTTP/1.1\r\nHost: a", 400),
          ("GET //\(evil)/clients/ HTTP/1.1\r\nHost: a", 404),
          ("GET /\\\(evil)/clients/ HTTP/1.1\r\nHost: a", 404),
          ("GET /http://\(evil)/ HTTP/1.1\r\nHost: a", 404),
          ("GET \(evil):80 HTTP/1.1\r\nHost: a", 400),
          ("CONNECT \(evil):80 HTTP/1.1\r\nHost: a", 400),
          ("GET * HTTP/1.1\r\nHost: a", 400), ("GET clients HTTP/1.1\r\nHost: a", 400),
          ("GET ?limit=1 HTTP/1.1\r\nHost: a", 400), ("GET \\clients HTTP/1.1\r\nHost: a", 400),
          ("GET /clients/?limit=1 HTTP/1.1\r\nHost: \(evil)", 200),
          ("GET /clients/?limit=1 HTTP/1.1\r\nHost: \(evil):99999", 200),
          ("GET /clients/?limit=1 HTTP/1.1\r\nHost: a@\(evil)", 200),
          ("GET /clients/?limit=1 HTTP/1.1\r\nHost: '\"<>\(evil)", 200),
          ("GET /clients/?limit=1 HTTP/1.1\r\nHost: [\(evil)", 200),
          ("GET /clients/?limit=1 HTTP/1.1\r\nHost: \(String(repeating: "a", count: 7000))", 200),
          ("GET /clients/ HTTP/1.1\r\nHost: a/\(evil)", 400),
          ("GET /clients/ HTTP/1.1\r\nHost: a b", 400),
          ("GET /clients/ HTTP/1.1\r\nHost: a, \(evil)", 400),
          ("GET /clients/ HTTP/1.1\r\nHost: ..", 400),
          ("GET /clients/ HTTP/1.1\r\nHost: a\0b", 400),
          ("GET /clients/ HTTP/1.1\r\nHost: a\r\n b", 400),
          ("GET /clients/ HTTP/1.1\r\nHost: a\u{7F}", 400), ("GET /clients/ HTTP/1.1", 400),
          (
            "GET /clients/?limit=1 HTTP/1.1\r\nHost: a\r\nX-Forwarded-Host: \(evil)"
              + "\r\nForwarded: host=\(evil)\r\nX-Forwarded-Prefix: /\(evil)\r\nScript_Name: /\(evil)"
              + "\r\nProxy: http://\(evil)\r\nX-Forwarded-Proto: \(evil)\r\nX-Host: \(evil)", 200
          ),
          // Headers that some servers take for another target or method.
          (
            "GET /nothing HTTP/1.1\r\nHost: a\r\nX-Original-URL: /clients/\(id)"
              + "\r\nX-Rewrite-URL: /clients/\(id)", 404
          ),
          (
            "POST /clients/\(id) HTTP/1.1\r\nHost: a\r\nX-HTTP-Method-Override: DELETE"
              + "\r\nX-HTTP-Method: DELETE\r\nX-Method-Override: DELETE\r\nContent-Length: 0", 405
          ),
          ("GET /clients/\(id)?_method=DELETE HTTP/1.1\r\nHost: a\r\nRequest_Method: DELETE", 200),
          (
            "GET /clients/ HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings"
              + "\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__", 200
          ),
          (
            "GET /clients/ HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket"
              + "\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", 200
          ),
          ("GET /clients/?limit=1&q=%0d%0aSet-Cookie:%20\(evil) HTTP/1.1\r\nHost: a", 200),
          ("GET /%0d%0aSet-Cookie:%20\(evil) HTTP/1.1\r\nHost: a", 404),
        ]
        var statuses: [Int] = []
        for (head, status) in requests {
          let conversation = try Conversation.hold(
            site, Array((head + "\r\n\r\n").utf8), expecting: 1)
          #expect(conversation.statuses == [status], "\(head.prefix(120).debugDescription)")
          for answer in conversation.answers {
            try answer.checkPromises(of: head, isHead: false)
            // In a link a query comes back, percent-encoded, and no host.
            let said = answer.headers.filter { $0.name != "link" }.map(\.value) + [answer.text]
            #expect(!said.contains { $0.contains(evil) }, "\(head): \(answer.headers)")
            #expect(answer.next.map { $0.hasPrefix("/clients/?") } ?? true)
            #expect(answer["Set-Cookie"] == nil)
          }
          statuses += conversation.statuses
        }
        #expect(try site.get(target).status == 200)
        try site.hadNoFault()
        Scene.report(
          "targets and hosts of others",
          "\(requests.count) requests (\(statuses.counted)); no host, prefix or header of theirs in an "
            + "answer, no override of method or target taken")
      }
    }

    private static func rows(_ site: Site) throws -> String {
      try site.database.psql(
        "SELECT count(*), md5(string_agg(c::text, ',' ORDER BY id)) FROM clients c")
    }
  }
}
