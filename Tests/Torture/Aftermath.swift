import Foundation
import Testing

@testable import Harness

extension Site {
  /// A site for hostile requests or peers, with a canary in it. Afterwards it is as sound as before: the same
  /// process serves, a ledger of reads and writes is exact, and nothing of the canary was seen.
  static func accountable(
    _ options: Options = .init(), _ work: (Site) throws -> Void
  ) throws {
    let canary = Canary()
    var options = options
    options.password = canary.password
    try newWithWatchedResponder(options) { site in
      try canary.appear(at: site)
      try work(site)
      try site.balances(canary)
      try canary.check(site)
    }
  }

  /// Reads and writes of every kind, of which every one is accounted for.
  func balances(_ canary: Canary) throws {
    let program = try #require(
      ProcessInfo.processInfo.environment["ERP_TEST_LEDGER"], "run scripts/test")
    let output = try Output.of(
      program,
      [
        "--url", "http://127.0.0.1:\(port)", "--clients", "4", "--duration", "0", "--requests",
        "400",
      ], environment: canary.environment)
    let line = try #require(
      try? JSONDecoder().decode(LedgerLine.self, from: Data(output.out.utf8)), "\(output)")
    #expect(output.status == 0 && line.ledger?.exact == true, "\(output)")
    #expect(line.count(201) > 0, "\(line)")
  }
}
