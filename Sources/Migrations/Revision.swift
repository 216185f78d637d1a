/// One step of the schema: SQL up and SQL down, embedded in the binary.
public struct Revision: Sendable, Equatable {
  /// Sorts by time: `2025_10_31_000001_create_clients_table`.
  public let id: String
  /// Applies the revision.
  public let up: String
  /// Takes it back.
  public let down: String
  /// FNV-1a, 64 bits, of `up` in hexadecimal: tells an edited revision from the one that ran.
  public let checksum: String
  /// What Alembic called the same step; such a database is adopted.
  public let alembic: String?

  /// The line between the two parts of a revision's file.
  static let divider = "-- migrate:down"

  /// - Parameter file: the up part, `-- migrate:down` on a line of its own, the down part.
  init(_ id: String, file: [UInt8], alembic: String? = nil) {
    let text = String(decoding: file, as: UTF8.self)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let divider = lines.firstIndex { $0 == Self.divider }
    precondition(divider != nil, "\(id): a line “\(Self.divider)” parts up from down")
    self.id = id
    up = lines[..<(divider ?? 0)].joined(separator: "\n").trimmingNewlines()
    down = lines[((divider ?? 0) + 1)...].joined(separator: "\n").trimmingNewlines()
    self.alembic = alembic
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in up.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let digits = String(hash, radix: 16)
    checksum = String(repeating: "0", count: 16 - digits.count) + digits
  }
}

/// All revisions, oldest first. A new one is a file in `SQL/` and a line here.
public enum Revisions {
  /// In the order in which they apply.
  public static let all: [Revision] = [
    Revision(
      "2025_10_31_000001_create_clients_table",
      file: PackageResources.r2025_10_31_000001_create_clients_table_sql,
      alembic: "create_clients_0001"),
    Revision(
      "2026_11_22_000001_index_lists_and_search",
      file: PackageResources.r2026_11_22_000001_index_lists_and_search_sql),
  ]

  /// The newest.
  public static let head = all.last?.id ?? "base"
}

extension String {
  fileprivate func trimmingNewlines() -> String {
    var rest = self[...]
    while rest.first == "\n" { rest.removeFirst() }
    while rest.last == "\n" { rest.removeLast() }
    return String(rest)
  }
}
