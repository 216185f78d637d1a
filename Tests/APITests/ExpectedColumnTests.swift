import Testing

@testable import API
@testable import Catalog

/// What the declaration asks of the live table.
@Suite struct ExpectedColumnTests {
  private func expected(_ name: String) throws -> ExpectedColumn {
    try #require(clients.expectedColumns.first { $0.name == name })
  }

  @Test func `every declared column is expected, in order`() {
    #expect(clients.expectedColumns.map(\.name) == clients.columns.map(\.name))
  }

  @Test(arguments: [
    ("id", "uuid", true), ("name", "character varying(255)", true),
    ("siret", "character varying(20)", false), ("status", "character varying(20)", true),
    ("tags", "text[]", true), ("contacts", "jsonb", true),
    ("created_at", "timestamp with time zone", true),
  ])
  func `type and null follow from the kind`(
    _ name: String, _ type: String, _ isRequired: Bool
  ) throws {
    let column = try expected(name)
    #expect(column.type == type)
    #expect(column.isRequired == isRequired)
    #expect(column.accepts(type))
  }

  @Test(arguments: [
    ("text", true), ("character varying", true), ("character varying(256)", true),
    ("character varying(254)", false), ("character varying(x)", false), ("bytea", false),
    ("jsonb", false), ("", false),
  ])
  func `a text fits into whatever is wide enough`(_ type: String, _ fits: Bool) throws {
    #expect(try expected("name").accepts(type) == fits)
  }

  @Test func `other types are exact`() throws {
    #expect(try !expected("contacts").accepts("json"))
    #expect(try !expected("created_at").accepts("timestamp without time zone"))
    #expect(try !expected("tags").accepts("character varying[]"))
  }
}
