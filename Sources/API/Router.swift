/// What a path leads to.
enum Endpoint: Equatable {
  case root, health, live, ready, metrics, openAPI, docs
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
    case .root, .health, .live, .ready, .metrics, .openAPI, .docs, .search, .lookup: Self.read
    case .collection: Self.collected
    case .item: Self.one
    }
  }

  private static let read = Methods(.get, .head, .options)
  private static let collected = Methods(.get, .head, .post, .options)
  private static let one = Methods(.get, .head, .put, .patch, .delete, .options)
}

/// Matches the raw path of a request: split first, each segment decoded after, so that `%2F`
/// stays inside its segment. One trailing slash more or less is the same route.
struct Router: Sendable {
  private struct Branch: Sendable {
    let name: [UInt8]
    let lookups: [(name: [UInt8], column: Int)]
    /// Number of the first of its routes.
    let route: Int
  }

  /// The service's own routes, each one or two segments.
  private static let services: [(path: [StaticString], endpoint: Endpoint)] = [
    (["health"], .health), (["health", "live"], .live), (["health", "ready"], .ready),
    (["metrics"], .metrics), (["openapi.json"], .openAPI), (["docs"], .docs),
  ]

  private let branches: [Branch]
  /// Path templates by number, such as `/clients/{id}`; number 0 is no route.
  let templates: [String]

  init(_ resources: [Resource]) {
    var templates = ["", "/"]
    for service in Self.services {
      templates.append(service.path.map { "/\($0)" }.joined())
    }
    branches = resources.map { resource in
      let lookups = resource.lookups.map { (resource.columns[$0].name, $0) }
      defer {
        templates.append("/\(resource.name)")
        templates.append("/\(resource.name)/{id}")
        templates.append("/\(resource.name)/search/{term}")
        for (name, _) in lookups { templates.append("/\(resource.name)/\(name)/{\(name)}") }
      }
      return Branch(
        name: Array(resource.name.utf8), lookups: lookups.map { (Array($0.utf8), $1) },
        route: templates.count)
    }
    self.templates = templates
  }

  /// The number of an endpoint's template.
  func route(of endpoint: Endpoint) -> Int {
    switch endpoint {
    case .root: 1
    case .health, .live, .ready, .metrics, .openAPI, .docs:
      2 + (Self.services.firstIndex { $0.endpoint == endpoint } ?? 0)
    case .collection(let index): branches[index].route
    case .item(let index, _): branches[index].route + 1
    case .search(let index, _): branches[index].route + 2
    case .lookup(let index, let column, _):
      branches[index].route + 3
        + (branches[index].lookups.firstIndex { $0.column == column } ?? 0)
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
    guard let index = branch(bytes, first) else { return service(bytes, first, end) }
    if first.upperBound == end { return .collection(index) }
    let second = segment(bytes, first.upperBound + 1, end)
    guard !second.isEmpty else { return nil }
    if second.upperBound == end { return .item(index, second) }
    let third = segment(bytes, second.upperBound + 1, end)
    guard !third.isEmpty, third.upperBound == end else { return nil }
    if equal(bytes, second, Self.search) { return .search(index, third) }
    return branches[index].lookups.first { equal(bytes, second, $0.name) }
      .map { .lookup(index, column: $0.column, third) }
  }

  private static let search = Array("search".utf8)

  private func branch(_ bytes: Span<UInt8>, _ name: Range<Int>) -> Int? {
    for index in branches.indices where equal(bytes, name, branches[index].name) { return index }
    return nil
  }

  private func service(_ bytes: Span<UInt8>, _ first: Range<Int>, _ end: Int) -> Endpoint? {
    var segments = [first]
    while let last = segments.last, last.upperBound < end {
      segments.append(segment(bytes, last.upperBound + 1, end))
    }
    for service in Self.services where service.path.count == segments.count {
      let isSame = segments.indices.allSatisfy {
        equal(bytes, segments[$0], Array(service.path[$0].description.utf8))
      }
      if isSame { return service.endpoint }
    }
    return nil
  }

  private func segment(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Range<Int> {
    start..<bytes.find(UInt8(ascii: "/"), in: start..<end)
  }

  /// Whether a segment, decoded, is `name`.
  private func equal(_ bytes: Span<UInt8>, _ range: Range<Int>, _ name: [UInt8]) -> Bool {
    guard range.count == name.count else {
      guard range.count > name.count, range.contains(where: { bytes[$0] == UInt8(ascii: "%") })
      else { return false }
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
