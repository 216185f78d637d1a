import Foundation
import Synchronization

@testable import Harness

/// Stands between the service and its database server and does what networks do: delays, falls
/// silent, cuts after a number of bytes, delivers garbage. Over unix sockets, a thread for each
/// direction of each connection.
final class FaultProxy: Sendable {
  enum Direction: Sendable, CaseIterable { case toServer, toClient }

  enum Fault: Sendable {
    case none
    /// Every piece comes so many seconds later.
    case delay(Double)
    /// Nothing comes through; what was sent comes when it is over.
    case silence
    /// Of every connection, in a direction of its own, after a number of bytes of its own: nothing more.
    case cuts
    /// Instead of what the server sends.
    case garbage
    /// Once, the connection on which `mark` is sent: so many bytes after the beginning of what
    /// carries it, or of what comes back.
    case cut(mark: [UInt8], Direction, after: Int)
  }

  /// What a URL names as `host`.
  let directory: String
  private let listener: Int32
  private let state: Mutex<State>

  private struct State {
    var target = ""
    var fault = Fault.none
    /// Counts faults: a connection's plan is made anew with each.
    var number = 0
    var random: SplitMix
    var pairs: [Int: Pair] = [:]
    var opened = 0
    var cut = 0
    var garbled = 0
    var isOver = false
  }

  /// - Parameter seed: of all that is random.
  init(seed: UInt64) throws {
    directory = "\(try Workbench.require().directory)/\(unique())"
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o755])
    state = Mutex(State(random: SplitMix(seed)))
    listener = try Self.listen("\(directory)/.s.PGSQL.5432")
    Thread.detachNewThread { self.accept() }
  }

  /// The URL of `database` through the proxy.
  func url(of database: Database) throws -> String {
    let socket = try database.psql("SHOW unix_socket_directories") + "/.s.PGSQL.5432"
    state.withLock { $0.target = socket }
    guard let host = database.url.range(of: "host=") else { throw Failure("no host") }
    return database.url[..<host.upperBound] + percentEncoded(directory)
  }

  func set(_ fault: Fault) {
    state.withLock {
      $0.fault = fault; $0.number += 1
    }
  }

  /// Connections cut, and pieces garbled, so far.
  var counts: (opened: Int, cut: Int, garbled: Int) {
    state.withLock { ($0.opened, $0.cut, $0.garbled) }
  }

  /// Ends the proxy and every connection through it.
  func end() {
    let pairs = state.withLock { state -> [Pair] in
      state.isOver = true
      return Array(state.pairs.values)
    }
    shutdown(listener, Int32(SHUT_RDWR))
    for pair in pairs { pair.shut() }
    try? eventually("the proxy's threads end") { state.withLock { $0.pairs.isEmpty } }
  }

  // MARK: threads

  private func accept() {
    while true {
      let client = Glibc.accept(listener, nil, nil)
      guard client >= 0 else { break }
      let (target, number) = state.withLock { state in
        state.opened += 1
        return (state.target, state.opened)
      }
      guard let server = try? Self.connect(target) else {
        close(client)
        continue
      }
      let pair = Pair(number, client: client, server: server)
      let isOver = state.withLock { state in
        state.pairs[number] = pair
        return state.isOver
      }
      if isOver { pair.shut() }
      for direction in Direction.allCases {
        Thread.detachNewThread { self.relay(pair, direction) }
      }
    }
    close(listener)
  }

  private func relay(_ pair: Pair, _ direction: Direction) {
    let (from, to) =
      direction == .toServer ? (pair.client, pair.server) : (pair.server, pair.client)
    var buffer = [UInt8](repeating: 0, count: 65_536)
    reading: while true {
      let count = recv(from, &buffer, buffer.count, 0)
      guard count > 0 else { break }
      var piece = Array(buffer[..<count])
      var verdict = judge(pair, direction, &piece)
      while verdict == .wait {
        Thread.sleep(forTimeInterval: 0.005)
        verdict = judge(pair, direction, &piece)
      }
      if case .delay(let seconds) = verdict { Thread.sleep(forTimeInterval: seconds) }
      guard Self.send(piece, to), verdict != .cut else { break reading }
    }
    pair.shut()
    if pair.isLastOut() {
      close(pair.client)
      close(pair.server)
      _ = state.withLock { $0.pairs.removeValue(forKey: pair.number) }
    }
  }

  private enum Verdict: Equatable { case pass, wait, cut, delay(Double) }

  /// What becomes of a piece, which it may change or cut short.
  private func judge(_ pair: Pair, _ direction: Direction, _ piece: inout [UInt8]) -> Verdict {
    state.withLock { state in
      if state.isOver { return .pass }
      switch state.fault {
      case .none: break
      case .delay(let seconds): return .delay(seconds)
      case .silence: return .wait
      case .garbage:
        if direction == .toClient {
          for index in piece.indices {
            piece[index] = UInt8(truncatingIfNeeded: state.random.next())
          }
          state.garbled += 1
        }
        return .pass
      case .cuts:
        if pair.plan?.number != state.number {
          // Half of them under the handshake and the first statements, half of them later.
          let most = Bool.random(using: &state.random) ? 1500 : 30_000
          pair.plan = Pair.Plan(
            number: state.number,
            direction: Bool.random(using: &state.random) ? .toServer : .toClient,
            left: Int.random(in: 0...most, using: &state.random))
        }
      case .cut(let mark, let marked, let after):
        if direction == .toServer, piece.firstRange(of: mark) != nil {
          pair.plan = Pair.Plan(number: state.number, direction: marked, left: after)
          state.fault = .none
        }
      }
      guard var plan = pair.plan, plan.number == state.number, plan.direction == direction else {
        return .pass
      }
      guard plan.left < piece.count else {
        plan.left -= piece.count
        pair.plan = plan
        return .pass
      }
      piece.removeSubrange(plan.left...)
      pair.plan = nil
      state.cut += 1
      return .cut
    }
  }

  /// The two ends of one connection.
  private final class Pair: @unchecked Sendable {
    struct Plan {
      let number: Int
      let direction: Direction
      var left: Int
    }

    let number: Int
    let client: Int32
    let server: Int32
    /// Read and written under the lock of the proxy.
    var plan: Plan?
    private let threads = Atomic<Int>(2)

    init(_ number: Int, client: Int32, server: Int32) {
      self.number = number
      self.client = client
      self.server = server
    }

    func shut() {
      shutdown(client, Int32(SHUT_RDWR))
      shutdown(server, Int32(SHUT_RDWR))
    }

    func isLastOut() -> Bool {
      threads.subtract(1, ordering: .sequentiallyConsistent).newValue == 0
    }
  }

  // MARK: sockets

  private static func listen(_ path: String) throws -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard at(path, { bind(descriptor, $0, $1) }) == 0, Glibc.listen(descriptor, 64) == 0 else {
      throw Failure("listen at \(path): errno \(errno)")
    }
    return descriptor
  }

  private static func connect(_ path: String) throws -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard at(path, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
      close(descriptor)
      throw Failure("connect to \(path): errno \(errno)")
    }
    return descriptor
  }

  private static func at(
    _ path: String, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { room in
      room.copyBytes(from: path.utf8.prefix(room.count - 1))
    }
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        call($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }

  private static func send(_ bytes: [UInt8], _ descriptor: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}

/// SplitMix64: the same numbers in every run.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
