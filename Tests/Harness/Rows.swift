/// A body that creates a client: a type, a name of its own, and `members` over them.
func client(_ members: [String: JSON] = [:]) -> JSON {
  .object(["type": "company", "name": .string("Client \(unique())")].merging(members) { $1 })
}

/// A body from raw JSON values, so that a test may send what no JSON writer would.
func rawClient(_ members: [String: String]) -> String {
  let all = ["type": "\"company\"", "name": "\"Client \(unique())\""].merging(members) { $1 }
  return "{" + all.map { "\"\($0)\":\($1)" }.sorted().joined(separator: ",") + "}"
}

/// An address that no other row of this run has.
func uniqueAddress() -> String { unique() + "@example.fr" }

/// A UUID that is not in any table.
let nobody = "/clients/00000000-0000-4000-8000-000000000000"

extension Site {
  /// Puts `count` rows into a city of their own, one second apart, the last one the newest:
  /// `name` is `Row 001` and so on. The city is a word.
  func fill(_ count: Int, set assignments: String = "") throws -> String {
    let city = unique()
    try database.psql(
      """
      INSERT INTO clients (id, type, name, city, created_at)
      SELECT gen_random_uuid(), 'company', 'Row ' || lpad(n::text, 3, '0'), '\(city)',
        timestamptz '2025-01-01 00:00:00+00' + n * interval '1 second'
      FROM generate_series(1, \(count)) AS n
      """)
    if !assignments.isEmpty {
      try database.psql("UPDATE clients SET \(assignments) WHERE city = '\(city)'")
    }
    return city
  }

  /// Follows `next` from `target` to the end; the pages in their order.
  func pages(from target: String) throws -> [Answer] {
    var pages: [Answer] = []
    var next: String? = target
    while let target = next {
      let page = try get(target)
      guard page.status == 200, pages.count < 200 else {
        throw Failure("page \(pages.count) of \(target): \(page)")
      }
      pages.append(page)
      next = page.next
      guard page.json["has_more"] == .bool(next != nil) else {
        throw Failure("has_more and Link differ: \(page.json["has_more"]), \(next ?? "none")")
      }
    }
    return pages
  }

  /// The row as the database has it, one column as text.
  func stored(_ column: String, of id: String) throws -> String {
    try database.psql("SELECT \(column) FROM clients WHERE id = '\(id)'")
  }
}
