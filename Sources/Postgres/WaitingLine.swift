/// Requests that wait for a connection: reads that share some, which may be held back while others go
/// on; all else; and in front of both those that go again alone.
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
  private var again = FIFO<Request>()
  private var last = 0

  var count: Int { reads.count + otherCount }
  var otherCount: Int { others.count + again.count }
  var isEmpty: Bool { count == 0 }
  var firstRead: Request? { reads.first }
  var firstOther: Request? { again.first ?? others.first }
  /// Whether the first read came before all others.
  var isReadFirst: Bool { (reads.first?.number ?? .max) < (firstOther?.number ?? .max) }

  mutating func append(_ request: Request) {
    var request = request
    last += 1
    request.number = last
    if case .reads = request.company { reads.append(request) } else { others.append(request) }
  }

  /// In front of all but those that came in this way before.
  mutating func appendAgain(_ request: Request) { again.append(request) }

  mutating func popRead() -> Request? { reads.popFirst() }
  mutating func popOther() -> Request? { again.popFirst() ?? others.popFirst() }

  /// The next of those that wait since `time` or longer.
  mutating func pop(since time: UInt64) -> Request? {
    if let first = again.first, first.since <= time { return again.popFirst() }
    if let first = others.first, first.since <= time { return others.popFirst() }
    if let first = reads.first, first.since <= time { return reads.popFirst() }
    return nil
  }

  mutating func remove(_ ticket: Int) {
    Self.remove(ticket, from: &reads)
    Self.remove(ticket, from: &others)
    Self.remove(ticket, from: &again)
  }

  private static func remove(_ ticket: Int, from line: inout FIFO<Request>) {
    for _ in 0..<line.count {
      guard let next = line.popFirst() else { return }
      if next.ticket != ticket { line.append(next) }
    }
  }
}
