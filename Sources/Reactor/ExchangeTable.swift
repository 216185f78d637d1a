internal import FastCGI

/// The exchanges of one reactor, by index. An index is used again; the generation tells two
/// exchanges of one index apart.
struct ExchangeTable {
  private var places: [Exchange?] = []
  private var free: [Int] = []
  /// Ended ones, kept for their buffers: each write comes on a connection of its own.
  private var ended: [Exchange] = []
  private var generation: UInt32 = 0

  /// Exchanges that live.
  var count: Int { places.count - free.count }

  /// The exchange at `index`; nil when none lives there.
  subscript(index: Int) -> Exchange? { index < places.count ? places[index] : nil }

  /// - Parameter connection: nil: plain CGI.
  mutating func add(_ connection: FastCGI.Connection?) -> Exchange {
    generation &+= 1
    let index = free.popLast() ?? places.count
    let exchange = ended.popLast() ?? Exchange()
    exchange.open(index, generation: generation, connection)
    if index == places.count {
      places.append(exchange)
    } else {
      places[index] = exchange
    }
    return exchange
  }

  /// Removing one twice does nothing.
  mutating func remove(_ exchange: Exchange) {
    guard places[exchange.index] === exchange else { return }
    exchange.close()
    places[exchange.index] = nil
    free.append(exchange.index)
    if ended.count < Self.keptAtMost { ended.append(exchange) }
  }

  private static let keptAtMost = 64
}

extension ExchangeTable: Sequence {
  /// As they stand now: those removed or added meanwhile make no difference.
  func makeIterator() -> some IteratorProtocol<Exchange> {
    places.lazy.compactMap { $0 }.makeIterator()
  }
}
