/// What a path leads to.
enum Endpoint: Equatable {
  case root, health, live, ready
  /// `/{resource}`
  case collection(Int)
  /// `/{resource}/{id}`; the id still encoded.
  case item(Int, Range<Int>)
  /// `/{resource}/search/{term}`
  case search(Int, Range<Int>)
  /// `/{resource}/{column}/{value}`
  case lookup(Int, column: Int, Range<Int>)

  var methods: Methods {
    switch self {
    case .root, .health, .live, .ready, .search, .lookup: Methods(.get, .head, .options)
    case .collection: Methods(.get, .head, .post, .options)
    case .item: Methods(.get, .head, .put, .patch, .delete, .options)
    }
  }
}

/// Matches the raw path of a request: split first, each segment decoded after, so that `%2F`
/// stays inside its segment. One trailing slash more or less is the same route.
struct Router: Sendable {
  private struct Branch: Sendable {
    let name: [UInt8]
    let lookups: [(name: [UInt8], column: Int)]
  }
  private let branches: [Branch]

  init(_ resources: [Resource]) {
    branches = resources.map { resource in
      Branch(
        name: Array(resource.name.utf8),
        lookups: resource.lookups.map { (Array(resource.columns[$0].name.utf8), $0) })
    }
  }

  /// - Parameter path: of `bytes`, mount prefix removed, without the query.
  func match(_ bytes: Span<UInt8>, _ path: Range<Int>) -> Endpoint? {
    guard !path.isEmpty else { return .root }
    guard bytes[path.lowerBound] == UInt8(ascii: "/") else { return nil }
    if path.count == 1 { return .root }
    var end = path.upperBound
    if bytes[end - 1] == UInt8(ascii: "/") { end -= 1 }

    let first = segment(bytes, path.lowerBound + 1, end)
    guard !first.isEmpty else { return nil }
    if first.upperBound == end {
      if equal(bytes, first, Self.health) { return .health }
      return branch(bytes, first).map { .collection($0) }
    }
    let second = segment(bytes, first.upperBound + 1, end)
    guard !second.isEmpty else { return nil }
    if equal(bytes, first, Self.health) {
      guard second.upperBound == end else { return nil }
      if equal(bytes, second, Self.live) { return .live }
      return equal(bytes, second, Self.ready) ? .ready : nil
    }
    guard let index = branch(bytes, first) else { return nil }
    if second.upperBound == end { return .item(index, second) }
    let third = segment(bytes, second.upperBound + 1, end)
    guard !third.isEmpty, third.upperBound == end else { return nil }
    if equal(bytes, second, Self.search) { return .search(index, third) }
    return branches[index].lookups.first { equal(bytes, second, $0.name) }
      .map { .lookup(index, column: $0.column, third) }
  }

  private static let health = Array("health".utf8)
  private static let live = Array("live".utf8)
  private static let ready = Array("ready".utf8)
  private static let search = Array("search".utf8)

  private func branch(_ bytes: Span<UInt8>, _ name: Range<Int>) -> Int? {
    for index in branches.indices where equal(bytes, name, branches[index].name) { return index }
    return nil
  }

  private func segment(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Range<Int> {
    var index = start
    while index < end, bytes[index] != UInt8(ascii: "/") { index += 1 }
    return start..<index
  }

  /// Whether a segment, decoded, is `name`.
  private func equal(_ bytes: Span<UInt8>, _ range: Range<Int>, _ name: [UInt8]) -> Bool {
    guard range.count == name.count else {
      guard range.count > name.count else { return false }
      var decoded: [UInt8] = []
      PercentEncoding.decode(bytes, range, plusIsSpace: false, into: &decoded)
      return decoded == name
    }
    for offset in name.indices where name[offset] != bytes[range.lowerBound + offset] {
      return false
    }
    return true
  }
}
