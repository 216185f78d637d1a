/// One column of a resource: its names, its kind, its limits. A class for `Resource`'s reason.
public final class Column: Sendable {
  /// How a value is stored, sent and checked.
  public enum Kind: Sendable, Equatable {
    case uuid
    /// `varchar(n)` or `text`; `maxLength` in Unicode code points, as varchar(n) counts.
    case text(maxLength: Int)
    /// `text[]`
    case textArray(maxCount: Int, maxLength: Int)
    /// `jsonb` holding an array of objects of one shape.
    case objects(ObjectShape, maxCount: Int)
    /// `timestamptz`
    case timestamp
  }

  /// A check beyond length.
  public enum Rule: Sendable, Equatable {
    case notBlank
    case oneOf([String])
    /// An e-mail address; `""` is taken as null.
    case email
  }

  /// What a list may do with the column.
  public struct Uses: OptionSet, Sendable {
    /// A bit per use.
    public let rawValue: UInt8
    /// Takes the bits as they are.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// `q=` and `search/{term}` look into it.
    public static let searched = Uses(rawValue: 1)
    /// It has an exact filter.
    public static let filtered = Uses(rawValue: 2)
    /// `sort=` takes it.
    public static let sorted = Uses(rawValue: 4)
  }

  /// What a create that does not name the column stores.
  public enum Default: Sendable, Equatable {
    /// The member is required.
    case required
    case null
    case text(String)
    /// `{}` of a text array, `[]` of an array of objects.
    case empty
    /// Made by the database: a UUID v4.
    case generated
  }

  let name: String
  /// camelCase of `name`.
  public let jsonName: String
  let kind: Kind
  let rule: Rule?
  let initial: Default
  let uses: Uses
  let isReadOnly: Bool

  /// The JSON name, then the SQL name where it differs: both are understood.
  var spellings: [String] { jsonName == name ? [name] : [jsonName, name] }

  var isNullable: Bool { initial == .null }

  private init(
    _ name: String, _ kind: Kind, rule: Rule? = nil, initial: Default, uses: Uses = [],
    isReadOnly: Bool = false
  ) {
    self.name = name
    self.kind = kind
    self.rule = rule
    self.initial = initial
    self.uses = uses
    self.isReadOnly = isReadOnly
    jsonName = camelCase(name)
  }

  /// The primary key: a UUID that the client may choose on create.
  public static func id() -> Column {
    Column("id", .uuid, initial: .generated)
  }

  /// - Parameter maxLength: code points.
  public static func text(
    _ name: String, _ maxLength: Int, _ initial: Default = .null, rule: Rule? = nil,
    uses: Uses = []
  ) -> Column {
    Column(name, .text(maxLength: maxLength), rule: rule, initial: initial, uses: uses)
  }

  /// - Parameters:
  ///   - maxCount: elements.
  ///   - maxLength: code points of one element.
  public static func textArray(_ name: String, maxCount: Int, maxLength: Int) -> Column {
    Column(name, .textArray(maxCount: maxCount, maxLength: maxLength), initial: .empty)
  }

  /// - Parameter maxCount: objects.
  public static func objects(_ name: String, maxCount: Int, _ members: [ObjectShape.Member])
    -> Column
  {
    Column(name, .objects(ObjectShape(members), maxCount: maxCount), initial: .empty)
  }

  /// A `timestamptz` that the database keeps; clients only read it.
  public static func timestamp(_ name: String, uses: Uses = []) -> Column {
    Column(name, .timestamp, initial: .generated, uses: uses, isReadOnly: true)
  }
}

/// The members of one object inside a `jsonb` array.
public struct ObjectShape: Sendable, Equatable {
  /// One member: its name, its kind, and what stands in for it.
  public struct Member: Sendable, Equatable {
    /// What its value must be.
    public enum Kind: Sendable, Equatable {
      case string, nullableString, stringArray, boolean
    }
    let name: String
    let kind: Kind
    /// JSON text put in when the member is missing; `nil`: it is required.
    public let missing: String?

    /// A required string.
    public static func string(_ name: String) -> Member {
      Member(name: name, kind: .string, missing: nil)
    }
    /// A string or null; null when missing.
    public static func nullableString(_ name: String) -> Member {
      Member(name: name, kind: .nullableString, missing: "null")
    }
    /// An array of strings; empty when missing.
    public static func stringArray(_ name: String) -> Member {
      Member(name: name, kind: .stringArray, missing: "[]")
    }
    /// A boolean, `missing` when missing.
    public static func boolean(_ name: String, _ missing: Bool) -> Member {
      Member(name: name, kind: .boolean, missing: missing ? "true" : "false")
    }
  }

  let members: [Member]
  let table: NameTable

  init(_ members: [Member]) {
    precondition(
      members.first.map { $0.missing == nil } == true, "an object begins with a required member")
    self.members = members
    table = NameTable(members.enumerated().map { (name: $1.name, slot: $0) })
  }

  /// Shapes are equal when their members are.
  public static func == (one: ObjectShape, other: ObjectShape) -> Bool {
    one.members == other.members
  }
}

private func camelCase(_ name: String) -> String {
  let words = name.split(separator: "_")
  return words.dropFirst().reduce(String(words.first ?? "")) {
    $0 + $1.prefix(1).uppercased() + $1.dropFirst()
  }
}
