import Foundation
import Testing

@testable import Harness

extension Torture {
  /// What a stranger learns from a public server with the `/api/` snippet and no guard.
  @Suite struct StrangerTests {
    @Test func answersSayNothingOfWhatServesThem() throws {
      try Site.new { site in
        let api = try Guarded(site, guards: [])
        var seen: Set<Int> = []
        func look(_ method: String, _ target: String, _ headers: [String] = [], body: String? = nil)
          throws
        {
          let answer = try api.ask(method, target, headers, body: body)
          seen.insert(answer.status)
          #expect(answer["server"] == "nginx", "\(method) \(target.prefix(80)): \(answer.headers)")
          let words = [
            "PostgreSQL", "libpq", "Swift", "SELECT", "SQLSTATE", "/run/", "nginx/", "<html",
          ]
          for word in words where answer.status >= 400 {
            #expect(!answer.text.contains(word), "\(method) \(target.prefix(80)): \(answer)")
          }
        }
        for target in Guarded.spellings { try look("GET", target) }
        try look("GET", "/api/clients/", ["Content-Length: 9999999"])
        try look(
          "POST", "/api/clients/", [Site.jsonType], body: String(repeating: " ", count: 2_000_000))
        try look("GET", "/api/" + String(repeating: "x", count: 9000))
        try look("GET", "/api/clients/", ["X-Long: " + String(repeating: "x", count: 33000)])
        try look("GET", "/api/clients/%zz")
        try look("PATCH", "/api/clients/")
        try look("TRACE", "/api/clients/search/chaland")
        try look("POST", "/api/clients/", ["Transfer-Encoding: nonsense"])
        try look("POST", "/api/clients/", ["Content-Type: text/plain"], body: "x")
        try look("POST", "/api/clients/", [Site.jsonType], body: "{")
        site.responder.process?.signal(SIGKILL)
        _ = try site.responder.process?.wait()
        try look("GET", "/api/clients/")
        try site.responder.start()
        #expect(seen.isSuperset(of: [200, 400, 404, 405, 413, 414, 415, 422, 501, 502]), "\(seen)")
        Scene.report(
          "strangers",
          "answers of \(seen.sorted().map(String.init).joined(separator: ", ")): "
            + "no version, no page of nginx's, no word of the database")
      }
    }

    /// Loopback may read the figures; in a public block another address may not, however it is spelt.
    @Test func figuresAreForTheMachineItself() throws {
      try Site.new { site in
        var api = try Guarded(site, guards: [])
        api.curl = ["--interface", "127.0.0.9"]
        let spellings = [
          "/api/metrics", "/api/metrics/", "/api/%6detrics", "/api//metrics", "/api/./metrics",
          "/api/x/../metrics", "//api/metrics", "/api/docs/assets/..%2f..%2fmetrics",
          "/api/metrics?x", "/api/metricsx", "/api/metrics%2f",
        ]
        for target in spellings {
          for header in [[], ["X-Forwarded-For: 127.0.0.1"]] {
            let answer = try api.ask("GET", target, header)
            #expect([403, 404].contains(answer.status), "\(target): \(answer)")
            #expect(!answer.text.contains("erp_back_"))
          }
        }
        #expect(try api.ask("GET", "/api/health/live").status == 200)
        Scene.report(
          "strangers: /metrics", "\(spellings.count) spellings from another address: 403 or 404")
      }
    }

    /// A page of another site makes a browser POST with what the browser adds by itself: without a
    /// Content-Type no leave is asked for, and a missing one is taken as JSON.
    @Test func aPageOfAnotherSiteCannotWrite() throws {
      try Site.new { site in
        let api = try Guarded(site, guards: [])
        func post(_ headers: String...) throws -> Answer {
          try api.ask("POST", "/api/clients/", headers, body: client().text)
        }
        let rows = try site.database.psql("SELECT count(*) FROM clients")
        let page = "Origin: https://evil.example"
        for forged in try [
          post(page, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"),
          post("Origin: https://blog.example.fr", "Sec-Fetch-Site: same-site"),
          post("Origin: null", "Sec-Fetch-Site: cross-site", "Content-Type:"),
        ] {
          #expect(forged.status == 403 && forged.json["code"] == "forbidden", "\(forged)")
          try forged.checkPromises(of: "a forged POST", isHead: false)
        }
        // What needs no leave and has a type is no JSON.
        for type in [
          "text/plain", "text/plain; application/json", "application/x-www-form-urlencoded",
          "multipart/form-data; boundary=x",
        ] {
          let forged = try post(page, "Sec-Fetch-Site: cross-site", "Content-Type: \(type)")
          #expect(forged.status == 415, "\(type): \(forged)")
        }
        #expect(try site.database.psql("SELECT count(*) FROM clients") == rows)
        // Scripts and the site's own pages go on as they did.
        #expect(try post().status == 201)
        #expect(try post(Site.jsonType).status == 201)
        #expect(try post("Sec-Fetch-Site: same-origin").status == 201)
        #expect(try post("Sec-Fetch-Site: none").status == 201)
        // Asked for leave before, and given it by CORS_ORIGINS only.
        #expect(try post(Site.jsonType, "Sec-Fetch-Site: cross-site", page).status == 201)
        Scene.report(
          "strangers: forged POST",
          "3 without a type refused with 403, 4 with a form's type with 415")
      }
    }

    /// The example of a rate limit in nginx's files, as an operator takes it in.
    @Test func aRateLimitIsSaidInTheEnvelope() throws {
      try Site.new { site in
        let directory = Guarded.directory(site)
        for (file, line) in [
          ("conf.d/erp-back-local.conf", "limit_req_zone $binary_remote_addr"),
          ("snippets/erp-back-api.conf", "limit_req zone=erp_back_api"),
        ] {
          let path = directory + "/" + file
          let text = try String(contentsOfFile: path, encoding: .utf8)
          #expect(text.contains("\n# \(line)") || text.contains("\n    # \(line)"), "\(file)")
          // The limit is met sooner here.
          try text.replacing("# \(line)", with: line).replacing("rate=50r/s", with: "rate=1r/s")
            .replacing("burst=100", with: "burst=20")
            .write(toFile: path, atomically: false, encoding: .utf8)
        }
        let api = try Guarded(site, guards: [])
        var counts: [Int: Int] = [:]
        for _ in 0..<60 {
          let answer = try api.ask("GET", "/api/clients/?limit=1")
          counts[answer.status, default: 0] += 1
          try answer.checkPromises(of: "a request of many", isHead: false)
          if answer.status == 429 {
            #expect(answer.json["code"] == "rate_limited" && answer["retry-after"] == "2")
          }
        }
        #expect(
          Set(counts.keys) == [200, 429] && (20...30).contains(counts[200] ?? 0), "\(counts)")
        Scene.report(
          "strangers: rate limit",
          "60 requests at once with burst=20: \(counts[200] ?? 0) answered, \(counts[429] ?? 0) refused with 429"
        )
      }
    }
  }
}
