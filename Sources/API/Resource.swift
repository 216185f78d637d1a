/// One resource of the API, declared once: a table, its columns and what may be asked of them.
///
/// SQL text, JSON in and out, validation and routes all derive from this. A class, since a request
/// looks at it often and a copy of so many arrays counts them all.
public final class Resource: Sendable {
  /// The first path segment, and the table's name in schema `public`.
  public let name: String
  let nouns: Nouns
  /// In the order in which rows carry them; `id` first.
  public let columns: [Column]
  /// What a list is sorted by when nothing is asked; `id` always breaks ties.
  public let order: [SortKey]
  /// Columns that `q=` and `search/{term}` look into.
  public let searched: [Int]
  /// Columns with an exact filter `column=`.
  public let filtered: [Int]
  /// Filtered columns that also have a route of their own: `/{name}/{column}/{value}`.
  public let lookups: [Int]

  let sortable: [Int]
  /// `updated_at`: with `xmin` it makes the entity tag.
  let updatedAt: Int
  /// Columns a client may write, `id` included, in column order.
  let writable: [Int]
  /// Where a body's member goes, by its JSON or SQL name.
  let members: NameTable
  /// The column, by its JSON or SQL name.
  private let names: NameTable
  /// Distinguishes the entity tags of this declaration from those of an earlier one.
  let fingerprint: UInt32

  /// - Parameters:
  ///   - order: SQL names, `-` before one for descending.
  ///   - lookups: SQL names of filterable columns.
  public init(
    _ name: String, nouns: Nouns, order: [String], lookups: [String] = [], columns: [Column]
  ) {
    precondition(
      columns.first?.name == "id" && columns.first?.kind == .uuid, "a resource begins with its id")
    func index(_ column: String) -> Int {
      guard let found = columns.firstIndex(where: { $0.name == column }) else {
        preconditionFailure("\(name) declares no column \(column)")
      }
      return found
    }
    func indices(_ claim: (Column) -> Bool) -> [Int] {
      columns.indices.filter { claim(columns[$0]) }
    }
    self.name = name
    self.nouns = nouns
    self.columns = columns
    self.order = order.map { key in
      key.hasPrefix("-")
        ? SortKey(column: index(String(key.dropFirst())), descending: true)
        : SortKey(column: index(key), descending: false)
    }
    self.lookups = lookups.map(index)
    updatedAt = index("updated_at")
    searched = indices { $0.uses.contains(.searched) }
    filtered = indices { $0.uses.contains(.filtered) }
    sortable = indices { $0.uses.contains(.sorted) }
    writable = indices { !$0.isReadOnly }
    precondition(
      self.lookups.allSatisfy(filtered.contains), "\(name): a lookup is of a filtered column")
    precondition(
      self.order.allSatisfy { !columns[$0.column].isNullable },
      "\(name): the declared order is of columns that are never null")
    precondition(writable.count <= 63, "an update marks its columns in a 64-bit mask")
    func table(_ indices: some Sequence<Int>) -> NameTable {
      NameTable(
        indices.enumerated().flatMap { slot, column in
          columns[column].spellings.map { (name: $0, slot: slot) }
        })
    }
    members = table(writable)
    names = table(columns.indices)
    fingerprint = columns.reduce(into: FNV1a()) { $0.add($1.name) }.hash32
  }

  /// The column that a client names by its JSON or its SQL name.
  func column(named name: Span<UInt8>) -> Int? {
    names.find(name, name.indices)?.slot
  }
}

/// A column and a direction.
public struct SortKey: Sendable, Hashable {
  let column: Int
  let descending: Bool
}

/// What people are told about a resource, in French.
public struct Nouns: Sendable {
  let notFound: String
  let deleted: String
  /// Put before « column » when a unique value is taken.
  public let taken: String

  /// - Parameters:
  ///   - one: lower case, as in `client`.
  ///   - feminine: whether the noun is feminine (« supprimée »).
  public init(one: String, feminine: Bool = false) {
    let capital = one.prefix(1).uppercased() + one.dropFirst()
    let e = feminine ? "e" : ""
    notFound = "\(capital) non trouvé\(e)"
    deleted = "\(capital) supprimé\(e) avec succès"
    taken = "Un\(e) \(one) avec cette valeur existe déjà"
  }
}
