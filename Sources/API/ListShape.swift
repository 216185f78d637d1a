/// Which parts the SQL of a list has; everything else about it is a parameter.
struct ListShape: Hashable {
  /// A bit per entry of `resource.filtered`.
  var filters = 0
  var isSearch = false
  /// Whether it continues behind a cursor.
  var isAfter = false
  var hasTotal = false

  /// Every shape, in the order of their numbers.
  static func all(of resource: Resource) -> [ListShape] {
    (0..<8 << resource.filtered.count).map { ListShape(number: $0, resource) }
  }

  private init(number: Int, _ resource: Resource) {
    filters = number >> 3
    isSearch = number & 1 != 0
    isAfter = number & 2 != 0
    hasTotal = number & 4 != 0
  }

  init() {}

  var number: Int {
    filters << 3 | (isSearch ? 1 : 0) | (isAfter ? 2 : 0) | (hasTotal ? 4 : 0)
  }

  /// Parameters, in this order: the filters' values, the search pattern, the cursor's keys that
  /// are not null, limit, offset.
  ///
  /// - Parameters:
  ///   - order: `id` is added behind it.
  ///   - nullKeys: for each sort key whether it is NULL in the cursor's row.
  func sql(_ resource: Resource, order: [SortKey]? = nil, nullKeys: [Bool]? = nil) -> String {
    let keys = resource.complete(order ?? resource.order)
    var next = 0
    func place() -> String {
      next += 1
      return "$\(next)"
    }
    var conditions = filterColumns(resource).map { "\(resource.columns[$0].name) = \(place())" }
    if isSearch {
      let pattern = place()
      let terms = resource.searched.map { "\(resource.columns[$0].name) ILIKE \(pattern)" }
      conditions.append("(\(terms.joined(separator: " OR ")))")
    }
    let counted = conditions
    if isAfter {
      let values = keys.indices.map { nullKeys?[$0] == true ? nil : place() }
      conditions.append(Self.after(resource, keys, values))
    }
    let sorting = { (alias: String) in
      keys.map { key -> String in
        let column = resource.columns[key.column]
        let nulls = column.isNullable ? " NULLS LAST" : ""
        return "\(alias)\(column.name)\(key.descending ? " DESC" : "")\(nulls)"
      }.commaSeparated
    }
    let page = """
      SELECT \(resource.columnList) FROM \(resource.table)\(Self.whereClause(conditions)) \
      ORDER BY \(sorting("")) LIMIT \(place()) OFFSET \(place())
      """
    guard hasTotal else { return page }
    return """
      SELECT \(resource.columns.map { "page.\($0.name)" }.commaSeparated), counted.total FROM \
      (SELECT count(*) AS total FROM \(resource.table)\(Self.whereClause(counted))) AS counted \
      LEFT JOIN (\(page)) AS page ON true ORDER BY \(sorting("page."))
      """
  }

  func parameterTypes(
    _ resource: Resource, order: [SortKey]? = nil, nullKeys: [Bool]? = nil
  ) -> [Statement.ParameterType] {
    let keys = resource.complete(order ?? resource.order)
    let cursor = isAfter ? keys.indices.filter { nullKeys?[$0] != true } : []
    return filterColumns(resource).map { resource.columns[$0].kind.parameterType }
      + (isSearch ? [.text] : [])
      + cursor.map { resource.columns[keys[$0].column].kind.parameterType }
      + [.int8, .int8]
  }

  /// The columns filtered by, in parameter order.
  func filterColumns(_ resource: Resource) -> [Int] {
    resource.filtered.indices.filter { filters & 1 << $0 != 0 }.map { resource.filtered[$0] }
  }

  private static func whereClause(_ conditions: [String]) -> String {
    conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
  }

  /// Rows behind the cursor's: (a behind) or (a equal and b behind) or … NULLs sort last.
  private static func after(_ resource: Resource, _ keys: [SortKey], _ values: [String?])
    -> String
  {
    var alternatives: [String] = []
    var equal: [String] = []
    for (key, value) in zip(keys, values) {
      let column = resource.columns[key.column]
      if let value {
        let behind = "\(column.name) \(key.descending ? "<" : ">") \(value)"
        let orNull = column.isNullable ? "(\(behind) OR \(column.name) IS NULL)" : behind
        alternatives.append((equal + [orNull]).joined(separator: " AND "))
        equal.append("\(column.name) = \(value)")
      } else {
        equal.append("\(column.name) IS NULL")
      }
    }
    let any = "(\(alternatives.joined(separator: " OR ")))"
    // The first key alone bounds the index scan.
    guard let first = keys.first, let value = values.first ?? nil,
      !resource.columns[first.column].isNullable
    else { return any }
    let bound = "\(resource.columns[first.column].name) \(first.descending ? "<=" : ">=") \(value)"
    return "\(bound) AND \(any)"
  }
}

extension Resource {
  /// The sort keys with `id` behind them, so that the order is total.
  func complete(_ order: [SortKey]) -> [SortKey] {
    order.contains { $0.column == 0 } ? order : order + [SortKey(column: 0, descending: false)]
  }
}
