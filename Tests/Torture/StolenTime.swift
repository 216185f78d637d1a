import Foundation

@testable import Harness

/// What the host has taken from this machine's processors, as seen at several times.
struct StolenTime: Sendable {
  private var samples: [(at: ContinuousClock.Instant, seconds: [Double])] = []

  /// Looks at a clock and at the processors' lines in `/proc/stat`, whose eighth figure it is, in ticks
  /// since the start; proc(5).
  mutating func sample() throws -> ContinuousClock.Instant {
    let lines = try String(contentsOfFile: "/proc/stat", encoding: .utf8)
      .split(separator: "\n").prefix { $0.hasPrefix("cpu") }.dropFirst()
    let ticks = try lines.map { line in
      let fields = line.split(separator: " ")
      guard fields.count > 8, let ticks = Double(fields[8]) else {
        throw Failure("/proc/stat: \(line)")
      }
      return ticks
    }
    guard !ticks.isEmpty else { throw Failure("/proc/stat names no processor") }
    let instant = ContinuousClock.now
    samples.append((instant, ticks.map { $0 / Self.ticksPerSecond }))
    return instant
  }

  private static let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))

  /// All samples of several, in their order.
  init(_ parts: [StolenTime] = []) {
    samples = parts.flatMap(\.samples).sorted { $0.at < $1.at }
  }

  /// Seconds taken from the processor that lost most, between the last sample before `start` and the
  /// first one after `end`.
  func most(from start: ContinuousClock.Instant, to end: ContinuousClock.Instant) -> Double {
    guard let first = samples.last(where: { $0.at <= start }) ?? samples.first,
      let last = samples.first(where: { $0.at >= end }) ?? samples.last
    else { return 0 }
    return zip(first.seconds, last.seconds).map { $1 - $0 }.max() ?? 0
  }
}
