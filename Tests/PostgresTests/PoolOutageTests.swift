import Testing

@testable import Postgres

/// A database that is away, and its return.
@Suite struct PoolOutageTests {
  @Test func `a database that is away refuses who waits, and at once who comes`() {
    var bench = PoolBench()
    bench.submit(1)
    bench.submit(2)
    bench.refused(0)
    bench.refused(1)
    #expect(bench.state.isDown)
    #expect(bench.state.waitingCount == 0)
    bench.submit(3)
    #expect(bench.actions == [.refuse(ticket: 3)])
    #expect(bench.state.needsTicks)
  }

  @Test func `it is down as soon as one attempt fails and none is open`() {
    var bench = PoolBench()
    bench.submit(1)
    bench.submit(2)
    bench.refused(0)
    #expect(bench.actions == [.refuse(ticket: 1), .refuse(ticket: 2)])
    #expect(bench.state.isDown)
  }

  @Test func `nothing is tried before the pause is over, then one attempt`() {
    var bench = PoolBench()
    bench.tick()
    bench.refused(0)
    bench.tick(after: PoolState.shortestPause / 2 - 1)
    #expect(bench.actions.isEmpty)
    bench.tick(after: 1)
    #expect(bench.actions == [.connect(slot: 0)])
    bench.tick(after: ms(10))
    #expect(bench.actions.isEmpty)
  }

  @Test func `pauses double up to a second and no further`() {
    for jitter in [UInt8(0), 1, 128, 255] {
      var bench = PoolBench()
      var pauses: [UInt64] = []
      for attempt in 0..<40 {
        bench.tick(after: ms(2000))
        #expect(bench.actions == [.connect(slot: 0)])
        bench.refused(0, jitter: jitter)
        let pause = bench.state.retryAt - bench.now
        let whole = min(ms(100) << min(UInt64(attempt), 20), ms(1000))
        #expect(whole / 2...whole ~= pause)
        pauses.append(pause)
      }
      #expect(pauses == pauses.sorted())
      #expect(pauses[0] < pauses[3])
      #expect(pauses.allSatisfy { $0 <= ms(1000) })
    }
  }

  @Test func `an attempt that took its time is followed by the next`() {
    var bench = PoolBench()
    for _ in 0..<5 {
      bench.tick(after: ms(2000))
      bench.refused(0)
    }
    bench.tick(after: ms(2000))
    #expect(bench.actions == [.connect(slot: 0)])
    bench.tick(after: ms(1000))
    #expect(bench.actions.isEmpty)
    bench.refused(0)
    bench.tick(after: 1)
    #expect(bench.actions == [.connect(slot: 0)])
  }

  @Test func `jitter spreads attempts`() {
    let pauses = [UInt8(0), 64, 128, 255].map { jitter in
      var bench = PoolBench()
      bench.tick()
      bench.refused(0, jitter: jitter)
      return bench.state.retryAt - bench.now
    }
    #expect(Set(pauses).count == 4)
  }

  @Test func `a connection that succeeds ends the outage`() {
    var bench = PoolBench()
    for _ in 0..<5 {
      bench.tick(after: ms(2000))
      bench.refused(0)
    }
    bench.tick(after: ms(2000))
    bench.connected(0)
    #expect(!bench.state.isDown)
    #expect(bench.state.failures == 0)
    bench.submit(1)
    #expect(bench.actions == [.run(ticket: 1, slot: 0)])
    bench.submit(2)
    #expect(bench.actions == [.connect(slot: 1)])
  }

  @Test func `an attempt that fails beside an open connection refuses nobody`() {
    var bench = PoolBench(open: 1, size: 2)
    bench.submit(1)
    bench.submit(2)
    #expect(bench.actions == [.connect(slot: 1)])
    bench.refused(1)
    #expect(bench.actions.isEmpty)
    #expect(!bench.state.isDown)
    bench.submit(3)
    #expect(bench.actions.isEmpty)
    bench.released(0)
    #expect(bench.actions == [.run(ticket: 2, slot: 0)])
  }
}
