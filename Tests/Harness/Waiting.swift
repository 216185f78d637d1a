import Foundation

/// A point in time after which waiting is a failure.
struct Deadline: Sendable {
  private let end: ContinuousClock.Instant

  init(seconds: Double) { end = .now + .seconds(seconds) }

  var hasPassed: Bool { .now >= end }

  /// What is left, in milliseconds, never negative.
  var milliseconds: Int32 { Int32(max(0, (end - .now) / .milliseconds(1))) }
}

/// Polls `condition` every few milliseconds; throws, naming `what`, when it stays false for so many
/// seconds, less those of ``Stalls``, or for ten times as many whatever they were.
func eventually(
  _ what: String, within seconds: Double = 10, _ condition: () throws -> Bool
) throws {
  let watch = Stalls.watch
  let start = ContinuousClock.now
  while try !condition() {
    let now = ContinuousClock.now
    if watch.left(from: start, to: now) >= seconds || now - start >= .seconds(seconds * 10) {
      throw Failure("not within \(seconds) s: \(what)")
    }
    Thread.sleep(forTimeInterval: 0.01)
  }
}

/// How long `work` takes, in seconds, less those of ``Stalls``: for what must not take longer.
func measure(_ work: () throws -> Void) rethrows -> Double {
  let watch = Stalls.watch
  let start = ContinuousClock.now
  try work()
  return watch.left(from: start, to: .now)
}

/// How long `work` takes by the clock, in seconds: for what must not end earlier, and where the quickest
/// of several counts.
func elapse(_ work: () throws -> Void) rethrows -> Double {
  let start = ContinuousClock.now
  try work()
  return (ContinuousClock.now - start) / .seconds(1)
}
