internal import Postgres

/// What a table is made of, as the catalog tells it.
public struct LiveTable: Sendable, Equatable {
  /// One column.
  public struct Column: Sendable, Equatable {
    /// The SQL name.
    public let name: String
    /// As `format_type` writes it.
    public let type: String
    /// NOT NULL
    public let isRequired: Bool
    /// The expression, or `identity`; nil: none.
    public let initial: String?

    /// As a table definition has it.
    var definition: String {
      type + (isRequired ? " NOT NULL" : "") + (initial.map { " DEFAULT \($0)" } ?? "")
    }
  }

  /// One index, that of a key included.
  struct Index: Equatable {
    let name: String
    /// What is indexed and how, without the names of the index and the table: names are free.
    let definition: String
    /// The whole statement.
    let creation: String
    /// False for what a failed CREATE INDEX CONCURRENTLY left behind: it is never read.
    let isValid: Bool

    var isUnique: Bool { definition.hasPrefix("UNIQUE ") }
  }

  /// One trigger that people made.
  struct Trigger: Equatable {
    let name: String
    /// When it fires, without names.
    let definition: String
    /// WHEN; nil: always.
    let condition: String?
    /// What it runs.
    let function: TriggerFunction
    /// The whole statement, its function's before it.
    let creation: String
    let isEnabled: Bool
  }

  /// With its schema: `public.clients`.
  public let name: String
  /// In their order; empty when there is no such table.
  public let columns: [Column]
  let indexes: [Index]
  let triggers: [Trigger]

  /// Looks `name` up in the catalog; identifiers come back quoted for SQL where they need it.
  init(_ name: String, _ session: Session) throws(Session.Failure) {
    self.init(
      name,
      columns: try session.rows(Self.columnQuery, [name]).map {
        Column(
          name: $0[0] ?? "", type: $0[1] ?? "", isRequired: $0[2] == "t", initial: $0[3])
      },
      indexes: try session.rows(Self.indexQuery, [name]).map {
        Index(
          name: $0[0] ?? "", definition: $0[1] ?? "", creation: $0[2] ?? "", isValid: $0[3] == "t")
      },
      triggers: try session.rows(Self.triggerQuery, [name]).map {
        Trigger(
          name: $0[0] ?? "", definition: $0[1] ?? "", condition: $0[4],
          function: TriggerFunction(
            name: $0[5] ?? "", language: $0[6] ?? "", source: $0[7] ?? "",
            arguments: $0[8] ?? ""),
          creation: $0[2] ?? "", isEnabled: $0[3] == "t")
      })
  }

  init(_ name: String, columns: [Column], indexes: [Index], triggers: [Trigger]) {
    self.name = name
    self.columns = columns
    self.indexes = indexes
    self.triggers = triggers
  }

  private static let columnQuery = """
    SELECT quote_ident(a.attname), format_type(a.atttypid, a.atttypmod), a.attnotnull,
      CASE WHEN a.attidentity <> '' THEN 'identity'
        ELSE replace(pg_get_expr(d.adbin, d.adrelid), 'CURRENT_TIMESTAMP', 'now()') END
    FROM pg_attribute a
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum
    """

  private static let indexQuery = """
    SELECT quote_ident(c.relname),
      regexp_replace(pg_get_indexdef(i.indexrelid),
        '^CREATE (UNIQUE )?INDEX .* ON [^ ]+ USING ', '\\1', ''),
      CASE WHEN i.indisprimary
        THEN 'ALTER TABLE ' || $1 || ' ADD ' || pg_get_constraintdef(k.oid)
        ELSE regexp_replace(pg_get_indexdef(i.indexrelid), ' ON [^ ]+ USING', ' ON ' || $1 || ' USING')
      END, i.indisvalid AND i.indisready
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype = 'p'
    WHERE i.indrelid = to_regclass($1)
    ORDER BY c.relname
    """

  /// A trigger that fires on replicas only (`R`) is as good as disabled.
  private static let triggerQuery = """
    SELECT quote_ident(t.tgname),
      regexp_replace(pg_get_triggerdef(t.oid),
        '^CREATE TRIGGER [^ ]+ (.*) ON [^ ]+ (FOR EACH [A-Z]+).*$', '\\1 \\2'),
      rtrim(pg_get_functiondef(t.tgfoid), E' \\n') || E';\\n' || pg_get_triggerdef(t.oid),
      t.tgenabled IN ('O', 'A'),
      substring(pg_get_triggerdef(t.oid) FROM ' WHEN (\\(.*\\)) EXECUTE FUNCTION '),
      p.oid::regproc, l.lanname, p.prosrc,
      substring(pg_get_triggerdef(t.oid) FROM ' EXECUTE FUNCTION [^(]+\\((.*)\\)$')
    FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_language l ON l.oid = p.prolang
    WHERE t.tgrelid = to_regclass($1) AND NOT t.tgisinternal
    ORDER BY t.tgname
    """
}
