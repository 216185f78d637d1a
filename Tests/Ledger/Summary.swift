import Foundation

/// What a run comes to. `isGood` is its verdict.
struct Summary: Encodable, Sendable {
  struct Latencies: Encodable, Sendable {
    let all: Latency
    /// Of requests that were under way in one of the windows.
    let windows: Latency
  }

  struct Ledger: Encodable, Sendable {
    let exact: Bool
    let rows: Int
    /// Writes without an answer, and how many of them were done after all.
    let maybe: Int
    let maybe_done: Int
    /// Writes that had to be refused.
    let refused: Int
    let missing: Int
    let twice: Int
    let different: Int
    let undead: Int
    let unknown: Int
  }

  let run: String
  let seconds: Double
  let requests: Int
  let failed: Int
  /// Broken connections and 502 that were allowed: within a window, and the run allows them.
  let lost: Int
  let repeated: Int
  let windows: Int
  let latency_ms: Latencies
  let answers: [String: [String: Int]]
  var ledger: Ledger?
  /// A logfmt line for each failure and each disagreement.
  private(set) var lines: [String] = []

  private enum CodingKeys: CodingKey {
    case run, seconds, requests, failed, lost, repeated, windows, latency_ms, answers, ledger
  }

  /// A crash is noticed by a request that began, or broke, a little before or after it.
  private static let margin: UInt64 = 250_000_000

  init(
    _ settings: Settings, _ record: Record, seconds: Double, windows: Windows, allowsLoss: Bool
  ) {
    run = settings.run
    self.seconds = (seconds * 100).rounded() / 100
    requests = record.samples.count
    repeated = record.repeated
    answers = record.counts
    self.windows = windows.count
    latency_ms = Latencies(
      all: Latency(record.samples),
      windows: Latency(record.samples.filter { windows.touches($0.start, $0.nanoseconds) }))
    var failed = 0
    for incident in record.incidents.sorted(by: { $0.at < $1.at }) {
      let isLost =
        allowsLoss && incident.breaks
        && [incident.at, incident.seen].contains { windows.touches($0, margin: Self.margin) }
      if isLost { continue }
      failed += 1
      lines.append(
        "failed at=\(Double(incident.at) / 1e9) request_id=\(incident.requestID)"
          + " method=\(incident.method) what=\"\(incident.what)\"")
    }
    self.failed = failed
    lost = record.incidents.count - failed
  }

  mutating func enter(_ balance: Balance) {
    ledger = Ledger(
      exact: balance.isExact, rows: balance.rows, maybe: balance.maybe,
      maybe_done: balance.maybeDone, refused: balance.refused,
      missing: balance.missing, twice: balance.twice,
      different: balance.different, undead: balance.undead, unknown: balance.unknown)
    lines += balance.lines
  }

  var isGood: Bool { failed == 0 && ledger?.exact ?? true }

  /// One line of JSON.
  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}
