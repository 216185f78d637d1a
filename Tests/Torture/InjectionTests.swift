import Foundation
import Testing

@testable import Harness

extension Torture {
  /// sqlmap (https://sqlmap.org) looks for SQL injections, and finds none.
  @Suite struct InjectionTests {
    private static let program = "/usr/bin/sqlmap"

    /// One thing that it is told to test: places marked by `*`, else all parameters.
    private static func targets(_ id: String) -> [(name: String, arguments: [String])] {
      let json =
        #"{"type":"company","name":"a","city":"b","status":"c","address":"d","tags":["e"],"#
        + #""contacts":[{"id":"f","firstName":"g","lastName":"h","roles":["i"],"note":"j"}]}"#
      let body = ["--headers", "Content-Type: application/json", "--data", json]
      let list = ("list", ["-u", "/clients/?limit=10&offset=0&q=a&status=b&type=company&city=c"])
      guard Scene.isLong else { return [("search", ["-u", "/clients/?q=a&city=b"]), list] }
      return [
        list, ("sort, fields", ["-u", "/clients/?sort=name&fields=id,name"]),
        ("cursor", ["-u", "/clients/?after=*"]), ("name of a parameter", ["-u", "/clients/?a*=1"]),
        ("search", ["-u", "/clients/search/a*?limit=10"]),
        ("status", ["-u", "/clients/status/active*"]),
        ("id", ["-u", "/clients/\(id)*"]),
        // Of nobody: the first request would take the row, and sqlmap leaves a 404 that comes later.
        ("delete", ["-u", nobody + "*", "--method", "DELETE", "--ignore-code", "404"]),
        ("create", ["-u", "/clients/"] + body),
        ("put", ["-u", "/clients/\(id)", "--method", "PUT"] + body),
        ("patch", ["-u", "/clients/\(id)", "--method", "PATCH"] + body),
        (
          "headers",
          [
            "-u", "/clients/\(id)", "--headers",
            ["If-Match", "If-None-Match", "Prefer", "X-Request-Id", "Origin"].map { "\($0): a*" }
              .joined(separator: "\n"),
          ]
        ),
        ("health", ["-u", "/health?a=1"]),
        ("nothing", ["-u", "/nothing*", "--ignore-code", "404"]),
      ]
    }

    /// What it said of one target.
    private struct Verdict {
      /// "all tested parameters do not appear to be injectable"
      let foundNothing: Bool
      /// "sqlmap identified the following injection point(s)"
      let foundSomething: Bool
      /// Parameters that it went through.
      let parameters: Int
      /// Suspicions that it dropped by itself.
      let dropped: Int

      init(_ output: Output) {
        let text = output.out + output.errors
        func count(_ part: String) -> Int { text.components(separatedBy: part).count - 1 }
        foundNothing = count("all tested parameters do not appear to be injectable") > 0
        foundSomething =
          count("identified the following injection point") + count("is vulnerable") > 0
        parameters = count("does not seem to be injectable")
        dropped = count("false positive or unexploitable")
      }
    }

    private static func examine(_ port: UInt16, _ arguments: [String]) throws -> Verdict {
      let home = "\(try Workbench.require().directory)/sqlmap-\(unique())"
      try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: false)
      defer { try? FileManager.default.removeItem(atPath: home) }
      var arguments = arguments
      arguments[1] = "http://127.0.0.1:\(port)" + arguments[1]
      let level = Scene.length(short: "1", long: "3")
      let output = try Output.of(
        program,
        arguments + [
          "--batch", "--disable-coloring", "--flush-session", "--output-dir", home, "--tmp-dir",
          home,
          "--dbms", "PostgreSQL", "--level", level, "--risk", level, "--time-sec", "1",
          "--technique", Scene.length(short: "BEUSQ", long: "BEUSTQ"),
        ], environment: ["HOME": home, "TERM": "dumb"], within: 240)
      let verdict = Verdict(output)
      guard output.status == 0, verdict.foundNothing != verdict.foundSomething else {
        throw Failure("sqlmap came to no conclusion: \(output.out.suffix(2000))\(output.errors)")
      }
      return verdict
    }

    @Test(.enabled(if: Workbench.exists(program), "no sqlmap: scripts/prepare --checks"))
    func sqlmapFindsNothing() throws {
      try Site.accountable { site in
        let before = try SiteFootprint(site)
        let id = try #require(try site.created(client(["name": "a"]))["id"].string)
        var (requests, parameters, dropped) = (0, 0, 0)
        let targets = Self.targets(id)
        for (name, arguments) in targets {
          let served = try site.served()
          let verdict = try Self.examine(site.port, arguments)
          let sent = try site.served() - served
          #expect(verdict.foundNothing && !verdict.foundSomething, "\(name)")
          // It did look: dozens of requests to each parameter.
          #expect(verdict.parameters > 0 && sent > 20 * verdict.parameters, "\(name): \(sent)")
          requests += sent
          parameters += verdict.parameters
          dropped += verdict.dropped
        }
        // Nothing slept, nothing failed, and the table is there.
        let statuses = try Self.statuses(site)
        #expect(
          Set(statuses.keys).isSubset(of: [200, 201, 304, 400, 404, 405, 409, 412, 414, 415, 422]),
          "\(statuses)")
        #expect(try site.get("/health/ready").status == 200)
        try site.hadNoFault()
        Scene.report(
          "sqlmap",
          "\(targets.count) targets, \(parameters) parameters, \(requests) requests: nothing injectable "
            + "(\(dropped) suspicions dropped by sqlmap itself); answers "
            + statuses.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(
              separator: ", ")
            + "; " + (try before.isBack(site, slack: 48)))
      }
    }

    private static func statuses(_ site: Site) throws -> [Int: Int] {
      var counts: [Int: Int] = [:]
      let metrics = try site.metrics()
      let name = "erp_back_http_requests_total"
      for status in metrics.labels(name, "status") {
        counts[Int(status) ?? 0] = Int(metrics.sum(name, ["status": status]))
      }
      return counts
    }

    /// That it would find one: a stand-in that pastes a parameter into its SQL.
    @Test(.enabled(if: Workbench.exists(program), "no sqlmap: scripts/prepare --checks"))
    func sqlmapFindsAHoleThatIsThere() throws {
      let place = "\(try Workbench.require().directory)/hole-\(unique())"
      try Self.standIn.write(toFile: place + ".py", atomically: true, encoding: .utf8)
      let port = try Socket.freePort()
      let server = try Child(
        "/usr/bin/python3", [place + ".py", "\(port)", try Cluster.shared().url],
        output: place + ".out",
        errors: place + ".err")
      defer { server.end() }
      try eventually("the stand-in listens") { (try? Socket(port: port)) != nil }
      let verdict = try Self.examine(port, ["-u", "/?q=a", "-p", "q"])
      #expect(verdict.foundSomething && !verdict.foundNothing)
      Scene.report("sqlmap, against a stand-in with a hole", "found it")
    }

    private static let standIn = """
      import http.server, subprocess, sys, urllib.parse
      class Handler(http.server.BaseHTTPRequestHandler):
          def do_GET(self):
              query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
              word = query.get("q", [""])[0].replace(chr(0), "")
              sql = "SELECT datname FROM pg_database WHERE datname = '" + word + "' OR datname = 'erp'"
              done = subprocess.run(["psql", "-XAtc", sql, sys.argv[2]], capture_output=True, text=True)
              body = (done.stdout + done.stderr).encode()
              self.send_response(200 if done.returncode == 0 else 500)
              self.send_header("Content-Length", str(len(body)))
              self.end_headers()
              self.wfile.write(body)
          def log_message(self, *arguments): pass
      http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
      """
  }
}
