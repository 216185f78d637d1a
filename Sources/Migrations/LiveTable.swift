internal import Postgres

/// What a table is made of, as the catalog tells it, in lines that can be compared.
enum LiveTable {
  /// What the live table lacks or has otherwise than `revision` makes it, one line each. The
  /// expected table is built in the session's temporary schema, which needs no privilege beyond
  /// the default, and rolled back: the revision's SQL is the only definition.
  static func differences(
    from revision: Revision, table: String, _ session: Session
  ) throws(MigrationError) -> [String] {
    do throws(Session.Failure) {
      let live = try facts("public.\(table)", session)
      // Functions are never looked up in the temporary schema unless it is named.
      let up = revision.up.replacing("EXECUTE FUNCTION ", with: "EXECUTE FUNCTION pg_temp.")
      try session.run("BEGIN; SET LOCAL search_path = pg_temp; \(up)")
      let expected = try facts("pg_temp.\(table)", session)
      try session.run("ROLLBACK")
      return compare(live: live, expected: expected)
    } catch {
      try? session.run("ROLLBACK")
      throw MigrationError(error)
    }
  }

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
    _ table: String, _ session: Session
  ) throws(Session.Failure) -> [Fact] {
    try session.rows(
      """
      WITH live AS (SELECT to_regclass($1) AS oid)
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
      """, [table]
    ).map { Fact(kind: $0[0] ?? "", name: $0[1] ?? "", definition: $0[2] ?? "") }
  }
}
