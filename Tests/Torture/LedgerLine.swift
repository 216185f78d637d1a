import Foundation

@testable import Harness

/// What `ledger` prints of a run.
struct LedgerLine: Decodable, CustomStringConvertible {
  struct Latency: Decodable {
    let requests: Int
    let p50: Double
    let p99: Double
    let max: Double
  }

  struct Latencies: Decodable {
    let all: Latency
  }

  struct Ledger: Decodable {
    let exact: Bool
    let rows: Int
    let maybe: Int
    let maybe_done: Int
    let refused: Int
    let missing: Int
    let twice: Int
    let different: Int
    let undead: Int
    let unknown: Int
  }

  let requests: Int
  let failed: Int
  let lost: Int
  let latency_ms: Latencies
  /// By method, then by status or what came instead of one.
  let answers: [String: [String: Int]]
  let ledger: Ledger?

  /// Answers by status, whatever the method.
  var statuses: [String: Int] {
    answers.values.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
  }

  func count(_ status: Int) -> Int { statuses["\(status)"] ?? 0 }

  var description: String {
    let counted = statuses.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
    let balance = ledger.map {
      ($0.exact ? "ledger exact" : "LEDGER WRONG (\($0))")
        + ", \($0.rows) rows, \($0.maybe) maybe (\($0.maybe_done) done), \($0.refused) refused and absent"
    }
    return "\(requests) requests (\(counted.joined(separator: ", "))), "
      + "slowest \(Int(latency_ms.all.max)) ms, \(balance ?? "no ledger")"
  }
}
