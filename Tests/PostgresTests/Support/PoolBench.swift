@testable import Postgres

/// Milliseconds in the pool's nanoseconds.
func ms(_ count: UInt64) -> UInt64 { count * 1_000_000 }

/// A pool at its own clock, and what it asked for last.
struct PoolBench {
  var state: PoolState
  var now = ms(1_000_000)
  private(set) var actions: [PoolState.Action] = []

  init(
    size: Int = 2, depth: Int = 1, queue: Int = 3, wait: UInt64 = ms(2000),
    idle: UInt64 = ms(60_000), lifetime: UInt64 = ms(600_000), group: Int = 1, readers: Int = 0
  ) {
    state = PoolState(
      .init(
        size: size, depth: depth, queue: queue, wait: wait, idle: idle, lifetime: lifetime,
        group: group, readers: readers))
  }

  /// A pool whose first connections are open and idle.
  init(
    open: Int, size: Int = 2, depth: Int = 1, queue: Int = 3, group: Int = 1, readers: Int = 0
  ) {
    self.init(
      size: size, depth: depth, queue: max(queue, open), group: group, readers: readers)
    for slot in 0..<open { submit(1000 + slot) }
    for slot in 0..<open { connected(slot) }
    for _ in 0..<open where depth > 1 { released(0) }
    for slot in 0..<open where depth == 1 { released(slot) }
  }

  private mutating func act(_ event: (inout PoolState, UInt64, inout [PoolState.Action]) -> Void) {
    actions = []
    event(&state, now, &actions)
  }

  mutating func submit(_ ticket: Int, _ company: PoolState.Company = .none) {
    act { $0.submit(ticket, company: company, now: $1, &$2) }
  }
  mutating func resubmit(_ ticket: Int) {
    act { $0.resubmit(ticket, now: $1, &$2) }
  }
  mutating func connected(_ slot: Int, jitter: UInt8 = 0) {
    act { $0.connected(slot, now: $1, jitter: jitter, &$2) }
  }
  mutating func refused(_ slot: Int, jitter: UInt8 = 0) {
    act { $0.refused(slot, now: $1, jitter: jitter, &$2) }
  }
  mutating func released(_ slot: Int) { act { $0.released(slot, now: $1, &$2) } }
  mutating func lost(_ slot: Int) { act { $0.lost(slot, now: $1, &$2) } }
  mutating func retire(_ slot: Int) { act { state, _, actions in state.retire(slot, &actions) } }
  mutating func tick(after time: UInt64 = 0) {
    now += time
    act { $0.tick(now: $1, &$2) }
  }
}
