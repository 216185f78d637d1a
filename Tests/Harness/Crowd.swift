import Foundation
import Synchronization

/// Runs `body` on `count` threads that start together; the results in the order of the threads.
func together<Result: Sendable>(
  _ count: Int, _ body: @escaping @Sendable (Int) throws -> Result
) throws -> [Result] {
  let crowd = Crowd<Result>(count)
  for index in 0..<count {
    Thread.detachNewThread { crowd.run(index, body) }
  }
  return try crowd.results()
}

/// Threads that wait for each other before they work.
private final class Crowd<Result: Sendable>: Sendable {
  private let outcomes: Mutex<[Int: Swift.Result<Result, any Error>]> = Mutex([:])
  private let waiting = Mutex(0)
  private let count: Int

  init(_ count: Int) { self.count = count }

  func run(_ index: Int, _ body: @Sendable (Int) throws -> Result) {
    waiting.withLock { $0 += 1 }
    let deadline = Deadline(seconds: 10)
    while waiting.withLock({ $0 }) < count && !deadline.hasPassed {
      Thread.sleep(forTimeInterval: 0.0005)
    }
    let outcome = Swift.Result { try body(index) }
    outcomes.withLock { $0[index] = outcome }
  }

  func results() throws -> [Result] {
    try eventually("every thread is done", within: 60) {
      outcomes.withLock { $0.count } == count
    }
    let done = outcomes.withLock { $0 }
    return try (0..<count).compactMap { try done[$0]?.get() }
  }
}
