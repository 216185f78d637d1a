import Foundation

/// A point in time after which waiting is a failure.
struct Deadline: Sendable {
  private let end: ContinuousClock.Instant

  init(seconds: Double) { end = .now + .seconds(seconds) }

  var hasPassed: Bool { .now >= end }

  /// What is left, in milliseconds, never negative.
  var milliseconds: Int32 { Int32(max(0, (end - .now) / .milliseconds(1))) }
}

/// Polls `condition` every few milliseconds; throws, naming `what`, when it stays false.
func eventually(
  _ what: String, within seconds: Double = 10, _ condition: () throws -> Bool
) throws {
  let deadline = Deadline(seconds: seconds)
  while try !condition() {
    if deadline.hasPassed { throw Failure("not within \(seconds) s: \(what)") }
    Thread.sleep(forTimeInterval: 0.01)
  }
}

/// How long `work` takes, in seconds.
func measure(_ work: () throws -> Void) rethrows -> Double {
  let start = ContinuousClock.now
  try work()
  return (ContinuousClock.now - start) / .seconds(1)
}
