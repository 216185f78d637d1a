import TestSupport
import Testing

@testable import Postgres

/// Random events, and a model of what an owner of connections may rely on.
@Suite struct PoolModelTests {
  private enum Connection: Equatable {
    case empty, connecting
    case open([Int])
    case draining([Int])
  }

  /// What the owner knows: it performs actions and raises events, legal ones only.
  private struct Owner {
    let limits: PoolState.Limits
    var state: PoolState
    var now: UInt64 = 1_000_000_000
    var connections: [Connection]
    /// Tickets that wait, with the time since.
    var waiting: [Int: UInt64] = [:]
    /// Every third shares with none, every third is a read, the others are writes.
    let sharing: Bool
    var ended: Set<Int> = []
    var nextTicket = 0

    init(_ limits: PoolState.Limits, sharing: Bool = false) {
      self.limits = limits
      self.sharing = sharing
      state = PoolState(limits)
      connections = Array(repeating: .empty, count: limits.size)
    }

    mutating func perform(_ actions: [PoolState.Action]) throws {
      for action in actions {
        switch action {
        case .connect(let slot):
          try #require(connections[slot] == .empty)
          connections[slot] = .connecting
        case .run(let ticket, let slot):
          try #require(waiting.removeValue(forKey: ticket) != nil)
          guard case .open(let tickets) = connections[slot] else {
            throw Broken(reason: "\(ticket) runs on \(connections[slot])")
          }
          try #require(mayJoin(tickets, ticket))
          connections[slot] = .open(tickets + [ticket])
        case .group: break
        case .refuse(let ticket):
          try #require(waiting.removeValue(forKey: ticket) != nil)
          try #require(ended.insert(ticket).inserted)
        case .close(let slot):
          try #require([.open([]), .draining([])].contains(connections[slot]))
          connections[slot] = .empty
        }
      }
    }

    private func company(_ ticket: Int) -> PoolState.Company {
      guard sharing, ticket % 3 > 0 else { return .none }
      // Few keys, so that they meet.
      return ticket % 3 == 1
        ? .reads(depth: 2 + ticket % 2 * 2) : .writes(key: UInt64(ticket / 3 % 4))
    }

    private func mayJoin(_ tickets: [Int], _ ticket: Int) -> Bool {
      if tickets.count < limits.depth { return true }
      return switch company(ticket) {
      case .none: false
      case .reads(let depth):
        limits.readers > 0 && tickets.count < depth && tickets.allSatisfy(isRead)
      case .writes:
        tickets.count < limits.group
          && tickets.allSatisfy {
            if case .writes = company($0) { company($0) != company(ticket) } else { false }
          }
      }
    }

    private func isRead(_ ticket: Int) -> Bool {
      if case .reads = company(ticket) { true } else { false }
    }

    func check() throws {
      try #require(state.waitingCount == waiting.count)
      try #require(waiting.count <= limits.queue)
      // Nobody waits beside a connection with room, but reads for those that reads share.
      let open = connections.compactMap { if case .open(let tickets) = $0 { tickets } else { nil } }
      let hasRoom = open.contains { $0.count < limits.depth }
      let readers = open.count { !$0.isEmpty && $0.allSatisfy(isRead) }
      try #require(
        waiting.isEmpty || !hasRoom
          || waiting.keys.allSatisfy(isRead) && readers >= limits.readers)
      // The state sees the connections as the owner does.
      for (slot, connection) in zip(state.slots, connections) {
        switch (slot, connection) {
        case (.empty, .empty), (.connecting, .connecting): break
        case (.open(let count, _, _), .open(let tickets)),
          (.draining(let count), .draining(let tickets)):
          try #require(count == tickets.count)
        default: throw Broken(reason: "\(slot) is \(connection)")
        }
      }
      // Whoever waits will hear: by a tick.
      try #require(waiting.isEmpty || state.needsTicks)
    }

    mutating func submit(_ ticket: Int) throws {
      var actions: [PoolState.Action] = []
      waiting[ticket] = now
      let isDown = state.isDown
      state.submit(ticket, company: company(ticket), now: now, &actions)
      if isDown { try #require(actions == [.refuse(ticket: ticket)]) }
      try perform(actions)
    }

    private func slots(where isMeant: (Connection) -> Bool) -> [Int] {
      connections.indices.filter { isMeant(connections[$0]) }
    }

    private var busy: [Int] {
      slots {
        switch $0 {
        case .open(let tickets), .draining(let tickets): !tickets.isEmpty
        default: false
        }
      }
    }

    private var alive: [Int] {
      slots { if case .open = $0 { true } else if case .draining = $0 { true } else { false } }
    }

    mutating func raise(_ event: Int, _ random: inout SeededGenerator) throws {
      var actions: [PoolState.Action] = []
      let jitter = UInt8.random(in: .min ... .max, using: &random)
      switch event {
      case 0..<30:
        nextTicket += 1
        return try submit(nextTicket)
      case 30..<55:
        guard let slot = busy.randomElement(using: &random) else { return }
        switch connections[slot] {
        case .open(var tickets):
          ended.insert(tickets.remove(at: Int.random(in: tickets.indices, using: &random)))
          connections[slot] = .open(tickets)
        case .draining(var tickets):
          ended.insert(tickets.remove(at: Int.random(in: tickets.indices, using: &random)))
          connections[slot] = .draining(tickets)
        default: return
        }
        state.released(slot, now: now, &actions)
      case 55..<70:
        guard let slot = slots(where: { $0 == .connecting }).randomElement(using: &random) else {
          return
        }
        connections[slot] = .open([])
        state.connected(slot, now: now, jitter: jitter, &actions)
      case 70..<75:
        guard let slot = slots(where: { $0 == .connecting }).randomElement(using: &random) else {
          return
        }
        connections[slot] = .empty
        state.refused(slot, now: now, jitter: jitter, &actions)
      case 75..<78:
        guard let slot = alive.randomElement(using: &random) else { return }
        var tickets: [Int] = []
        if case .open(let flying) = connections[slot] { tickets = flying }
        if case .draining(let flying) = connections[slot] { tickets = flying }
        connections[slot] = .empty
        state.lost(slot, now: now, &actions)
        try perform(actions)
        // Reads go elsewhere, writes end.
        for ticket in tickets {
          if Bool.random(using: &random) {
            try submit(ticket)
          } else {
            ended.insert(ticket)
          }
        }
        return
      case 78..<80:
        guard let slot = alive.randomElement(using: &random) else { return }
        if case .open(let tickets) = connections[slot] { connections[slot] = .draining(tickets) }
        let isNew = state.slots[slot]
        state.retire(slot, &actions)
        if case .draining = isNew { try #require(actions.isEmpty) }
      case 80..<85:
        guard let ticket = waiting.keys.sorted().randomElement(using: &random) else { return }
        waiting[ticket] = nil
        ended.insert(ticket)
        state.withdraw(ticket)
      default:
        now +=
          [1, 50_000_000, 300_000_000, 3_000_000_000, 90_000_000_000].randomElement(using: &random)
          ?? 0
        tick(&actions)
        try perform(actions)
        try #require(waiting.values.allSatisfy { now < $0 + limits.wait })
        // By now no read is held back.
        if waiting.values.contains(where: { now >= $0 + limits.wait / 4 }) {
          let isFull = connections.allSatisfy {
            if case .open(let tickets) = $0 { tickets.count >= limits.depth } else { true }
          }
          try #require(isFull)
        }
        return
      }
      try perform(actions)
    }

    /// Busy connections past their lifetime take no more.
    private mutating func tick(_ actions: inout [PoolState.Action]) {
      state.tick(now: now, &actions)
      for slot in connections.indices {
        if case .open(let tickets) = connections[slot], !tickets.isEmpty,
          case .draining = state.slots[slot]
        {
          connections[slot] = .draining(tickets)
        }
      }
    }

    /// The server is well again: everything that was asked ends.
    mutating func settle() throws {
      for _ in 0..<1000 {
        for slot in connections.indices {
          var actions: [PoolState.Action] = []
          switch connections[slot] {
          case .connecting:
            connections[slot] = .open([])
            state.connected(slot, now: now, jitter: 0, &actions)
          case .open(let tickets) where !tickets.isEmpty:
            ended.insert(tickets[0])
            connections[slot] = .open(Array(tickets.dropFirst()))
            state.released(slot, now: now, &actions)
          case .draining(let tickets) where !tickets.isEmpty:
            ended.insert(tickets[0])
            connections[slot] = .draining(Array(tickets.dropFirst()))
            state.released(slot, now: now, &actions)
          default: break
          }
          try perform(actions)
          try check()
        }
        if waiting.isEmpty && busy.isEmpty { return }
        var actions: [PoolState.Action] = []
        now += 1_000_000
        tick(&actions)
        try perform(actions)
      }
    }
  }

  private struct Broken: Error { let reason: String }

  @Test(arguments: [
    (size: 1, depth: 1, queue: 1), (size: 1, depth: 16, queue: 8), (size: 2, depth: 1, queue: 4),
    (size: 4, depth: 1, queue: 100), (size: 3, depth: 3, queue: 10), (size: 8, depth: 2, queue: 2),
    (size: 2, depth: 2, queue: 0),
  ])
  func `every ticket ends once, and no limit is passed`(
    _ shape: (size: Int, depth: Int, queue: Int)
  ) throws {
    for seed in 1...24 as ClosedRange<UInt64> {
      var random = SeededGenerator(seed)
      var owner = Owner(
        .init(
          size: shape.size, depth: shape.depth, queue: shape.queue, wait: 2_000_000_000,
          idle: 60_000_000_000, lifetime: 600_000_000_000, group: 4, readers: 2),
        sharing: shape.depth == 1 && seed.isMultiple(of: 2))
      for _ in 0..<1500 {
        try owner.raise(Int.random(in: 0..<100, using: &random), &random)
        try owner.check()
      }
      try owner.settle()
      #expect(owner.waiting.isEmpty)
      #expect(owner.ended == Set(1...owner.nextTicket))
    }
  }

  /// Without a fault, a burst that fits the queue is served whole.
  @Test func `a burst is served by all connections`() throws {
    var owner = Owner(
      .init(
        size: 4, depth: 1, queue: 100, wait: 2_000_000_000, idle: 60_000_000_000,
        lifetime: 600_000_000_000))
    for ticket in 1...100 {
      owner.nextTicket = ticket
      try owner.submit(ticket)
    }
    #expect(owner.connections == Array(repeating: .connecting, count: 4))
    try owner.settle()
    #expect(owner.ended == Set(1...100))
    #expect(owner.connections == Array(repeating: .open([]), count: 4))
  }
}
