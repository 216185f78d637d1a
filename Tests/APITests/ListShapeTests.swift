import Catalog
import Testing

@testable import API

/// The SQL of lists, to the letter.
@Suite struct ListShapeTests {
  private let columns = "id, title, place, created_at, updated_at"

  private func shape(_ change: (inout ListShape) -> Void) -> ListShape {
    var shape = ListShape()
    change(&shape)
    return shape
  }

  @Test func `the list of clients`() {
    #expect(
      ListShape().sql(clients) == """
        SELECT id, type, name, company_name, first_name, last_name, siret, email, phone, address, \
        city, status, tags, last_service, contacts, created_at, updated_at FROM public.clients \
        ORDER BY created_at DESC, id LIMIT $1 OFFSET $2
        """)
  }

  @Test func `the list behind a cursor`() {
    #expect(
      shape { $0.isAfter = true }.sql(notes) == """
        SELECT \(columns) FROM public.notes WHERE created_at <= $1 AND \
        (created_at < $1 OR created_at = $1 AND id > $2) \
        ORDER BY created_at DESC, id LIMIT $3 OFFSET $4
        """)
  }

  @Test func `the list with a filter, a search and a cursor`() {
    let shape = shape {
      $0.filters = 1
      $0.isSearch = true
      $0.isAfter = true
    }
    #expect(
      shape.sql(notes) == """
        SELECT \(columns) FROM public.notes WHERE place = $1 AND \
        (title ILIKE $2 OR place ILIKE $2) AND created_at <= $3 AND \
        (created_at < $3 OR created_at = $3 AND id > $4) \
        ORDER BY created_at DESC, id LIMIT $5 OFFSET $6
        """)
    #expect(
      shape.parameterTypes(notes) == [.text, .text, .timestamptz, .uuid, .int8, .int8])
  }

  @Test func `the total counts what the cursor cuts off`() {
    let shape = shape {
      $0.isSearch = true
      $0.isAfter = true
      $0.hasTotal = true
    }
    #expect(
      shape.sql(notes) == """
        SELECT page.id, page.title, page.place, page.created_at, page.updated_at, counted.total \
        FROM (SELECT count(*) AS total FROM public.notes \
        WHERE (title ILIKE $1 OR place ILIKE $1)) AS counted LEFT JOIN \
        (SELECT \(columns) FROM public.notes WHERE (title ILIKE $1 OR place ILIKE $1) AND \
        created_at <= $2 AND (created_at < $2 OR created_at = $2 AND id > $3) \
        ORDER BY created_at DESC, id LIMIT $4 OFFSET $5) AS page ON true \
        ORDER BY page.created_at DESC, page.id
        """)
    #expect(shape.parameterTypes(notes) == [.text, .timestamptz, .uuid, .int8, .int8])
  }

  // MARK: nullable sort keys: NULLs stand last in both directions

  static let behind: [(keys: [String], nulls: [Bool], condition: String)] = [
    (["title"], [false, false], "title >= $1 AND (title > $1 OR title = $1 AND id > $2)"),
    (["-title"], [false, false], "title <= $1 AND (title < $1 OR title = $1 AND id > $2)"),
    (
      ["place"], [false, false],
      "((place > $1 OR place IS NULL) OR place = $1 AND id > $2)"
    ),
    (
      ["-place"], [false, false],
      "((place < $1 OR place IS NULL) OR place = $1 AND id > $2)"
    ),
    (["place"], [true, false], "(place IS NULL AND id > $1)"),
    (["-place"], [true, false], "(place IS NULL AND id > $1)"),
    (
      ["-place", "title"], [false, false, false],
      "((place < $1 OR place IS NULL) OR place = $1 AND title > $2 "
        + "OR place = $1 AND title = $2 AND id > $3)"
    ),
    (
      ["-place", "title"], [true, false, false],
      "(place IS NULL AND title > $1 OR place IS NULL AND title = $1 AND id > $2)"
    ),
    (
      ["title", "place"], [false, true, false],
      "title >= $1 AND (title > $1 OR title = $1 AND place IS NULL AND id > $2)"
    ),
  ]

  @Test(arguments: behind)
  func `rows behind a cursor`(_ keys: [String], _ nulls: [Bool], _ condition: String) {
    let sort = keys.flatMap { order($0) }
    let shape = shape { $0.isAfter = true }
    let sorting = keys.map { key in
      let bare = key.replacing("-", with: "")
      return bare + (bare == key ? "" : " DESC") + (bare == "place" ? " NULLS LAST" : "")
    }
    let count = nulls.count { !$0 }
    #expect(
      shape.sql(notes, order: sort, nullKeys: nulls) == """
        SELECT \(columns) FROM public.notes WHERE \(condition) \
        ORDER BY \(sorting.joined(separator: ", ")), id LIMIT $\(count + 1) OFFSET $\(count + 2)
        """)
    #expect(
      shape.parameterTypes(notes, order: sort, nullKeys: nulls).count == count + 2)
  }

  @Test func `every shape has its number and its own statement`() {
    for resource in [notes, clients] {
      let shapes = ListShape.all(of: resource)
      #expect(shapes.count == 8 << resource.filtered.count)
      #expect(shapes.map(\.number) == Array(shapes.indices))
      #expect(Set(shapes.map { $0.sql(resource) }).count == shapes.count)
      for shape in shapes {
        let sql = shape.sql(resource)
        let types = shape.parameterTypes(resource)
        #expect(sql.contains("$\(types.count)"))
        #expect(!sql.contains("$\(types.count + 1)"))
      }
    }
  }
}
