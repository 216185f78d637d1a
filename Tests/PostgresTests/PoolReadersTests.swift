import Testing

@testable import Postgres

/// Quick reads that share connections.
@Suite struct PoolReadersTests {
  /// Four connections, idle; reads share two, three on each.
  private func idle(open: Int = 4, size: Int = 4, queue: Int = 20) -> PoolBench {
    PoolBench(open: open, size: size, queue: queue, readers: 2)
  }

  /// Where the last event let tickets run, in their order.
  private func slots(_ bench: PoolBench) -> [Int] {
    bench.actions.map { if case .run(_, let slot) = $0 { slot } else { -1 } }
  }

  /// Submits reads; gives where each runs, nil: it waits.
  private func read(_ bench: inout PoolBench, _ tickets: ClosedRange<Int>) -> [Int?] {
    tickets.map {
      bench.submit($0, .reads(depth: 3))
      return slots(bench).first
    }
  }

  @Test func `reads are sent behind one another on a few connections`() {
    var bench = idle()
    let places = read(&bench, 1...6)
    #expect(Set(places).count == 2)
    #expect(places[0] != places[1])
    #expect((0..<4).map { bench.state.load($0) }.sorted() == [0, 0, 3, 3])
  }

  @Test func `further reads are held back, and come in their order`() {
    var bench = idle()
    #expect(read(&bench, 1...8).suffix(2) == [nil, nil])
    #expect(bench.state.waitingCount == 2)
    let slot = (0..<4).first { bench.state.load($0) == 3 } ?? -1
    bench.released(slot)
    #expect(bench.actions == [.run(ticket: 7, slot: slot)])
    bench.released(slot)
    #expect(bench.actions == [.run(ticket: 8, slot: slot)])
  }

  @Test func `others pass reads that are held back`() {
    var bench = idle()
    #expect(read(&bench, 1...7).last == .some(nil))
    bench.submit(8, .writes(key: 8))
    bench.submit(9)
    #expect(slots(bench).count == 1)
    #expect((0..<4).map { bench.state.load($0) }.sorted() == [1, 1, 3, 3])
    // Now nothing is idle: a write waits behind the read, and goes first where that may not.
    bench.submit(10, .writes(key: 10))
    #expect(bench.actions.isEmpty)
    let slot = (0..<4).first { bench.state.load($0) == 1 } ?? -1
    bench.released(slot)
    #expect(bench.actions == [.run(ticket: 10, slot: slot)])
  }

  @Test func `a long list joins fewer than a short one`() {
    var bench = PoolBench(open: 1, size: 1, queue: 20, readers: 1)
    bench.submit(1, .reads(depth: 2))
    bench.submit(2, .reads(depth: 3))
    #expect(bench.state.load(0) == 2)
    bench.submit(3, .reads(depth: 2))
    #expect(bench.actions.isEmpty)
    bench.released(0)
    #expect(bench.actions == [.run(ticket: 3, slot: 0)])
  }

  @Test func `reads that were held back go elsewhere when those in front stand still`() {
    var bench = idle()
    #expect(read(&bench, 1...8).suffix(2) == [nil, nil])
    bench.tick(after: PoolState.stallLimit)
    #expect(bench.actions.isEmpty)
    bench.tick(after: 1)
    #expect(Set(slots(bench)).count == 2)
    #expect((0..<4).map { bench.state.load($0) }.sorted() == [1, 1, 3, 3])
  }

  @Test func `a read that has waited for a quarter of its time goes to any connection`() {
    var bench = idle(queue: 100)
    #expect(read(&bench, 1...80).last == .some(nil))
    let busy = (0..<4).filter { bench.state.load($0) > 0 }
    #expect(busy.count == 2)
    let end = bench.now + bench.state.limits.wait / 4
    while bench.now + ms(15) < end {
      bench.now += ms(15)
      // Slow, and no connection stands still.
      for slot in busy { bench.released(slot) }
      #expect((0..<4).filter { bench.state.load($0) > 0 } == busy)
    }
    #expect(bench.state.waitingCount > 4)
    bench.now += ms(15)
    bench.released(busy[0])
    #expect((0..<4).allSatisfy { bench.state.load($0) > 0 })
  }

  @Test func `who waits is sent behind the first that ends`() {
    var bench = PoolBench(open: 1, size: 1, queue: 20, readers: 2)
    #expect(read(&bench, 1...5) == [0, 0, 0, nil, nil])
    bench.released(0)
    #expect(bench.actions == [.run(ticket: 4, slot: 0)])
    bench.released(0)
    #expect(bench.actions == [.run(ticket: 5, slot: 0)])
  }

  @Test func `a write never runs behind a read, nor a read behind a write`() {
    var bench = idle()
    bench.submit(1, .reads(depth: 3))
    let reads = slots(bench)
    bench.submit(2, .writes(key: 2))
    let writes = slots(bench)
    bench.submit(3)
    let others = slots(bench)
    #expect(Set(reads + writes + others).count == 3)
    for ticket in 4...8 {
      bench.submit(ticket, .reads(depth: 3))
      #expect(!slots(bench).contains(where: (writes + others).contains))
    }
  }

  @Test func `nobody is overtaken`() {
    var bench = PoolBench(open: 1, size: 1, queue: 20, readers: 2)
    bench.submit(1, .reads(depth: 3))
    bench.submit(2, .writes(key: 2))
    bench.submit(3, .reads(depth: 3))
    #expect(bench.actions.isEmpty)
    bench.released(0)
    #expect(bench.actions == [.run(ticket: 2, slot: 0)])
    bench.released(0)
    #expect(bench.actions == [.run(ticket: 3, slot: 0)])
  }

  @Test func `a connection that gives nothing is left to those that are there`() {
    var bench = idle()
    let stalled = read(&bench, 1...2)
    bench.now += PoolState.stallLimit + 1
    let others = read(&bench, 3...4)
    #expect(Set(stalled + others).count == 4)
  }

  @Test func `one that gave a result lately is not stalled`() {
    var bench = PoolBench(open: 2, size: 2, queue: 20, readers: 1)
    #expect(Set(read(&bench, 1...3)).count == 1)
    let slot = bench.state.load(0) == 3 ? 0 : 1
    bench.now += PoolState.stallLimit
    bench.released(slot)
    bench.now += PoolState.stallLimit
    #expect(read(&bench, 4...4) == [slot])
  }

  @Test func `after a slow read none shares until one was quick`() {
    var bench = idle()
    let slow = read(&bench, 1...1)
    bench.now += PoolState.quickLimit + 1
    bench.released(slot(slow))
    #expect(Set(read(&bench, 2...5)).count == 4)
    bench.submit(6, .reads(depth: 3))
    #expect(bench.actions.isEmpty)
    bench.now += PoolState.quickLimit
    bench.released(0)
    #expect(slots(bench) == [0])
    #expect(read(&bench, 7...8).allSatisfy { $0 != nil })
  }

  @Test func `after one that was given up none shares`() {
    var bench = idle()
    let first = read(&bench, 1...1)
    bench.retire(slot(first))
    #expect(Set(read(&bench, 2...4)).count == 3)
    bench.submit(5, .reads(depth: 3))
    #expect(!slots(bench).contains { $0 >= 0 })
  }

  @Test func `slow writes do not keep reads apart`() {
    var bench = idle()
    bench.submit(1, .writes(key: 1))
    let write = slots(bench)
    bench.now += PoolState.quickLimit + 1
    bench.released(slot(write))
    #expect(Set(read(&bench, 2...5)).count == 2)
  }

  @Test func `as long as there are fewer connections than they share, one more is made`() {
    var bench = PoolBench(open: 1, size: 4, queue: 20, readers: 2)
    bench.submit(1, .reads(depth: 3))
    #expect(bench.actions == [.run(ticket: 1, slot: 0), .connect(slot: 1)])
    bench.submit(2, .reads(depth: 3))
    #expect(bench.actions == [.run(ticket: 2, slot: 0)])
    bench.connected(1)
    bench.submit(3, .reads(depth: 3))
    #expect(bench.actions == [.run(ticket: 3, slot: 1)])
    bench.submit(4, .reads(depth: 3))
    #expect(bench.actions == [.run(ticket: 4, slot: 1)])
  }

  @Test func `through a pooler none shares, nor do those that waited for it`() {
    var bench = PoolBench(size: 2, queue: 20, readers: 2)
    for ticket in 1...4 { bench.submit(ticket, .reads(depth: 3)) }
    #expect(bench.state.waitingCount == 4)
    bench.state.isPooled = true
    bench.connected(0)
    #expect(slots(bench) == [0])
    bench.tick()
    #expect(bench.state.load(0) == 1 && bench.state.waitingCount == 3)
    bench.connected(1)
    #expect(bench.state.load(1) == 1 && bench.state.waitingCount == 2)
    bench.released(0)
    #expect(bench.actions == [.run(ticket: 3, slot: 0)])
  }

  @Test func `where reads share nothing each has a connection`() {
    var bench = PoolBench(open: 2, size: 2, queue: 20)
    #expect(Set(read(&bench, 1...2)).count == 2)
    bench.submit(3, .reads(depth: 3))
    #expect(bench.actions.isEmpty)
  }

  private func slot(_ places: [Int?]) -> Int { (places.first ?? nil) ?? -1 }
}
