@testable import API

/// A resource small enough to read its SQL.
let notes = Resource(
  "notes", nouns: Nouns(one: "note", feminine: true), order: ["-created_at"], lookups: ["place"],
  columns: [
    .id(),
    .text("title", 50, .required, rule: .notBlank, uses: [.searched, .sorted]),
    .text("place", 50, uses: [.searched, .filtered, .sorted]),
    .timestamp("created_at", uses: .sorted),
    .timestamp("updated_at"),
  ])

/// Sort keys by name, `-` before one for descending.
func order(_ names: String...) -> [SortKey] {
  names.map { name in
    let bare = name.hasPrefix("-") ? String(name.dropFirst()) : name
    return SortKey(
      column: notes.columns.firstIndex { $0.name == bare } ?? -1, descending: name != bare)
  }
}
