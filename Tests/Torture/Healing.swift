import Foundation
import Testing

@testable import Harness

extension Scene {
  /// The fault is over: within `seconds` everybody is served, and goes on being served. Not one of
  /// the load's requests is refused for as long as `calm` after that.
  ///
  /// - Parameter fault: what it was, where a scenario has several.
  func heals(_ fault: String = "", within seconds: Double = 2, calm: Double = 0.3) throws {
    let start = ContinuousClock.now
    var since = start
    var refused = -1.0
    try eventually(
      "\(name) \(fault): everybody is served: \(site.responder.log().suffix(2000))",
      within: seconds + calm
    ) {
      let isServed =
        try site.client.request("GET", "/clients/?limit=1").status == 200
        && site.client.request("GET", nobody).status == 404
        && site.client.request(
          "POST", "/clients/", [Site.jsonType], body: Array(client().text.utf8)
        ).status == 201
        && site.client.request("DELETE", nobody).status == 404
      let now = try site.metrics().sum("erp_back_http_server_errors_total")
      if !isServed || now != refused {
        refused = now
        since = .now
      }
      return isServed && ContinuousClock.now - since >= .seconds(calm)
    }
    let taken = (since - start) / .seconds(1)
    #expect(taken <= seconds, "\(name) \(fault): healed after \(taken) s")
    note("\(fault.isEmpty ? "" : fault + ": ")healed in \(Self.rounded(taken)) s")
  }

  /// Lines of the responder's log with this message.
  func lines(_ message: String) -> Int {
    site.responder.log().components(separatedBy: "msg=\"\(message)\"").count - 1
  }

  /// Each of `count` outages was told when it began and when it ended, and no more than that.
  func expectOutages(_ count: Int) throws {
    try eventually("\(name): the log says that the database is back", within: 5) {
      lines("database back") == lines("database lost")
    }
    #expect(lines("database lost") == count, "\(name)")
    note("lost and back logged \(lines("database lost")) times")
  }

  /// Why requests failed, as the log has it: how often, by cause.
  func causes() -> [String: Int] {
    var counts: [String: Int] = [:]
    for match in site.responder.log().matches(of: /msg="request failed".* cause=("[^"]*"|\S+)/) {
      counts[match.1.trimmingCharacters(in: ["\""]), default: 0] += 1
    }
    return counts
  }

  /// Adds the causes to the summary; each of `expected` is there, and none but `allowed`.
  func expectCauses(_ expected: Set<String>, besides allowed: Set<String> = []) {
    let counts = causes()
    let seen = Set(counts.keys)
    #expect(seen.isSuperset(of: expected), "\(name): \(counts)")
    #expect(seen.isSubset(of: expected.union(allowed)), "\(name): \(counts)")
    note(counts.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", "))
  }

  /// Statements that were sent again.
  func retries() throws -> Int { Int(try site.metrics().sum("erp_back_pool_retries_total")) }
}

extension LedgerLine {
  /// Answers to one method that were the service's failure: 5xx.
  func refused(_ method: String) -> Int {
    (answers[method] ?? [:]).filter { $0.key.hasPrefix("5") }.values.reduce(0, +)
  }
}
