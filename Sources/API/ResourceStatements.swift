/// The SQL of one resource, built once at start-up.
///
/// Every row that leaves carries the declared columns in order and, for one row, `xmin` behind
/// them: the entity tag is made of it.
struct ResourceStatements: Sendable {
  let byID: Statement
  let create: Statement
  /// `$1` id, `$2` mask of the columns sent, then a value per writable column but the id.
  let update: Statement
  let updateIfMatch: Statement
  let delete: Statement
  let deleteIfMatch: Statement
  /// By `ListShape.number`, for lists in the declared order.
  let lists: [Statement]

  init(_ resource: Resource, next index: inout Int) {
    func statement(
      _ sql: String, _ types: [Statement.ParameterType], lane: Statement.Lane = .pool,
      isRead: Bool = false, isPlannedEachTime: Bool = false, mayShare: Bool = false
    ) -> Statement {
      defer { index += 1 }
      return Statement(
        sql, types, lane: lane, isRead: isRead, isPlannedEachTime: isPlannedEachTime,
        mayShare: mayShare, index: index)
    }
    let table = resource.table
    let row = resource.columnList + ", xmin"
    let values = resource.writable.map { resource.columns[$0].kind.parameterType }

    byID = statement(
      "SELECT \(row) FROM \(table) WHERE id = $1", [.uuid], lane: .point, isRead: true)

    let places = resource.writable.indices.map {
      $0 == 0 ? "COALESCE($1, pg_catalog.gen_random_uuid())" : "$\($0 + 1)"
    }
    create = statement(
      """
      INSERT INTO \(table) (\(resource.writable.map { resource.columns[$0].name }.commaSeparated)) \
      VALUES (\(places.commaSeparated)) RETURNING \(row)
      """, values, mayShare: true)

    // An unsent column keeps the value of the row as it is when the lock is had, so two updates
    // of different columns never undo each other.
    let changes = resource.writable.indices.dropFirst().map { slot in
      let name = resource.columns[resource.writable[slot]].name
      return
        "\(name) = CASE WHEN $2 & \(Int64(1) << slot) <> 0 THEN $\(slot + 2) ELSE t.\(name) END"
    }.commaSeparated
    let updateTypes: [Statement.ParameterType] = [.uuid, .int8] + values.dropFirst()
    update = statement(
      "UPDATE \(table) AS t SET \(changes) WHERE id = $1 RETURNING \(row)", updateTypes,
      mayShare: true)
    updateIfMatch = statement(
      Self.ifMatch(
        table, change: "UPDATE \(table) AS t SET \(changes) FROM target",
        columns: resource.columns.map(\.name) + ["xmin"], tags: updateTypes.count + 1),
      updateTypes + [.xidArray, .timestamptzArray])

    delete = statement("DELETE FROM \(table) WHERE id = $1 RETURNING id", [.uuid])
    deleteIfMatch = statement(
      Self.ifMatch(
        table, change: "DELETE FROM \(table) AS t USING target", columns: ["id"], tags: 2),
      [.uuid, .xidArray, .timestamptzArray])

    lists = ListShape.all(of: resource).map { shape in
      // Whether a term or a city is rare decides what is the best way to it.
      let isPlannedEachTime = shape.isSearch || shape.filters != 0
      return statement(
        shape.sql(resource), shape.parameterTypes(resource), isRead: true,
        isPlannedEachTime: isPlannedEachTime, mayShare: !isPlannedEachTime && !shape.hasTotal)
    }
  }

  /// One row when `$1` exists; its columns are NULL when no tag matched. The lock comes first,
  /// so what is compared is what is changed.
  private static func ifMatch(
    _ table: String, change: String, columns: [String], tags: Int
  ) -> String {
    """
    WITH target AS (SELECT id, xmin, updated_at FROM \(table) WHERE id = $1 FOR UPDATE), \
    changed AS (\(change) WHERE t.id = target.id AND EXISTS \
    (SELECT FROM unnest($\(tags), $\(tags + 1)) AS tag(x, u) \
    WHERE tag.x = target.xmin AND tag.u = target.updated_at) \
    RETURNING \(columns.map { "t.\($0)" }.commaSeparated)) \
    SELECT \(columns.map { "changed.\($0)" }.commaSeparated) FROM target LEFT JOIN changed ON true
    """
  }
}

extension Resource {
  var table: String { "public.\(name)" }

  /// The columns, comma separated; never `*`.
  var columnList: String { columns.map(\.name).commaSeparated }
}

extension Sequence<String> {
  var commaSeparated: String { joined(separator: ", ") }
}
