internal import Postgres

/// What a table is made of, as the catalog tells it, in lines that can be compared.
enum LiveTable {
  /// What the live table lacks or has otherwise than `revision` makes it, one line each. The
  /// expected table is built in a scratch schema and rolled back: its SQL is the only definition.
  static func differences(
    from revision: Revision, table: String, _ session: Session
  ) throws(MigrationError) -> [String] {
    do throws(Session.Failure) {
      let live = try facts("public", table, session)
      try session.run(
        """
        BEGIN; CREATE SCHEMA \(scratch); SET LOCAL search_path = \(scratch);
        \(revision.up)
        """)
      let expected = try facts(scratch, table, session)
      try session.run("ROLLBACK")
      return compare(live: live, expected: expected)
    } catch {
      try? session.run("ROLLBACK")
      throw MigrationError(error)
    }
  }

  private static let scratch = "erp_back_scratch"

  struct Fact: Hashable {
    /// `column`, `index` or `trigger`.
    let kind: String
    /// The column's name; empty for the others, whose names are free.
    let name: String
    let definition: String
  }

  static func compare(live: [Fact], expected: [Fact]) -> [String] {
    guard !live.isEmpty else { return ["the table is missing"] }
    var lines: [String] = []
    for fact in expected where !live.contains(fact) {
      let other = live.first {
        fact.kind == "column" && $0.name == fact.name && $0.kind == "column"
      }
      let label = fact.name.isEmpty ? fact.kind : "\(fact.kind) \(fact.name)"
      lines.append(
        other.map { "\(label): is \($0.definition), must be \(fact.definition)" }
          ?? "\(label): missing: \(fact.definition)")
    }
    for fact in live
    where fact.kind == "column" && !expected.contains(where: { $0.name == fact.name }) {
      lines.append("column \(fact.name): not known to revision 1: \(fact.definition)")
    }
    return lines
  }

  private static func facts(
    _ schema: String, _ table: String, _ session: Session
  ) throws(Session.Failure) -> [Fact] {
    try session.rows(
      """
      WITH live AS (
        SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = $1 AND c.relname = $2)
      SELECT 'column', a.attname::text,
        format_type(a.atttypid, a.atttypmod)
        || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
        || coalesce(' DEFAULT ' || replace(pg_get_expr(d.adbin, d.adrelid),
             'CURRENT_TIMESTAMP', 'now()'), '')
      FROM live JOIN pg_attribute a ON a.attrelid = live.oid
      LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE a.attnum > 0 AND NOT a.attisdropped
      UNION ALL
      SELECT 'index', '', regexp_replace(pg_get_indexdef(i.indexrelid),
        '^CREATE (UNIQUE )?INDEX .* ON [^ ]+ USING', '\\1', '')
      FROM live JOIN pg_index i ON i.indrelid = live.oid WHERE i.indisvalid
      UNION ALL
      SELECT 'trigger', '', regexp_replace(pg_get_triggerdef(t.oid),
        '^CREATE TRIGGER [^ ]+ (.*) ON [^ ]+ (FOR EACH [A-Z]+).*$', '\\1 \\2')
      FROM live JOIN pg_trigger t ON t.tgrelid = live.oid
      WHERE NOT t.tgisinternal AND t.tgenabled <> 'D'
      """, [schema, table]
    ).map { Fact(kind: $0[0] ?? "", name: $0[1] ?? "", definition: $0[2] ?? "") }
  }
}
