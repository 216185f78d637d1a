/// What a list request asks for, read from its query string.
struct ListQuery {
  static let defaultLimit = 100
  static let maxLimit = 1000

  var limit = Self.defaultLimit
  var offset = 0
  var shape = ListShape()
  /// Values of the filters by entry of `resource.filtered`.
  private var filterValues: [[UInt8]?]
  private var term: [UInt8] = []
  /// Nil: the declared order.
  private var order: [SortKey]?
  /// The columns to answer, in column order; nil: all.
  private(set) var fields: [Int]?
  private var cursor: Cursor?

  /// What the path fixes, and the query has no parameter for.
  private var isSearchFixed = false
  private var fixedFilter: Int?

  /// What the path of a list fixes.
  enum Path {
    case collection
    case search([UInt8])
    /// An entry of `resource.filtered` and its value.
    case filter(Int, [UInt8])
  }

  init(_ resource: Resource, _ path: Path = .collection) {
    filterValues = [[UInt8]?](repeating: nil, count: resource.filtered.count)
    switch path {
    case .collection: break
    case .search(let term):
      search(term)
      isSearchFixed = true
    case .filter(let entry, let value):
      filter(entry, value)
      fixedFilter = entry
    }
  }

  /// Reads the query of a request.
  ///
  /// - Returns: the violations, in the order of the query string.
  mutating func read(
    _ bytes: Span<UInt8>, _ query: Range<Int>, _ resource: Resource, isStrict: Bool
  ) -> Violations {
    // A parameter given twice: the last one counts, for its violations too. What means nothing is kept
    // only where it is a violation, and of those no more than are told.
    var pairs: [(name: [UInt8], value: [UInt8])] = []
    var unknown = 0
    QueryString.forEach(bytes, query) { name, value, _ in
      if !Self.isKnown(name, resource) {
        guard isStrict, unknown < Violation.limit else { return }
        unknown += 1
      }
      pairs.removeAll { $0.name == name }
      pairs.append((name, value))
    }
    var violations = Violations()
    var after: [UInt8]?
    for (name, value) in pairs {
      switch String(decoding: name, as: UTF8.self) {
      case "limit":
        limit = Self.integer(value, "limit", 1...Self.maxLimit, &violations) ?? limit
      case "offset":
        offset = Self.integer(value, "offset", 0...Int.max - 1, &violations) ?? offset
      case "q" where !isSearchFixed: search(value)
      case "sort": readOrder(value, resource, &violations)
      case "fields": readFields(value, resource, &violations)
      case "after": after = value.isEmpty ? nil : value
      case let name:
        if let column = resource.column(named: name.utf8.span),
          let entry = resource.filtered.firstIndex(of: column), entry != fixedFilter
        {
          filter(entry, value)
        } else if isStrict {
          violations.add(
            .valueError, at: ["query", .name(name)], "le paramètre « \(name) » n’existe pas ici")
        }
      }
    }
    if let after {
      cursor = Cursor(after, resource, resource.complete(order ?? resource.order))
      shape.isAfter = cursor != nil
      if cursor == nil {
        violations.add(
          .valueError, at: ["query", "after"],
          "le curseur « after » n’est pas valable pour cette liste : repartez de la première page")
      }
    }
    return violations
  }

  /// - Parameter entry: of `resource.filtered`.
  mutating func filter(_ entry: Int, _ value: [UInt8]) {
    filterValues[entry] = value
    shape.filters |= 1 << entry
  }

  /// An empty term asks for nothing.
  mutating func search(_ term: [UInt8]) {
    self.term = term
    shape.isSearch = !term.isEmpty
  }

  /// Puts the values into `parameters` in the order that `ListShape.sql` numbers them; one row
  /// more than the limit is fetched, to know whether there is more.
  func write(_ parameters: inout Parameters) {
    for case .some(let value) in filterValues {
      parameters.write { $0.append(contentsOf: value) }
    }
    if shape.isSearch { parameters.write { Self.writePattern(term, into: &$0) } }
    for case .some(let key) in cursor?.keys ?? [] {
      parameters.write { $0.append(contentsOf: key) }
    }
    parameters.append(Int64(limit + 1))
    parameters.append(Int64(offset))
  }

  /// The prepared statement of a declared order; else one made for this request.
  func statement(_ resource: Resource, _ statements: ResourceStatements) -> Statement {
    guard let order else { return statements.lists[shape.number] }
    let nullKeys = cursor?.keys.map { $0 == nil }
    return Statement(
      shape.sql(resource, order: order, nullKeys: nullKeys),
      shape.parameterTypes(resource, order: order, nullKeys: nullKeys), isRead: true,
      isPlannedEachTime: true, index: nil)
  }

  private static func isKnown(_ name: [UInt8], _ resource: Resource) -> Bool {
    switch String(decoding: name, as: UTF8.self) {
    case "offset", "after": true
    default: isKept(name, resource)
    }
  }

  /// Whether a link to the next page repeats the parameter.
  static func isKept(_ name: [UInt8], _ resource: Resource) -> Bool {
    switch String(decoding: name, as: UTF8.self) {
    case "limit", "q", "sort", "fields": true
    case let name: resource.column(named: name.utf8.span).map(resource.filtered.contains) ?? false
    }
  }

  /// The order in force, `id` included.
  func completeOrder(_ resource: Resource) -> [SortKey] {
    resource.complete(order ?? resource.order)
  }

  /// `%term%` with the wildcards of LIKE taken as plain characters.
  private static func writePattern(_ term: [UInt8], into output: inout [UInt8]) {
    output.append(UInt8(ascii: "%"))
    for byte in term {
      if byte == UInt8(ascii: "%") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "\\") {
        output.append(UInt8(ascii: "\\"))
      }
      output.append(byte)
    }
    output.append(UInt8(ascii: "%"))
  }

  private static func integer(
    _ text: [UInt8], _ name: String, _ range: ClosedRange<Int>, _ violations: inout Violations
  ) -> Int? {
    let isNegative = text.first == UInt8(ascii: "-")
    let digits = isNegative || text.first == UInt8(ascii: "+") ? text.dropFirst() : text[...]
    guard !digits.isEmpty, digits.allSatisfy({ 0x30...0x39 ~= $0 }) else {
      violations.add(
        .intParsing, at: ["query", .name(name)], "« \(name) » doit être un nombre entier")
      return nil
    }
    // Saturates: a number of any length compares right.
    let magnitude = digits.reduce(0) { total, digit in
      let (product, over) = total.multipliedReportingOverflow(by: 10)
      let (sum, past) = product.addingReportingOverflow(Int(digit - 0x30))
      return over || past ? Int.max : sum
    }
    let number = isNegative ? -magnitude : magnitude
    if number < range.lowerBound {
      violations.add(
        .greaterThanEqual, at: ["query", .name(name)],
        "« \(name) » doit être au moins \(range.lowerBound)")
      return nil
    }
    if number > range.upperBound {
      violations.add(
        .lessThanEqual, at: ["query", .name(name)],
        "« \(name) » doit être au plus \(range.upperBound)")
      return nil
    }
    return number
  }

  private mutating func readOrder(
    _ value: [UInt8], _ resource: Resource, _ violations: inout Violations
  ) {
    var keys: [SortKey] = []
    for word in value.split(separator: UInt8(ascii: ",")) {
      let descending = word.first == UInt8(ascii: "-")
      guard let column = resource.column(named: (descending ? word.dropFirst() : word).span),
        resource.sortable.contains(column)
      else {
        let names = resource.sortable.map { resource.columns[$0].name }.commaSeparated
        violations.add(.enum, at: ["query", "sort"], "« sort » accepte : \(names)")
        return
      }
      if !keys.contains(where: { $0.column == column }) {
        keys.append(SortKey(column: column, descending: descending))
      }
    }
    order = keys.isEmpty || keys == resource.order ? nil : keys
  }

  private mutating func readFields(
    _ value: [UInt8], _ resource: Resource, _ violations: inout Violations
  ) {
    var columns: Set<Int> = []
    for word in value.split(separator: UInt8(ascii: ",")) {
      guard let column = resource.column(named: word.span) else {
        let names = resource.columns.map(\.name).commaSeparated
        violations.add(.enum, at: ["query", "fields"], "« fields » accepte : \(names)")
        return
      }
      columns.insert(column)
    }
    fields = columns.isEmpty ? nil : columns.sorted()
  }
}

/// The query of a target (RFC 3986 section 3.4) as form pairs; `+` is a space.
enum QueryString {
  /// Calls `body` with each decoded name and value, and the raw range of the pair.
  static func forEach(
    _ bytes: Span<UInt8>, _ query: Range<Int>,
    _ body: (_ name: [UInt8], _ value: [UInt8], _ pair: Range<Int>) -> Void
  ) {
    var start = query.lowerBound
    while start < query.upperBound {
      var end = start
      var equals: Int?
      while end < query.upperBound, bytes[end] != UInt8(ascii: "&") {
        if equals == nil, bytes[end] == UInt8(ascii: "=") { equals = end }
        end += 1
      }
      if end > start {
        var name: [UInt8] = []
        var value: [UInt8] = []
        PercentEncoding.decode(bytes, start..<(equals ?? end), plusIsSpace: true, into: &name)
        if let equals {
          PercentEncoding.decode(bytes, equals + 1..<end, plusIsSpace: true, into: &value)
        }
        body(name, value, start..<end)
      }
      start = end + 1
    }
  }
}
