import Foundation
import Testing

@testable import Harness

extension Torture {
  /// Clients that send and read a few bytes a second; everybody else is served as ever.
  @Suite struct SlowClientTests {
    private static let program = "/usr/bin/slowhttptest"
    private static let connections = Scene.length(short: 250, long: 1000)
    private static let seconds = Scene.length(short: 4, long: 20)

    /// A kind of slowness, the target and arguments of slowhttptest for it, and the KB that nginx has for
    /// one client of that kind: a request; a body; `fastcgi_buffer_size`, `fastcgi_buffers` and, for what
    /// comes back from the temporary file, `output_buffers` (64, 256 and 64).
    private static let kinds: [(name: String, target: String, arguments: [String], held: Int)] = [
      ("headers", "/clients/", ["-H", "-x", "10"], 16),
      ("bodies", "/clients/", ["-B", "-s", "65536", "-x", "10", "-f", "application/json"], 80),
      ("reads", "/clients/?limit=100", ["-X", "-w", "10", "-y", "20", "-n", "1", "-z", "5"], 400),
    ]

    @Test(.enabled(if: Workbench.exists(program), "no slowhttptest: scripts/prepare --checks"))
    func theyHoldNobodyElse() throws {
      // Short: all three at once. Long: each by itself, then all at once.
      let rounds = Scene.isLong ? Self.kinds.map { [$0] } + [Self.kinds] : [Self.kinds]
      for kinds in rounds {
        let name = "slow " + kinds.map(\.name).joined(separator: ", ")
        try Scene.play(name, load: .init(clients: 1, allowed: [])) { scene in
          let site = scene.site
          _ = try site.fill(1000, set: "address = repeat('x', 200)")
          let before = try SiteFootprint(site)
          let quiet = try Self.probe(site, seconds: 1)
          scene.note("others without them: \(quiet)")
          var held: [Int] = []
          for round in 1...Scene.length(short: 2, long: 3) {
            let started = try kinds.map { try Self.start(site, $0.target, $0.arguments) }
            defer { started.forEach { $0.child.end() } }
            let busy = try Self.probe(site, seconds: Double(Self.seconds))
            #expect(
              busy.share(over: 0.1) <= Self.lost, "round \(round): \(busy); without: \(quiet)")
            scene.note("with them, round \(round): \(busy)")
            held = try started.map { try Self.held($0.child, $0.output) }
            for count in held { #expect(count >= Self.connections * 9 / 10, "\(held)") }
          }
          // nginx frees what it had for each, and its malloc keeps some of it: as much as all had once,
          // however many rounds there were.
          let kept = 24 + kinds.map(\.held).reduce(0, +) * Self.connections / 1024
          let footprint = try before.isBack(site, nginx: kept, within: 30)
          scene.note(
            "\(kinds.count) × \(Self.connections) slow connections for \(Self.seconds) s, held to the end: "
              + held.map { "\($0)" }.joined(separator: ", "))
          scene.note(footprint)
          try scene.heals()
        }
      }
    }

    /// A client that says nothing more in the middle of a request is let go of by nginx, with 408,
    /// and nothing of it is done.
    @Test func unfinishedRequestsAreNotServed() throws {
      try Site.accountable { site in
        let stretch = try Stretch(site)
        let body = client(["city": "unfinished"]).text
        let request = Array(
          "POST /clients/ HTTP/1.1\r\nHost: a\r\n\(Site.jsonType)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            .utf8)
        let served = try site.served()
        // Cut at every byte: the client vanishes there.
        let cuts = Array(stride(from: 1, to: request.count, by: Scene.length(short: 7, long: 1)))
        for cut in cuts {
          let socket = try Socket(port: site.port)
          socket.send(request.prefix(cut))
          socket.close()
        }
        #expect(try stretch.lines().count { $0.reachedResponder } == 0)
        #expect(try site.served() - served == 1)  // the mark
        #expect(
          try site.database.psql("SELECT count(*) FROM clients WHERE \(Canary.others)") == "0")
        try site.hadNoFault()
        Scene.report(
          "unfinished requests",
          "\(cuts.count) cut at as many places, 0 reached the responder, 0 rows")
      }
    }

    /// The share of the time that others may lose: two cores are shared by PostgreSQL, nginx, slowhttptest
    /// and the probe, and a request may wait for a processor.
    private static let lost = 0.01

    /// Reads, lists, changes a row, and asks whether the service lives, for so long.
    private static func probe(_ site: Site, seconds: Double) throws -> Beats {
      let target = try #require(try site.create(client())["Location"])
      return try Beats(
        site,
        [
          Beats.request("GET \(target)"), Beats.request("GET /clients/?limit=10"),
          Beats.request("GET /health/live"), Beats.request("PATCH \(target)", #"{"city":"Brest"}"#),
        ], seconds: seconds)
    }

    private static func start(
      _ site: Site, _ target: String, _ arguments: [String]
    ) throws -> (child: Child, output: String) {
      let output = "\(try Workbench.require().directory)/slowhttptest-\(unique())"
      let child = try Child(
        program,
        arguments + [
          // So many come in a second that their first requests are no load by themselves: what a crowd
          // does that comes at once is the matter of `CrowdOfPeersTests`.
          "-c", "\(connections)", "-r", "125", "-i", "1", "-l", "\(seconds)", "-p",
          "3",
          "-u", "http://127.0.0.1:\(site.port)\(target)",
        ], output: output, errors: output + ".err")
      return (child, output)
    }

    /// How many connections it held when its time was over; it must have thought the server available.
    private static func held(_ child: Child, _ output: String) throws -> Int {
      let status = try child.wait(within: 30)
      let text = try String(contentsOfFile: output, encoding: .utf8)
        .replacing(/\u{1B}\[[0-9;]*[A-Za-z]/, with: "")
      guard status == 0, text.contains("Hit test time limit"),
        let last = text.range(of: "slow HTTP test status on", options: .backwards),
        let match = text[last.lowerBound...].firstMatch(
          of: /connected:\s+([0-9]+)(?:.|\n)*service available:\s+YES/), let count = Int(match.1)
      else { throw Failure("slowhttptest: \(status): \(text.suffix(1500))") }
      return count
    }
  }
}
