internal import API
internal import CLinux
internal import FastCGI

/// The bytes of all requests that have come and were not answered: bodies that wait for a connection would
/// fill the process otherwise, a thousand of them a megabyte each, and as much again for what is made of them.
struct RequestMemory {
  private var held = 0
  private var most = 0

  /// Bytes above which a request of many is refused. The unit's MemoryHigh is twice as much.
  private static let limit = 268_435_456
  /// A request of as many bytes or fewer does not count, and is not refused for the sake of memory.
  private static let small = 65_536

  /// From now on `exchange` has this many bytes.
  mutating func hold(_ exchange: Exchange, _ bytes: Int) {
    let bytes = bytes > Self.small ? bytes : 0
    guard bytes != exchange.heldBytes else { return }
    held += bytes - exchange.heldBytes
    exchange.heldBytes = bytes
    most = max(most, held)
  }

  /// What malloc may hold of requests that are gone, in bytes.
  private static let kept = limit / 64

  /// Whether a rush is over, or most of what was left of it: malloc may hold what nobody uses.
  var isSwollen: Bool { most > Self.kept && held < most / 16 }

  /// Gives that back to the system: pages between blocks that are used stay otherwise.
  mutating func trim() {
    guard isSwollen else { return }
    most = held
    malloc_trim(0)
  }

  /// It was answered, or has ended.
  mutating func release(_ exchange: Exchange) { hold(exchange, 0) }

  /// Whether this one, which has come whole, is to be refused.
  func isFull(for exchange: Exchange) -> Bool {
    held > Self.limit && exchange.heldBytes > 0
  }

  /// Whether the body of this one, which is still coming, is not to be kept: refusing others has not
  /// helped.
  func isExhausted(by exchange: Exchange) -> Bool {
    held > Self.limit * 5 / 4 && exchange.heldBytes > 0
  }
}
