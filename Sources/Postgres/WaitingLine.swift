/// Requests that wait for a connection: reads, which may be held back while others go on, and all else.
struct WaitingLine: Sendable {
  struct Request: Sendable {
    let ticket: Int
    let since: UInt64
    let company: PoolState.Company
    /// Counts the requests as they came.
    fileprivate(set) var number = 0
  }

  private var reads = FIFO<Request>()
  private var others = FIFO<Request>()
  private var last = 0

  var count: Int { reads.count + others.count }
  var isEmpty: Bool { reads.isEmpty && others.isEmpty }
  var firstRead: Request? { reads.first }
  var firstOther: Request? { others.first }
  /// Whether the first read came before all others.
  var isReadFirst: Bool { (reads.first?.number ?? .max) < (others.first?.number ?? .max) }

  mutating func append(_ request: Request) {
    var request = request
    last += 1
    request.number = last
    if case .reads = request.company { reads.append(request) } else { others.append(request) }
  }

  /// In front of all.
  mutating func prepend(_ request: Request) { others.prepend(request) }

  mutating func popRead() -> Request? { reads.popFirst() }
  mutating func popOther() -> Request? { others.popFirst() }

  /// The next of those that wait since `time` or longer.
  mutating func pop(since time: UInt64) -> Request? {
    if let first = others.first, first.since <= time { return others.popFirst() }
    if let first = reads.first, first.since <= time { return reads.popFirst() }
    return nil
  }

  mutating func remove(_ ticket: Int) {
    Self.remove(ticket, from: &reads)
    Self.remove(ticket, from: &others)
  }

  private static func remove(_ ticket: Int, from line: inout FIFO<Request>) {
    for _ in 0..<line.count {
      guard let next = line.popFirst() else { return }
      if next.ticket != ticket { line.append(next) }
    }
  }
}
