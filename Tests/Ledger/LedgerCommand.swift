import ArgumentParser
import Foundation
import Synchronization

/// Set by SIGTERM and SIGINT: enough.
private let isTold = Atomic<Bool>(false)

@main
struct LedgerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ledger",
    abstract: "Load the API without pause, keep a ledger of every write, and balance it.",
    discussion: """
      Each client sends one request after another, over rows of its own, until SIGTERM, \
      --duration or the end of the process that started it. Every answer is recorded; every write carries a mark of its own. \
      Afterwards all rows of the run are read through the API and compared: what was acknowledged \
      is there exactly once with the last acknowledged values, what was deleted or refused is \
      not, and a write without an answer may have been done, but never twice. A 502 or 503 that \
      does not ask to check first says that the write was not done, and is held to it.

      --mix takes get, list, post, put, patch and delete, and what has to be refused: conflict \
      (409), invalid (422), stale (412), absent and gone (404), method (405), media (415), \
      large (413), cut (a body that ends early). Another answer to those is a failure, and \
      whatever it is, no trace of them may be found.

      Nothing is repeated, but for a GET, PUT or DELETE on a kept connection that the server \
      closed before a byte of the answer (RFC 9112, 9.3.1). POST and PATCH use a new connection \
      each, unless --connections kept.

      LEDGER_LAST_NAME, letters and digits, is the last name in every create and update, those \
      that have to be refused included; an answer that holds LEDGER_SECRET is a failure. By the \
      environment, because command lines are everybody's to read.

      Prints one line of JSON; a line for every failure on standard error. Exit status: 0 when \
      nothing failed and the ledger balances, 1 when not, 69 when the rows cannot be read.
      """)

  @Option(help: "Where the API is; a prefix such as /api may follow.")
  var url = "http://127.0.0.1:8000"
  @Option(help: "Clients at once.")
  var clients = 16
  @Option(help: "Seconds until the end; without it, until SIGTERM.")
  var duration: Double?
  @Option(help: "Go on after the end until there are so many requests.")
  var requests = 0
  @Option(help: "Weights, such as get=40,list=10,post=20,put=12,patch=8,delete=10.")
  var mix: String?
  @Option(help: "Of a hundred POST and PUT, how many have a large body.")
  var largeShare = 25
  @Option(help: "Bytes of a large body, up to 24000.")
  var largeBytes = 20_480
  @Option(
    help: "Bytes of the largest body that the API takes: one of --mix large is a byte longer.")
  var bodyLimit = 1_048_576
  @Option(help: "How connections are used: fresh, kept or mixed.")
  var connections = "mixed"
  @Option(help: "Seconds a request may take.")
  var timeout = 20.0
  @Option(help: "A status that is no failure; several may be given.")
  var allow: [Int] = []
  @Option(help: "A status of 500 or above after which a write was surely not done.")
  var certain: [Int] = []
  @Option(help: "A file of windows, a line START END each in seconds since 1970; read at the end.")
  var windows: String?
  @Flag(help: "Within a window, a broken connection or a 502 is a loss and no failure.")
  var allowInFlightLoss = false
  @Option(help: "Seconds to wait before the rows are read, when writes are without an answer.")
  var settle = 1.0
  @Option(help: "A shell command to run after the load, before the rows are read.")
  var beforeAudit: String?
  @Flag(inversion: .prefixedNo, help: "Read the rows and balance the ledger.")
  var audit = true

  func run() throws {
    let settings = try settings()
    signal(SIGTERM) { _ in isTold.store(true, ordering: .relaxed) }
    signal(SIGINT) { _ in isTold.store(true, ordering: .relaxed) }

    let start = Clock.monotonic
    let (record, entries) = load(settings)
    let seconds = Double(Clock.monotonic - start) / 1e9
    let text = windows.flatMap { try? String(contentsOfFile: $0, encoding: .utf8) } ?? ""
    var summary = Summary(
      settings, record, seconds: seconds, windows: Windows(text), allowsLoss: allowInFlightLoss)
    if audit {
      if entries.contains(where: { !$0.isCertain }) { Thread.sleep(forTimeInterval: settle) }
      if let beforeAudit, system(beforeAudit) != 0 {
        Self.complain("ledger: --before-audit: the command failed")
        throw ExitCode(69)
      }
      do {
        summary.enter(Balance(entries, against: try Audit(settings).rows(within: 30)))
      } catch {
        Self.complain("ledger: \(error)")
        print(try summary.json())
        throw ExitCode(69)
      }
    }
    for line in summary.lines.prefix(20) { Self.complain(line) }
    if summary.lines.count > 20 { Self.complain("and \(summary.lines.count - 20) more") }
    print(try summary.json())
    if !summary.isGood { throw ExitCode(1) }
  }

  private func settings() throws -> Settings {
    guard let address = Address(url) else {
      throw ValidationError("\(url) is not http://HOST[:PORT][/PREFIX] of a host that is known")
    }
    guard let use = ConnectionUse(rawValue: connections) else {
      throw ValidationError("--connections is fresh, kept or mixed")
    }
    guard (1...1000).contains(clients), (0...100).contains(largeShare),
      (1...24_000).contains(largeBytes), (1000...100_000_000).contains(bodyLimit), timeout > 0,
      requests >= 0
    else { throw ValidationError("a number is out of its range") }
    let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789")
    let run = String((0..<6).map { _ in letters[Int.random(in: letters.indices)] })
    var settings = Settings(address: address, run: run)
    settings.clients = clients
    settings.largeShare = largeShare
    settings.largeBytes = largeBytes
    settings.bodyLimit = bodyLimit
    settings.connections = use
    settings.timeout = timeout
    settings.allowed = Set(allow)
    settings.certain = Set(certain)
    let environment = ProcessInfo.processInfo.environment
    settings.lastName = environment["LEDGER_LAST_NAME"]
    settings.secret = environment["LEDGER_SECRET"]
    if let mix {
      settings.weights = try mix.split(separator: ",").map { part in
        let words = part.split(separator: "=")
        guard words.count == 2, let action = Action(rawValue: String(words[0])),
          let weight = Int(words[1]), weight >= 0
        else { throw ValidationError("--mix: \(part) is not ACTION=WEIGHT") }
        return (action, weight)
      }
      guard settings.weights.contains(where: { $0.1 > 0 }) else {
        throw ValidationError("--mix: every weight is 0")
      }
    }
    return settings
  }

  /// Runs the clients, a thread each, to their end.
  private func load(_ settings: Settings) -> (Record, [Entry]) {
    let taken = Shared()
    let least = requests
    let starter = getppid()
    let end = duration.map { Clock.monotonic + UInt64($0 * 1e9) }
    for index in 0..<settings.clients {
      Thread.detachNewThread {
        let client = Client(index, settings) {
          let number = taken.next()
          if number <= least { return true }
          // Of a run that was ended by force nothing goes on to load the machine.
          if isTold.load(ordering: .relaxed) || getppid() != starter { return false }
          return end.map { Clock.monotonic < $0 } ?? true
        }
        client.run()
        taken.finish(client.record, client.entries)
      }
    }
    return taken.wait(for: settings.clients)
  }

  private static func complain(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }

  /// What the threads share.
  private final class Shared: Sendable {
    private let requests = Atomic<Int>(0)
    private let results: Mutex<[(Record, [Entry])]> = Mutex([])
    private let done = DispatchSemaphore(value: 0)

    /// The number of the next request, from 1 on.
    func next() -> Int { requests.add(1, ordering: .relaxed).newValue }

    func finish(_ record: Record, _ entries: [Entry]) {
      results.withLock { $0.append((record, entries)) }
      done.signal()
    }

    func wait(for count: Int) -> (Record, [Entry]) {
      for _ in 0..<count { done.wait() }
      return results.withLock { results in
        var record = Record()
        for result in results { record.merge(result.0) }
        return (record, results.flatMap(\.1))
      }
    }
  }
}
