import Foundation

/// The box of this run: a systemd of its own with PostgreSQL, nginx and erp-back, see `stage`.
struct Box: Sendable {
  /// Why there can be none here; nil when there can.
  static let missing: String? = {
    let environment = ProcessInfo.processInfo.environment
    guard environment["ERP_TEST_SCRIPTS"] != nil, environment["ERP_TEST_BINARY"] != nil,
      environment["ERP_TEST_LEDGER"] != nil
    else {
      return "ERP_TEST_SCRIPTS, ERP_TEST_BINARY or ERP_TEST_LEDGER is unset: run make test"
    }
    guard getuid() == 0 else { return "a systemd in a box takes root" }
    for path in ["/lib/systemd/systemd", "/usr/bin/nsenter", "/usr/bin/pg_createcluster"]
    where !FileManager.default.isExecutableFile(atPath: path) { return "there is no \(path)" }
    let systems = (try? String(contentsOfFile: "/proc/filesystems", encoding: .utf8)) ?? ""
    for system in ["overlay", "cgroup2"] where !systems.contains("\t\(system)\n") {
      return "this kernel has no \(system)"
    }
    return nil
  }()

  /// Booted and set up by the first test that asks; gone with the run.
  static func shared() throws -> Box { try outcome.get() }

  private static let outcome = Result { () throws -> Box in
    let box = Box()
    atexit { Box().end() }
    try box.require(box.script("box"), ["up"], within: 60)
    _ = try box.stage("up", box.variable("ERP_TEST_BINARY"), within: 120)
    return box
  }

  private static let stagePath =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("stage").path

  private func variable(_ name: String) -> String {
    ProcessInfo.processInfo.environment[name] ?? ""
  }

  private func script(_ name: String) -> String { variable("ERP_TEST_SCRIPTS") + "/" + name }

  /// Does what `stage` is told, from where `up` left things; what it printed.
  func stage(_ words: String..., within seconds: Double = 60) throws -> String {
    try require(
      script("box"), ["in", Self.stagePath] + words,
      environment: ["LEDGER": variable("ERP_TEST_LEDGER")], within: seconds
    ).out
  }

  /// Does it while clients go on without pause; what it printed, and the ledger.
  func stage(
    underLoad options: String = "", _ words: String..., within seconds: Double = 120
  ) throws -> (said: Said, ledger: LedgerLine) {
    let command = try Command.run(
      [script("box"), "in", Self.stagePath, "under-load", options] + words,
      environment: ["LEDGER": variable("ERP_TEST_LEDGER")], within: seconds)
    let lines = command.out.split(separator: "\n").map(String.init)
    guard let last = lines.last, last.hasPrefix("{") else {
      throw Command.Failure(description: "\(words): \(command.out) \(command.errors)")
    }
    print("\(words.joined(separator: " ")): \(last)")
    var line = try JSONDecoder().decode(LedgerLine.self, from: Data(last.utf8))
    line.status = command.status
    line.complaints = command.errors
    return (Said(lines: lines.dropLast()), line)
  }

  @discardableResult
  private func require(
    _ program: String, _ arguments: [String], environment: [String: String] = [:],
    within seconds: Double
  ) throws -> Command {
    let command = try Command.run(
      [program] + arguments, environment: environment, within: seconds)
    guard command.status == 0 else {
      throw Command.Failure(
        description: "\(arguments.joined(separator: " ")): exit \(command.status):"
          + " \(command.errors)\(command.out)")
    }
    return command
  }

  private func end() { _ = try? Command.run([script("box"), "down"], within: 30) }
}

/// What `stage` printed: numbers a line, or `key=value`.
struct Said: Sendable {
  let lines: [String]

  init(lines: [String]) { self.lines = lines }
  init(_ text: String) { lines = text.split(separator: "\n").map(String.init) }

  /// The lines that are numbers.
  var numbers: [Int] { lines.compactMap { Int($0) } }

  /// Empty when there is no such key.
  subscript(key: String) -> String {
    lines.first { $0.hasPrefix(key + "=") }.map { String($0.dropFirst(key.count + 1)) } ?? ""
  }
}

/// The line of JSON that `ledger` prints.
struct LedgerLine: Decodable, Sendable, CustomStringConvertible {
  struct Latency: Decodable, Sendable {
    let requests: Int
    let p99: Double
    let max: Double
  }
  struct Latencies: Decodable, Sendable {
    let all: Latency
    let windows: Latency
  }
  struct Books: Decodable, Sendable {
    let exact: Bool
    let rows: Int
    let maybe: Int
    let different: Int
  }

  let requests: Int
  let failed: Int
  let lost: Int
  let windows: Int
  let answers: [String: [String: Int]]
  let latency_ms: Latencies
  let ledger: Books?
  /// The exit status, and what stood on standard error.
  var status: Int32 = -1
  var complaints = ""

  private enum CodingKeys: CodingKey {
    case requests, failed, lost, windows, answers, latency_ms, ledger
  }

  /// Every method's answers of one status.
  func answers(_ status: String) -> Int { answers.values.reduce(0) { $0 + ($1[status] ?? 0) } }

  var description: String { "\(answers) failed=\(failed) lost=\(lost) \(complaints)" }
}
