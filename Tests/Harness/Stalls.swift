import Foundation
import Synchronization

/// When a processor of this machine ran nothing of ours. A thread bound to each looks at the clock every few
/// milliseconds, and is late when the host, or somebody else here, has the processor. A request passes
/// through four processes, each of which may be waiting for that one: bounds are for what is left.
///
/// A thread that asks for so little is run soon, whatever else there is to compute: our own processes
/// seldom make it later than ``tolerance``. One that holds its own peers up holds no processor.
final class Stalls: Sendable {
  /// Watches from the first use on.
  static let watch = Stalls()

  private typealias Instant = ContinuousClock.Instant

  /// Of one processor.
  private struct Course: Sendable {
    /// When the thread is to look next.
    var due = Instant.now
    /// Each time it was late: from when it was to look until it did.
    var late: [Range<Instant>] = []
  }

  private static let interval = 0.005
  /// A thread that is later than this was kept from running.
  private static let tolerance = Duration.milliseconds(5)

  private let courses: Mutex<[Course]>

  private init() {
    let processors = Self.processors
    precondition(!processors.isEmpty, "no processor to watch")
    courses = Mutex(processors.map { _ in Course() })
    for (index, processor) in processors.enumerated() {
      Thread.detachNewThread {
        Self.stay(on: processor)
        while true { self.look(index) }
      }
    }
  }

  private func look(_ index: Int) {
    courses.withLock { $0[index].due = .now + .seconds(Self.interval) }
    Thread.sleep(forTimeInterval: Self.interval)
    let now = Instant.now
    courses.withLock {
      let due = $0[index].due
      if now - due > Self.tolerance { $0[index].late.append(due..<now) }
    }
  }

  /// Seconds between `start` and `end`, less those that the processor which lost most ran nothing of ours.
  func left(from start: ContinuousClock.Instant, to end: ContinuousClock.Instant) -> Double {
    max(0, (end - start) / .seconds(1) - most(from: start, to: end))
  }

  /// Seconds between `start` and `end` that the processor which lost most ran nothing of ours.
  func most(from start: ContinuousClock.Instant, to end: ContinuousClock.Instant) -> Double {
    lost(from: start, to: end).map { Self.sum($0, from: start, to: end) }.max() ?? 0
  }

  /// The most that any stretch of so many seconds between `start` and `end` lost.
  func most(
    within seconds: Double, from start: ContinuousClock.Instant, to end: ContinuousClock.Instant
  ) -> Double {
    lost(from: start, to: end).flatMap { spans in
      spans.map {
        Self.sum(spans, from: $0.lowerBound, to: $0.lowerBound + .seconds(seconds))
      }
    }.max() ?? 0
  }

  /// Of each processor, what touches this stretch.
  private func lost(from start: Instant, to end: Instant) -> [[Range<Instant>]] {
    let now = Instant.now
    return courses.withLock { courses in
      courses.map { course in
        var spans = Array(course.late.reversed().prefix { $0.upperBound > start }.reversed())
        // It still waits for its processor.
        if now - course.due > Self.tolerance { spans.append(course.due..<now) }
        return spans
      }
    }
  }

  private static func sum(
    _ spans: [Range<Instant>], from start: Instant, to end: Instant
  ) -> Double {
    spans.reduce(0) { sum, span in
      sum + max(0, (min(span.upperBound, end) - max(span.lowerBound, start)) / .seconds(1))
    }
  }

  // MARK: Processors

  /// Those that this process may use; bits, as sched_setaffinity(2) has them.
  private static var processors: [Int] {
    var mask = [UInt64](repeating: 0, count: 16)
    let size = mask.count * 8
    let result = unsafe mask.withUnsafeMutableBytes { unsafe getAffinity(0, size, $0.baseAddress) }
    guard result == 0 else { return [] }
    return (0..<mask.count * 64).filter { mask[$0 / 64] >> UInt64($0 % 64) & 1 == 1 }
  }

  private static func stay(on processor: Int) {
    var mask = [UInt64](repeating: 0, count: 16)
    mask[processor / 64] = 1 << UInt64(processor % 64)
    let size = mask.count * 8
    let result = unsafe mask.withUnsafeMutableBytes { unsafe setAffinity(0, size, $0.baseAddress) }
    precondition(result == 0, "cannot watch processor \(processor)")
  }
}

// Of Linux; Swift's Glibc module does not have them.
@_silgen_name("sched_getaffinity")
private func getAffinity(_ thread: pid_t, _ size: Int, _ mask: UnsafeMutableRawPointer?) -> Int32
@_silgen_name("sched_setaffinity")
private func setAffinity(_ thread: pid_t, _ size: Int, _ mask: UnsafeMutableRawPointer?) -> Int32
