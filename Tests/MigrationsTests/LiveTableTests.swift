import Testing

@testable import Migrations

/// Whether a table that Alembic built is the one of revision 1.
@Suite struct LiveTableTests {
  private typealias Fact = LiveTable.Fact

  private func column(_ name: String, _ definition: String) -> LiveTable.Fact {
    Fact(kind: "column", name: name, definition: definition)
  }

  private func index(_ definition: String) -> LiveTable.Fact {
    Fact(kind: "index", name: "", definition: definition)
  }

  private var expected: [LiveTable.Fact] {
    [
      column("id", "uuid NOT NULL"), column("name", "character varying(255) NOT NULL"),
      index("UNIQUE btree (id)"), index("btree (name)"),
      Fact(kind: "trigger", name: "", definition: "BEFORE UPDATE FOR EACH ROW"),
    ]
  }

  @Test func `a table that is as it must be has no differences`() {
    #expect(LiveTable.compare(live: expected, expected: expected).isEmpty)
    #expect(LiveTable.compare(live: expected.reversed(), expected: expected).isEmpty)
  }

  @Test func `a table that is not there is missing`() {
    #expect(LiveTable.compare(live: [], expected: expected) == ["the table is missing"])
  }

  @Test func `indexes and triggers beyond are the operator's`() {
    let live =
      expected + [index("btree (city)"), Fact(kind: "trigger", name: "", definition: "AFTER")]
    #expect(LiveTable.compare(live: live, expected: expected).isEmpty)
  }

  @Test func `a column that differs is named with both definitions`() {
    let live = [column("id", "uuid NOT NULL"), column("name", "text")] + expected.dropFirst(2)
    let lines = LiveTable.compare(live: live, expected: expected)
    #expect(lines.count == 1)
    for word in ["column name", "text", "character varying(255) NOT NULL"] {
      #expect(lines.first?.contains(word) == true)
    }
  }

  @Test func `a column that is missing is named`() {
    let lines = LiveTable.compare(live: [expected[0]] + expected.dropFirst(2), expected: expected)
    #expect(lines == ["column name: missing: character varying(255) NOT NULL"])
  }

  @Test func `a column beyond is named`() {
    let lines = LiveTable.compare(live: expected + [column("extra", "text")], expected: expected)
    #expect(lines.count == 1)
    #expect(lines.first?.contains("column extra") == true)
  }

  @Test func `an index and a trigger that are missing are named`() {
    let lines = LiveTable.compare(live: Array(expected.prefix(3)), expected: expected)
    #expect(
      lines == [
        "index: missing: btree (name)", "trigger: missing: BEFORE UPDATE FOR EACH ROW",
      ])
  }

  @Test func `every difference is told at once`() {
    let lines = LiveTable.compare(
      live: [column("id", "text"), column("extra", "text")], expected: expected)
    #expect(lines.count == 6)
  }
}
