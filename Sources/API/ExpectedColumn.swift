/// What a declared column needs of the live table.
public struct ExpectedColumn: Sendable, Equatable {
  /// The SQL name.
  public let name: String
  /// As `format_type` writes it, such as `character varying(255)`.
  public let type: String
  /// NOT NULL
  public let isRequired: Bool
  /// Code points that a `varchar` must hold; nil for other types.
  private let length: Int?

  init(_ column: Column) {
    name = column.name
    isRequired = !column.isNullable
    switch column.kind {
    case .uuid: (type, length) = ("uuid", nil)
    case .text(let maxLength): (type, length) = ("character varying(\(maxLength))", maxLength)
    case .textArray: (type, length) = ("text[]", nil)
    case .objects: (type, length) = ("jsonb", nil)
    case .timestamp: (type, length) = ("timestamp with time zone", nil)
    }
  }

  /// Whether a live column of that type takes and gives all that the declaration allows: a text
  /// may be `text`, or a longer `varchar`.
  public func accepts(_ live: String) -> Bool {
    guard let length else { return live == type }
    if live == "text" || live == "character varying" { return true }
    let prefix = "character varying("
    guard live.hasPrefix(prefix), live.hasSuffix(")"),
      let most = Int(live.dropFirst(prefix.count).dropLast())
    else { return false }
    return most >= length
  }
}

extension Resource {
  /// The columns that the live table must have.
  public var expectedColumns: [ExpectedColumn] { columns.map(ExpectedColumn.init) }
}
