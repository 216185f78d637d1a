import Foundation
import Synchronization
import Testing

@testable import Harness

/// What requests took that were sent at fixed times beside a load, whatever became of those before.
///
/// The time of each counts from when it was due, and each has a connection of its own. So a stretch in
/// which nothing is answered shows in every request that was due within it: the share of requests
/// that took longer than so much is a share of time, and no percentile hides it. Time of ``Stalls`` does
/// not count.
struct Beats: CustomStringConvertible {
  /// Seconds.
  private let sorted: [Double]
  /// Seconds of the whole time that others had a processor.
  private let stalled: Double

  /// Asks for `requests` in turn, one every `interval` seconds; every answer must be a 200.
  init(_ site: Site, _ requests: [[UInt8]], seconds: Double, every interval: Double = 0.01) throws {
    let port = site.port
    let count = Int(seconds / interval)
    let taken = Taken()
    let stalls = Stalls.watch
    // So many that one which takes a while makes none behind it late.
    let all = try together(8) { _ in
      var own: [(due: ContinuousClock.Instant, end: ContinuousClock.Instant)] = []
      while let (number, start) = taken.next(of: count) {
        let due = start + .seconds(interval * Double(number))
        let early = (due - .now) / .seconds(1)
        if early > 0 { Thread.sleep(forTimeInterval: early) }
        let socket = try Socket(port: port)
        socket.send(requests[number % requests.count])
        let answer = try socket.receiveAll()
        // Only the time on the wire counts: the harness takes its own to look at an answer.
        own.append((due, .now))
        let isGood = answer.starts(with: Array("HTTP/1.1 200 ".utf8))
        #expect(isGood, "\(String(decoding: answer.prefix(400), as: UTF8.self))")
      }
      return own
    }
    let beats = all.flatMap(\.self)
    try #require(beats.count == count && count > 0)
    sorted = beats.map { stalls.left(from: $0.due, to: $0.end) }.sorted()
    stalled = stalls.most(from: beats[0].due, to: .now)
  }

  /// The numbers given out so far, and when the first was due.
  private final class Taken: Sendable {
    private let start = ContinuousClock.now
    private let count = Atomic<Int>(0)

    func next(of all: Int) -> (number: Int, start: ContinuousClock.Instant)? {
      let number = count.add(1, ordering: .relaxed).oldValue
      return number < all ? (number, start) : nil
    }
  }

  /// The share of the requests that took longer.
  func share(over seconds: Double) -> Double {
    Double(sorted.count { $0 > seconds }) / Double(sorted.count)
  }

  /// Seconds that this share of the requests took at most, by the nearest rank.
  private func percentile(_ share: Double) -> Double {
    sorted[max(0, Int((share * Double(sorted.count)).rounded(.up)) - 1)]
  }

  var description: String {
    let figures = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("slowest", 1)].map {
      "\($0.0) \(String(format: "%.1f", percentile($0.1) * 1000)) ms"
    }
    let shares = [0.05, 0.1].map {
      "\(String(format: "%.1f", share(over: $0) * 100)) % over \(Int($0 * 1000)) ms"
    }
    let others = "\(Int((stalled * 1000).rounded())) ms of a processor were others'"
    return "\(sorted.count) requests, \((shares + figures + [others]).joined(separator: ", "))"
  }

  /// A request over a connection of its own.
  static func request(_ line: String, _ body: String = "") -> [UInt8] {
    let length = body.isEmpty ? "" : "\(Site.jsonType)\r\nContent-Length: \(body.utf8.count)\r\n"
    return Array("\(line) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(length)\r\n\(body)".utf8)
  }
}
