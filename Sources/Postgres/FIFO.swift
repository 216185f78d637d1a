/// A queue in a ring that grows as needed and never shrinks.
struct FIFO<Element> {
  private var ring: [Element?] = Array(repeating: nil, count: 16)
  private var head = 0
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }
  var first: Element? { isEmpty ? nil : ring[head] }

  mutating func append(_ element: Element) {
    if count == ring.count {
      var larger = (0..<count).map { self[$0] as Element? }
      larger += Array(repeating: nil, count: count)
      ring = larger
      head = 0
    }
    ring[(head + count) & (ring.count - 1)] = element
    count += 1
  }

  mutating func popFirst() -> Element? {
    guard let element = first else { return nil }
    ring[head] = nil
    head = (head + 1) & (ring.count - 1)
    count -= 1
    return element
  }

  func contains(where isMeant: (Element) -> Bool) -> Bool {
    (0..<count).contains { isMeant(self[$0]) }
  }

  /// The element `offset` places behind the first.
  subscript(offset: Int) -> Element {
    get {
      guard let element = ring[(head + offset) & (ring.count - 1)] else {
        preconditionFailure("no element \(offset) of \(count)")
      }
      return element
    }
    set { ring[(head + offset) & (ring.count - 1)] = newValue }
  }
}

extension FIFO: Sendable where Element: Sendable {}
