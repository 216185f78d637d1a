import Foundation
import Testing

@testable import Harness

extension Site {
  /// The fault is over: within `seconds` everybody is served, and goes on being served. Not one
  /// request, whoever sends it, is refused for as long as `calm` after that.
  ///
  /// - Parameters:
  ///   - fault: what it was.
  ///   - saw: told the method and the status of each answer to a request of its own.
  /// - Returns: the seconds until then.
  func heals(
    _ fault: String, within seconds: Double = 2, calm: Double = 0.3,
    saw: (String, Int) -> Void = { _, _ in }
  ) throws -> Double {
    let start = ContinuousClock.now
    var since = start
    var refused = -1.0
    try eventually(
      "\(fault): everybody is served: \(responder.log().suffix(2000))", within: seconds + calm + 10
    ) {
      let isServed = try servesEverybody(saw)
      let end = ContinuousClock.now
      let answer = try client.request("GET", "/metrics")
      let counted = ContinuousClock.now
      // That the harness takes its time to read them is nobody's wait.
      let now = try Samples(answer.text).sum("erp_back_http_server_errors_total")
      if !isServed || now != refused {
        since = isServed && refused < 0 ? end : counted
        refused = now
      }
      return isServed && ContinuousClock.now - since >= .seconds(calm)
    }
    let taken = (since - start) / .seconds(1)
    let own = Stalls.watch.left(from: start, to: since)
    #expect(own <= seconds, "\(fault): healed after \(taken) s, \(taken - own) of them others'")
    return taken
  }

  /// Whether a list, a read and writes are served now: all are asked at once, since each may have to
  /// wait for others.
  private func servesEverybody(_ saw: (String, Int) -> Void) throws -> Bool {
    let create = Array(Harness.client().text.utf8)
    let asked = [
      ("GET", "/clients/?limit=1", nil, 200), ("GET", nobody, nil, 404),
      ("POST", "/clients/", create, 201), ("DELETE", nobody, nil, 404),
    ]
    let statuses = try together(asked.count) { index in
      let (method, target, body, _) = asked[index]
      return try self.client.request(method, target, body == nil ? [] : [Self.jsonType], body: body)
        .status
    }
    for (request, status) in zip(asked, statuses) { saw(request.0, status) }
    return statuses == asked.map(\.3)
  }
}

extension Scene {
  /// See ``Site/heals(_:within:calm:saw:)``; adds to the summary how long it took.
  ///
  /// - Parameter fault: what it was, where a scenario has several.
  func heals(_ fault: String = "", within seconds: Double = 2, calm: Double = 0.3) throws {
    let taken = try site.heals("\(name) \(fault)", within: seconds, calm: calm)
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
