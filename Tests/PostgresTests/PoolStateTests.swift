import Testing

@testable import Postgres

@Suite struct PoolStateTests {
  @Test func `the first request opens a connection and waits for it`() {
    var bench = PoolBench()
    #expect(bench.state.needsTicks)
    bench.submit(1)
    #expect(bench.actions == [.connect(slot: 0)])
    #expect(bench.state.waitingCount == 1)
    bench.connected(0)
    #expect(bench.actions == [.run(ticket: 1, slot: 0)])
    #expect(bench.state.waitingCount == 0)
    #expect(!bench.state.needsTicks)
  }

  @Test func `a tick opens the first connection before anybody asks`() {
    var bench = PoolBench()
    bench.tick()
    #expect(bench.actions == [.connect(slot: 0)])
    bench.tick()
    #expect(bench.actions.isEmpty)
    bench.connected(0)
    #expect(bench.actions.isEmpty)
  }

  @Test func `an idle connection is used before another is opened`() {
    var bench = PoolBench(open: 1)
    bench.submit(1)
    #expect(bench.actions == [.run(ticket: 1, slot: 0)])
    bench.released(0)
    bench.submit(2)
    #expect(bench.actions == [.run(ticket: 2, slot: 0)])
  }

  @Test func `the connection used last is used next`() {
    var bench = PoolBench(open: 3, size: 3)
    for ticket in 0..<3 { bench.submit(ticket) }
    for slot in [2, 0, 1] {
      bench.now += ms(1)
      bench.released(slot)
    }
    for slot in [1, 0, 2] {
      bench.now += ms(1)
      bench.submit(10 + slot)
      #expect(bench.actions == [.run(ticket: 10 + slot, slot: slot)])
    }
  }

  @Test func `connections are opened only as they are needed`() {
    var bench = PoolBench(size: 3, queue: 10)
    bench.submit(1)
    #expect(bench.actions == [.connect(slot: 0)])
    bench.submit(2)
    #expect(bench.actions == [.connect(slot: 1)])
    bench.submit(3)
    #expect(bench.actions == [.connect(slot: 2)])
    bench.submit(4)
    #expect(bench.actions.isEmpty)
    bench.connected(1)
    #expect(bench.actions == [.run(ticket: 1, slot: 1)])
    bench.released(1)
    #expect(bench.actions == [.run(ticket: 2, slot: 1)])
    bench.connected(0)
    bench.connected(2)
    #expect(bench.actions == [.run(ticket: 4, slot: 2)])
  }

  @Test func `no more travel in one connection than its depth`() {
    var bench = PoolBench(open: 1, size: 1, depth: 3)
    for ticket in 1...3 {
      bench.submit(ticket)
      #expect(bench.actions == [.run(ticket: ticket, slot: 0)])
    }
    bench.submit(4)
    #expect(bench.actions.isEmpty)
    bench.released(0)
    #expect(bench.actions == [.run(ticket: 4, slot: 0)])
  }

  @Test func `load is spread over connections of depth`() {
    var bench = PoolBench(size: 2, depth: 4)
    for ticket in 101...102 { bench.submit(ticket) }
    bench.connected(0)
    bench.connected(1)
    for _ in 101...102 { bench.released(0) }
    var slots: [Int] = []
    for ticket in 1...4 {
      bench.submit(ticket)
      for case .run(_, let slot) in bench.actions { slots.append(slot) }
    }
    #expect(slots.count { $0 == 0 } == 2)
    #expect(slots.count { $0 == 1 } == 2)
  }

  // MARK: waiting

  @Test func `who waits longest is served first`() {
    var bench = PoolBench(open: 1, size: 1, queue: 10)
    bench.submit(1)
    for ticket in [5, 3, 4] { bench.submit(ticket) }
    for ticket in [5, 3, 4] {
      bench.released(0)
      #expect(bench.actions == [.run(ticket: ticket, slot: 0)])
    }
  }

  @Test func `the queue is bounded`() {
    var bench = PoolBench(open: 1, size: 1, queue: 2)
    bench.submit(1)
    bench.submit(2)
    bench.submit(3)
    #expect(bench.actions.isEmpty)
    bench.submit(4)
    #expect(bench.actions == [.refuse(ticket: 4)])
    #expect(bench.state.waitingCount == 2)
  }

  @Test func `nobody waits longer than the limit`() {
    var bench = PoolBench(open: 1, size: 1)
    bench.submit(1)
    bench.submit(2)
    bench.now += ms(1)
    bench.submit(3)
    #expect(bench.state.needsTicks)
    bench.tick(after: ms(1998))
    #expect(bench.actions.isEmpty)
    bench.tick(after: ms(1))
    #expect(bench.actions == [.refuse(ticket: 2)])
    bench.tick(after: ms(1))
    #expect(bench.actions == [.refuse(ticket: 3)])
    #expect(bench.state.waitingCount == 0)
  }

  @Test func `a request that is gone is not served`() {
    var bench = PoolBench(open: 1, size: 1)
    for ticket in 1...4 { bench.submit(ticket) }
    bench.state.withdraw(3)
    bench.state.withdraw(99)
    #expect(bench.state.waitingCount == 2)
    bench.released(0)
    #expect(bench.actions == [.run(ticket: 2, slot: 0)])
    bench.released(0)
    #expect(bench.actions == [.run(ticket: 4, slot: 0)])
  }

  // MARK: losses, ages

  @Test func `the last connection that is lost is replaced at once`() {
    var bench = PoolBench(open: 1)
    bench.submit(1)
    bench.lost(0)
    #expect(bench.actions == [.connect(slot: 0)])
    #expect(!bench.state.isDown)
    bench.submit(1)
    bench.connected(0)
    #expect(bench.actions == [.run(ticket: 1, slot: 0)])
  }

  @Test func `one of several that is lost is replaced when it is needed`() {
    var bench = PoolBench(open: 2)
    bench.lost(0)
    #expect(bench.actions.isEmpty)
    bench.submit(1)
    #expect(bench.actions == [.run(ticket: 1, slot: 1)])
    bench.submit(2)
    #expect(bench.actions == [.connect(slot: 0)])
  }

  @Test func `a connection that is too old is closed when it is idle, and replaced`() {
    var bench = PoolBench(open: 1)
    bench.submit(1)
    bench.tick(after: ms(700_000))
    #expect(bench.actions.isEmpty)
    bench.released(0)
    #expect(bench.actions == [.close(slot: 0)])
    bench.tick()
    #expect(bench.actions == [.connect(slot: 0)])
  }

  @Test func `lifetimes are up to a tenth shorter`() {
    for jitter in [UInt8(0), 100, 255] {
      var bench = PoolBench()
      bench.tick()
      bench.connected(0, jitter: jitter)
      bench.tick(after: ms(540_000) - 1)
      #expect(bench.actions.isEmpty)
      bench.tick(after: ms(60_000) + 1)
      #expect(bench.actions == [.close(slot: 0), .connect(slot: 0)])
    }
    var bench = PoolBench()
    bench.tick()
    bench.connected(0, jitter: 255)
    bench.tick(after: ms(545_000))
    #expect(bench.actions.first == .close(slot: 0))
  }

  @Test func `idle connections are closed but the last`() {
    var bench = PoolBench(open: 3, size: 3)
    bench.tick(after: ms(59_999))
    #expect(bench.actions.isEmpty)
    bench.tick(after: ms(1))
    #expect(bench.actions.count == 2)
    #expect(bench.actions.allSatisfy { if case .close = $0 { true } else { false } })
    bench.tick(after: ms(100_000))
    #expect(bench.actions.isEmpty)
  }

  // MARK: draining

  @Test func `a connection that is retired ends with what is in flight`() {
    var bench = PoolBench(open: 1, size: 2, depth: 2)
    bench.submit(1)
    bench.submit(2)
    bench.retire(0)
    #expect(bench.actions.isEmpty)
    bench.submit(3)
    #expect(bench.actions == [.connect(slot: 1)])
    bench.released(0)
    #expect(bench.actions.isEmpty)
    bench.released(0)
    #expect(bench.actions == [.close(slot: 0)])
  }

  @Test func `a connection past its lifetime ends under a steady load, too`() {
    var bench = PoolBench(open: 1, size: 2, depth: 2)
    bench.submit(1)
    bench.tick(after: ms(600_000))
    #expect(bench.actions.isEmpty)
    bench.submit(2)
    #expect(bench.actions == [.connect(slot: 1)])
    bench.released(0)
    #expect(bench.actions == [.close(slot: 0)])
  }

  @Test func `an idle connection that is retired is closed at once`() {
    var bench = PoolBench(open: 2)
    bench.retire(1)
    #expect(bench.actions == [.close(slot: 1)])
    bench.retire(1)
    #expect(bench.actions.isEmpty)
  }

  @Test func `a draining connection that is lost frees its slot`() {
    var bench = PoolBench(open: 1, size: 1)
    bench.submit(1)
    bench.retire(0)
    bench.lost(0)
    #expect(bench.actions == [.connect(slot: 0)])
  }
}
