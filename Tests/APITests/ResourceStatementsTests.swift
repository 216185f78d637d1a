import Catalog
import Testing

@testable import API

/// The statements of one resource, to the letter.
@Suite struct ResourceStatementsTests {
  private let statements: ResourceStatements
  private let count: Int

  init() {
    var next = 3
    statements = ResourceStatements(notes, next: &next)
    count = next - 3
  }

  @Test func `one row by its id`() {
    #expect(
      statements.byID.sql
        == "SELECT id, title, place, created_at, updated_at, xmin FROM public.notes WHERE id = $1")
    #expect(statements.byID.parameterTypes == [2950])
    #expect(statements.byID.lane == .point)
    #expect(statements.byID.isRead)
  }

  @Test func `create`() {
    #expect(
      statements.create.sql == """
        INSERT INTO public.notes (id, title, place) \
        VALUES (COALESCE($1, pg_catalog.gen_random_uuid()), $2, $3) \
        RETURNING id, title, place, created_at, updated_at, xmin
        """)
    #expect(statements.create.parameterTypes == [2950, 25, 25])
    #expect(!statements.create.isRead)
  }

  @Test func `update changes the columns of its mask`() {
    #expect(
      statements.update.sql == """
        UPDATE public.notes AS t SET title = CASE WHEN $2 & 2 <> 0 THEN $3 ELSE t.title END, \
        place = CASE WHEN $2 & 4 <> 0 THEN $4 ELSE t.place END \
        WHERE id = $1 RETURNING id, title, place, created_at, updated_at, xmin
        """)
    #expect(statements.update.parameterTypes == [2950, 20, 25, 25])
    #expect(!statements.update.isRead)
  }

  @Test func `update under a tag locks first and tells absent from stale`() {
    #expect(
      statements.updateIfMatch.sql == """
        WITH target AS (SELECT id, xmin, updated_at FROM public.notes WHERE id = $1 FOR UPDATE), \
        changed AS (UPDATE public.notes AS t SET \
        title = CASE WHEN $2 & 2 <> 0 THEN $3 ELSE t.title END, \
        place = CASE WHEN $2 & 4 <> 0 THEN $4 ELSE t.place END \
        FROM target WHERE t.id = target.id AND EXISTS (SELECT FROM unnest($5, $6) AS tag(x, u) \
        WHERE tag.x = target.xmin AND tag.u = target.updated_at) \
        RETURNING t.id, t.title, t.place, t.created_at, t.updated_at, t.xmin) \
        SELECT changed.id, changed.title, changed.place, changed.created_at, changed.updated_at, \
        changed.xmin FROM target LEFT JOIN changed ON true
        """)
    #expect(statements.updateIfMatch.parameterTypes == [2950, 20, 25, 25, 1011, 1185])
    #expect(!statements.updateIfMatch.isRead)
  }

  @Test func `delete`() {
    #expect(statements.delete.sql == "DELETE FROM public.notes WHERE id = $1 RETURNING id")
    #expect(statements.delete.parameterTypes == [2950])
    #expect(
      statements.deleteIfMatch.sql == """
        WITH target AS (SELECT id, xmin, updated_at FROM public.notes WHERE id = $1 FOR UPDATE), \
        changed AS (DELETE FROM public.notes AS t USING target WHERE t.id = target.id AND \
        EXISTS (SELECT FROM unnest($2, $3) AS tag(x, u) \
        WHERE tag.x = target.xmin AND tag.u = target.updated_at) RETURNING t.id) \
        SELECT changed.id FROM target LEFT JOIN changed ON true
        """)
    #expect(statements.deleteIfMatch.parameterTypes == [2950, 1011, 1185])
    #expect(!statements.delete.isRead && !statements.deleteIfMatch.isRead)
  }

  @Test func `statements are numbered one after the other`() {
    let all =
      [
        statements.byID, statements.create, statements.update, statements.updateIfMatch,
        statements.delete, statements.deleteIfMatch,
      ] + statements.lists
    #expect(all.compactMap(\.index) == Array(3..<3 + all.count))
    #expect(count == all.count)
    #expect(statements.lists.allSatisfy { $0.isRead && $0.lane == .pool })
  }

  @Test func `an application numbers the statements of all resources`() {
    let application = Application(
      [clients, notes], title: "", version: "", revision: "", origins: [])
    let numbers = application.statementsOf.flatMap { [$0.byID.index, $0.create.index] }
    #expect(Set(numbers).count == 4)
    #expect(application.readiness.statement.index == application.statementCount - 1)
  }

  @Test func `the mask of clients reaches every writable column`() {
    let sql = Exchange.clientsOnly.statementsOf[0].update.sql
    for (slot, column) in clients.writable.enumerated().dropFirst() {
      let name = clients.columns[column].name
      #expect(
        sql.contains(
          "\(name) = CASE WHEN $2 & \(1 << slot) <> 0 THEN $\(slot + 2) ELSE t.\(name) END"))
    }
  }
}
