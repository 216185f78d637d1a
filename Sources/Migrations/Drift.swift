public import Postgres

/// The live tables against what the revisions make. The expected ones are built in the session's
/// temporary schema and rolled back: the revisions' SQL is the only definition.
public enum Drift {
  /// What differs from the first `applied` revisions, and the tables that were compared. Takes no
  /// privilege beyond the default (TEMPORARY on the database) and keeps nothing.
  public static func differences(
    fromFirst applied: Int, _ session: Session
  ) throws(Session.Failure) -> [Difference] {
    try differences(from: Array(Revisions.all.prefix(applied)), session)
  }

  /// The live table's columns; empty: there is none.
  public static func columns(
    of table: String, _ session: Session
  ) throws(Session.Failure) -> [LiveTable.Column] {
    try LiveTable(table, session).columns
  }

  static func differences(
    from revisions: [Revision], _ session: Session
  ) throws(Session.Failure) -> [Difference] {
    do throws(Session.Failure) {
      // LOCAL: behind a pooler the session is another's afterwards.
      try session.run("BEGIN; SET LOCAL statement_timeout = '4s'; SET LOCAL search_path = pg_temp")
      for revision in revisions {
        // Functions are never looked up in the temporary schema unless it is named.
        try session.run(
          revision.up.replacing("EXECUTE FUNCTION ", with: "EXECUTE FUNCTION pg_temp."))
      }
      let names = try session.rows(
        """
        SELECT quote_ident(relname), nspname FROM pg_class
        JOIN pg_namespace n ON n.oid = relnamespace
        WHERE relnamespace = pg_my_temp_schema() AND relkind = 'r' ORDER BY 1
        """)
      var pairs: [(expected: LiveTable, live: LiveTable)] = []
      for row in names {
        guard let name = row[0], let temporary = row[1] else { continue }
        pairs.append(
          (
            try LiveTable("pg_temp.\(name)", session).renamed("public.\(name)", from: temporary),
            try LiveTable("public.\(name)", session)
          ))
      }
      try session.run("ROLLBACK")
      return pairs.flatMap { Difference.all(live: $0.live, expected: $0.expected) }
    } catch {
      try? session.run("ROLLBACK")
      throw error
    }
  }
}

extension LiveTable {
  /// The same in schema `public`, so that its statements may be run.
  fileprivate func renamed(_ name: String, from schema: String) -> LiveTable {
    func moved(_ text: String) -> String {
      text.replacing("\(schema).", with: "public.").replacing("pg_temp.", with: "public.")
    }
    return LiveTable(
      name, columns: columns,
      indexes: indexes.map {
        Index(
          name: $0.name, definition: $0.definition, creation: moved($0.creation),
          isValid: $0.isValid)
      },
      triggers: triggers.map {
        Trigger(
          name: $0.name, definition: $0.definition, condition: $0.condition,
          function: $0.function, creation: moved($0.creation), isEnabled: $0.isEnabled)
      })
  }
}
