internal import Synchronization

/// What the reactors of one process tell each other: their figures, once a second, and whether
/// the database is there. Off the path of a request, but for `/metrics` itself.
final class Board: Sendable {
  private let figures: Mutex<[Figures?]>
  private let lostLanes = Atomic<Int>(0)
  /// Why the database was refused last.
  private let reason = Mutex("")
  /// When each loop turned last, in nanoseconds.
  private let turns: Mutex<[UInt64]>

  /// - Parameter reactors: how many.
  init(reactors: Int) {
    figures = Mutex(Array(repeating: nil, count: reactors))
    turns = Mutex(Array(repeating: 0, count: reactors))
  }

  /// A loop has turned; `.max`: it has ended, and owes no more turns.
  func turned(_ reactor: Int, at time: UInt64) { turns.withLock { $0[reactor] = time } }

  /// Whether every loop has turned since.
  func allTurned(since time: UInt64) -> Bool { turns.withLock { $0.allSatisfy { $0 >= time } } }

  /// Puts the figures of one reactor in the place of its last ones.
  func publish(_ own: Figures, of reactor: Int) { figures.withLock { $0[reactor] = own } }

  /// The figures of all reactors together; others' are up to a second old.
  var total: Figures? {
    figures.withLock { all in
      let known = all.compactMap { $0 }
      return known.dropFirst().reduce(into: known.first) { $0? += $1 }
    }
  }

  var reactors: Int { figures.withLock(\.count) }

  /// A lane lost the database, or has it back.
  ///
  /// - Returns: whether that is news: the first lane that lost it, the last that found it.
  func laneChanged(isLost: Bool) -> Bool {
    if isLost { return lostLanes.add(1, ordering: .relaxed).oldValue == 0 }
    return lostLanes.subtract(1, ordering: .relaxed).newValue == 0
  }

  /// Whether the database was refused for another reason than the last time.
  func isNews(_ other: String) -> Bool {
    reason.withLock { last in
      defer { last = other }
      return last != other
    }
  }

  var isDatabaseLost: Bool { lostLanes.load(ordering: .relaxed) > 0 }
}
