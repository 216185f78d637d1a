import Foundation
import Testing

@testable import Harness

/// A site with a load and a ledger, to which something is done.
///
/// When it is over: every write that was acknowledged is there once, nobody saw a status that is
/// not allowed, the process is the one that began, nothing of the canary was seen, and a line of
/// the summary says what was counted.
final class Scene {
  let site: Site
  let name: String
  private let ledger: Child
  let canary: Canary
  private let paths: (out: String, errors: String)
  private let responder: Child
  private let start = ContinuousClock.now
  private var figures: [String] = []
  /// Of whatever else stands in the way, to be searched for the canary.
  var logs: [String] = []

  /// What a request may be answered while a fault lasts, beyond success.
  struct Load {
    var clients = 16
    /// Statuses that are no failure.
    var allowed = [503]
    /// Seconds a request may take: beyond the deadline of a statement.
    var timeout = 9.0
    /// Seconds the slowest answer may take: the deadline of a request, and a busy machine.
    var limit = 7.5
    /// Further arguments of `ledger`.
    var arguments: [String] = []
  }

  /// Whether scenarios take their full time: `make torture`.
  static let isLong = ProcessInfo.processInfo.environment["ERP_TORTURE"] == "long"

  /// Repetitions or seconds, for the short form in `make test` and for `make torture`.
  static func length<Number>(short: Number, long: Number) -> Number { isLong ? long : short }

  /// Plays the scenario `name` on a site of its own; what the load saw.
  ///
  /// Where the site starts without its database, `work` brings that up.
  @discardableResult
  static func play(
    _ name: String, _ options: Site.Options = .init(ownsCluster: true), load: Load = Load(),
    _ work: (Scene) throws -> Void
  ) throws -> LedgerLine {
    let canary = Canary()
    var options = options
    options.password = options.password ?? canary.password
    var line: LedgerLine?
    try Site.new(options) { site in
      if !options.startsWithoutDatabase { try canary.appear(at: site) }
      let scene = try Scene(name, site, canary, load)
      do {
        // Everybody is at work.
        try scene.pause(0.5)
        try work(scene)
        if options.startsWithoutDatabase { try canary.appear(at: site) }
        try scene.pause(0.3)
      } catch {
        scene.ledger.end()
        throw error
      }
      line = try scene.close(within: load.limit)
    }
    return try #require(line)
  }

  private init(_ name: String, _ site: Site, _ canary: Canary, _ load: Load) throws {
    self.name = name
    self.site = site
    self.canary = canary
    responder = try #require(site.responder.process)
    let environment = ProcessInfo.processInfo.environment
    let program = try #require(environment["ERP_TEST_LEDGER"], "run scripts/test")
    let directory = try Workbench.require().directory
    let place = "\(directory)/ledger-\(unique())"
    paths = (place + ".out", place + ".err")
    ledger = try Child(
      program,
      ["--url", "http://127.0.0.1:\(site.port)", "--clients", "\(load.clients)"]
        + ["--timeout", "\(load.timeout)"] + load.allowed.flatMap { ["--allow", "\($0)"] }
        + ["--settle", "\(Self.length(short: 0.3, long: 1.0))"] + load.arguments,
      // By this a run that is broken off finds it.
      environment: canary.environment.merging(["ERP_TEST_DIR": directory]) { $1 },
      output: paths.out, errors: paths.errors)
  }

  /// Lets the load go on.
  func pause(_ seconds: Double) throws {
    Thread.sleep(forTimeInterval: seconds)
    try #require(ledger.isRunning, "the load ended before its time: \(errors)")
  }

  /// A figure for the summary.
  func note(_ figure: String) { figures.append(figure) }

  /// Ends the load, balances the ledger and looks for the canary.
  private func close(within limit: Double) throws -> LedgerLine {
    ledger.signal(SIGTERM)
    let status = try ledger.wait(within: 120)
    let text = (try? String(contentsOfFile: paths.out, encoding: .utf8)) ?? ""
    guard let line = try? JSONDecoder().decode(LedgerLine.self, from: Data(text.utf8)) else {
      throw Failure("\(name): ledger: exit \(status): \(errors)")
    }
    #expect(status == 0, "\(name): \(errors)")
    #expect(line.ledger?.exact == true, "\(name): \(errors)")
    #expect(line.count(200) > 0, "\(name): nothing was served: \(line)")
    let stalled = Stalls.watch.most(within: limit, from: start, to: .now)
    #expect(
      line.latency_ms.all.max <= (limit + stalled) * 1000,
      "\(name): too slow: \(line), \(stalled) s were others'")
    #expect(responder.isRunning, "\(name): the process ended")
    #expect(site.responder.process === responder, "\(name): it was another process")
    try canary.check(site, logs)
    Self.report(name, "\(([line.description] + figures).joined(separator: "; "))")
    return line
  }

  private var errors: String {
    (try? String(contentsOfFile: paths.errors, encoding: .utf8)) ?? ""
  }

  static func rounded(_ seconds: Double) -> String { String(format: "%.2f", seconds) }

  /// Prints a scenario's line of the summary and keeps it for the end of the run.
  static func report(_ name: String, _ text: String) {
    let line = "torture: \(name): \(text)"
    print(line)
    guard let directory = Workbench.current?.directory else { return }
    let path = directory + "/summary"
    if !Workbench.exists(path) { _ = FileManager.default.createFile(atPath: path, contents: nil) }
    guard let file = FileHandle(forWritingAtPath: path) else { return }
    file.seekToEndOfFile()
    file.write(Data((line + "\n").utf8))
    try? file.close()
  }
}
