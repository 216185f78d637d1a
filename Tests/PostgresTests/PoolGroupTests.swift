import Testing

@testable import Postgres

/// Writes that had to wait and share a transaction.
@Suite struct PoolGroupTests {
  /// One connection, busy with ticket 1.
  private func busy(group: Int = 3) -> PoolBench {
    var bench = PoolBench(open: 1, size: 1, queue: 20, group: group)
    bench.submit(1)
    #expect(bench.actions == [.run(ticket: 1, slot: 0)])
    return bench
  }

  private func runs(_ tickets: Int...) -> [PoolState.Action] {
    (tickets.count > 1 ? [.group(slot: 0)] : []) + tickets.map { .run(ticket: $0, slot: 0) }
  }

  @Test func `those that wait for one connection go together, up to the limit`() {
    var bench = busy()
    for ticket in 2...6 { bench.submit(ticket, .writes(key: UInt64(ticket))) }
    bench.released(0)
    #expect(bench.actions == runs(2, 3, 4))
    bench.released(0)
    bench.released(0)
    #expect(bench.actions.isEmpty)
    bench.released(0)
    #expect(bench.actions == runs(5, 6))
  }

  @Test func `a lone write waits for no company`() {
    var bench = PoolBench(open: 2, size: 2, group: 3)
    bench.submit(1, .writes(key: 1))
    #expect(bench.actions == [.run(ticket: 1, slot: 0)])
    bench.submit(2, .writes(key: 2))
    #expect(bench.actions == [.run(ticket: 2, slot: 1)])
  }

  @Test func `nobody is overtaken for the sake of a group`() {
    var bench = busy()
    bench.submit(2, .writes(key: 2))
    bench.submit(3)
    bench.submit(4, .writes(key: 4))
    bench.released(0)
    #expect(bench.actions == runs(2))
    bench.released(0)
    #expect(bench.actions == runs(3))
    bench.released(0)
    #expect(bench.actions == runs(4))
  }

  @Test func `two of one key do not go together`() {
    var bench = busy()
    for (ticket, key) in [(2, 7), (3, 8), (4, 7), (5, 9)] {
      bench.submit(ticket, .writes(key: UInt64(key)))
    }
    bench.released(0)
    #expect(bench.actions == runs(2, 3))
    bench.released(0)
    bench.released(0)
    #expect(bench.actions == runs(4, 5))
  }

  @Test func `what must go alone does`() {
    var bench = busy()
    bench.submit(2)
    bench.submit(3)
    bench.released(0)
    #expect(bench.actions == runs(2))
  }

  @Test func `slow statements are not added up`() {
    var bench = PoolBench(open: 1, size: 1, queue: 20, group: 3)
    bench.submit(1, .writes(key: 1))
    for ticket in 2...6 { bench.submit(ticket, .writes(key: UInt64(ticket))) }
    bench.now += PoolState.quickLimit + 1
    bench.released(0)
    #expect(bench.actions == runs(2))
    bench.now += PoolState.quickLimit
    bench.released(0)
    #expect(bench.actions == runs(3, 4, 5))
  }

  @Test func `a slow group is not followed by another`() {
    var bench = busy()
    for ticket in 2...9 { bench.submit(ticket, .writes(key: UInt64(ticket))) }
    bench.released(0)
    #expect(bench.actions == runs(2, 3, 4))
    bench.now += PoolState.quickLimit + 1
    for _ in 2...4 { bench.released(0) }
    #expect(bench.actions == runs(5))
    bench.now += PoolState.quickLimit
    bench.released(0)
    #expect(bench.actions == runs(6, 7, 8))
  }

  @Test func `a group that was given up is not followed by another`() {
    var bench = PoolBench(open: 2, size: 2, queue: 20, group: 3)
    bench.submit(1)
    bench.submit(2)
    for ticket in 3...8 { bench.submit(ticket, .writes(key: UInt64(ticket))) }
    bench.released(0)
    #expect(bench.actions == runs(3, 4, 5))
    bench.retire(0)
    bench.released(1)
    #expect(bench.actions == [.run(ticket: 6, slot: 1)])
  }

  @Test func `what was undone comes before those that wait`() {
    var bench = busy()
    for ticket in 2...4 { bench.submit(ticket) }
    bench.resubmit(9)
    bench.released(0)
    #expect(bench.actions == runs(9))
    bench.released(0)
    #expect(bench.actions == runs(2))
  }

  @Test func `what was undone together goes again in its order`() {
    var bench = busy()
    bench.submit(2)
    for ticket in 7...9 { bench.resubmit(ticket) }
    for ticket in [7, 8, 9, 2] {
      bench.released(0)
      #expect(bench.actions == runs(ticket))
    }
  }

  @Test func `what was undone waits as long as any other`() {
    var bench = busy()
    bench.now += bench.state.limits.wait - 1
    bench.resubmit(9)
    bench.tick(after: bench.state.limits.wait - 1)
    #expect(bench.actions.isEmpty)
    bench.tick(after: 1)
    #expect(bench.actions == [.refuse(ticket: 9)])
  }

  @Test func `what was undone is not refused for a full queue`() {
    var bench = PoolBench(open: 1, size: 1, queue: 1)
    bench.submit(1)
    bench.submit(2)
    bench.resubmit(9)
    #expect(bench.actions.isEmpty)
    bench.released(0)
    #expect(bench.actions == runs(9))
  }

  @Test func `a group whose connection is lost leaves nothing behind`() {
    var bench = busy()
    for ticket in 2...4 { bench.submit(ticket, .writes(key: UInt64(ticket))) }
    bench.released(0)
    #expect(bench.state.load(0) == 3)
    bench.lost(0)
    #expect(bench.state.load(0) == 0)
    #expect(bench.actions == [.connect(slot: 0)])
  }

  /// Two connections, busy with tickets 1 and 2.
  private func twoBusy() -> PoolBench {
    var bench = PoolBench(open: 2, size: 2, queue: 20, group: 4)
    bench.submit(1)
    bench.submit(2)
    return bench
  }

  private func runs(on slot: Int, _ tickets: ClosedRange<Int>) -> [PoolState.Action] {
    tickets.map { .run(ticket: $0, slot: slot) }
  }

  @Test func `those that wait leave their share to the other connection`() {
    var bench = twoBusy()
    for ticket in 3...6 { bench.submit(ticket, .writes(key: UInt64(ticket))) }
    bench.released(0)
    #expect(bench.actions == runs(3, 4))
    bench.released(1)
    #expect(bench.actions == runs(on: 1, 5...5))
  }

  @Test func `reads that are held back do not make groups larger`() {
    var bench = PoolBench(open: 3, size: 3, queue: 20, group: 8, readers: 1)
    bench.submit(1)
    bench.submit(2)
    for ticket in 3...12 { bench.submit(ticket, .reads(depth: 2)) }
    for ticket in 13...16 { bench.submit(ticket, .writes(key: UInt64(ticket))) }
    #expect(bench.state.waitingCount == 12)
    bench.released(0)
    // Of the three that wait behind it a third.
    #expect(bench.actions.count { if case .run = $0 { true } else { false } } == 2)
  }

  @Test func `a read and a write never share a transaction`() {
    var bench = busy()
    bench.submit(2, .reads(depth: 3))
    bench.submit(3, .writes(key: 3))
    bench.submit(4, .reads(depth: 3))
    bench.submit(5)
    for ticket in 2...5 {
      bench.released(0)
      #expect(bench.actions == runs(ticket))
    }
  }
}
