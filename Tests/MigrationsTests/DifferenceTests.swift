import Testing

@testable import Migrations

/// A live table against the one that the revisions make.
@Suite struct DifferenceTests {
  private func column(
    _ name: String, _ type: String, _ isRequired: Bool = true, _ initial: String? = nil
  ) -> LiveTable.Column {
    LiveTable.Column(name: name, type: type, isRequired: isRequired, initial: initial)
  }

  private func index(
    _ name: String, _ definition: String, isValid: Bool = true
  ) -> LiveTable.Index {
    LiveTable.Index(
      name: name, definition: definition, creation: "CREATE INDEX \(name) …", isValid: isValid)
  }

  private func trigger(
    _ name: String, when condition: String? = nil, _ function: TriggerFunction? = nil,
    isEnabled: Bool = true
  ) -> LiveTable.Trigger {
    LiveTable.Trigger(
      name: name, definition: "BEFORE UPDATE FOR EACH ROW", condition: condition,
      function: function ?? plpgsql("BEGIN NEW.updated_at = now(); RETURN NEW; END"),
      creation: "CREATE TRIGGER \(name) …", isEnabled: isEnabled)
  }

  private func plpgsql(_ source: String, _ name: String = "f") -> TriggerFunction {
    TriggerFunction(name: name, language: "plpgsql", source: source, arguments: "")
  }

  private func table(
    columns: [LiveTable.Column]? = nil, indexes: [LiveTable.Index]? = nil,
    triggers: [LiveTable.Trigger]? = nil
  ) -> LiveTable {
    LiveTable(
      "public.clients",
      columns: columns ?? [
        column("id", "uuid"), column("name", "character varying(255)"),
        column("status", "text", true, "'active'::text"),
      ],
      indexes: indexes ?? [index("pkey", "UNIQUE btree (id)"), index("name_idx", "btree (name)")],
      triggers: triggers ?? [trigger("touch")])
  }

  private func differences(_ live: LiveTable) -> [Difference] {
    Difference.all(live: live, expected: table())
  }

  private func replacing(_ other: LiveTable.Column) -> LiveTable {
    table(columns: table().columns.map { $0.name == other.name ? other : $0 })
  }

  @Test func `a table that is as it must be has no differences`() {
    #expect(differences(table()).isEmpty)
    #expect(differences(table(columns: table().columns.reversed())).isEmpty)
  }

  @Test func `a table that is not there is missing`() {
    let none = LiveTable("public.clients", columns: [], indexes: [], triggers: [])
    #expect(differences(none).map(\.description) == ["table: the table is missing"])
  }

  @Test func `indexes and triggers beyond, and their names, are the operator's`() {
    let live = table(
      indexes: [
        index("a", "UNIQUE btree (id)"), index("b", "btree (name)"), index("c", "btree (city)"),
      ], triggers: [trigger("other"), trigger("more")])
    #expect(differences(live).isEmpty)
  }

  @Test func `a column that is missing is named with its definition`() {
    let live = table(columns: Array(table().columns.dropLast()))
    #expect(
      differences(live).map(\.description)
        == ["column status: missing: text NOT NULL DEFAULT 'active'::text"])
    #expect(differences(live)[0].remedy.contains("ADD COLUMN status text NOT NULL DEFAULT"))
  }

  @Test func `type, null and default are told apart`() {
    let type = differences(replacing(column("name", "text")))
    #expect(type.map(\.aspect) == [.type])
    #expect(type[0].description == "column name: is text, must be character varying(255)")
    #expect(type[0].remedy.hasSuffix("ALTER COLUMN name TYPE character varying(255);"))

    let null = differences(replacing(column("name", "character varying(255)", false)))
    #expect(null.map(\.aspect) == [.null])
    #expect(null[0].remedy.hasSuffix("ALTER COLUMN name SET NOT NULL;"))

    let changed = differences(replacing(column("status", "text", true, "'x'::text")))
    #expect(changed.map(\.aspect) == [.initial])
    #expect(changed[0].remedy.hasSuffix("ALTER COLUMN status SET DEFAULT 'active'::text;"))
    let dropped = differences(replacing(column("status", "text", true)))
    #expect(dropped[0].reason == "its default is none, must be 'active'::text")
    let added = differences(replacing(column("id", "uuid", true, "gen_random_uuid()")))
    #expect(added[0].remedy.hasSuffix("ALTER COLUMN id DROP DEFAULT;"))
  }

  @Test func `a column beyond is harmless unless creates fail on it`() {
    let harmless = differences(table(columns: table().columns + [column("extra", "text", false)]))
    #expect(harmless.map(\.subject) == ["column extra"])
    #expect(harmless[0].isHarmless)
    let breaking = differences(table(columns: table().columns + [column("extra", "text")]))
    #expect(!breaking[0].isHarmless)
  }

  @Test func `an index is missing or invalid`() {
    let missing = differences(table(indexes: [index("pkey", "UNIQUE btree (id)")]))
    #expect(missing.map(\.description) == ["index name_idx: missing: btree (name)"])
    #expect(missing[0].isHarmless)
    let invalid = differences(
      table(indexes: [
        index("pkey", "UNIQUE btree (id)", isValid: false), index("name_idx", "btree (name)"),
      ]))
    #expect(invalid.map(\.aspect) == [.invalid])
    #expect(invalid[0].remedy == "REINDEX INDEX CONCURRENTLY public.pkey;")
    #expect(!invalid[0].isHarmless)
  }

  @Test func `an index of that name with another content is dropped first`() {
    let live = table(indexes: [index("pkey", "UNIQUE btree (id)"), index("name_idx", "btree (id)")])
    #expect(differences(live)[0].remedy.hasPrefix("DROP INDEX public.name_idx; CREATE INDEX"))
  }

  @Test func `a trigger is missing or disabled`() {
    #expect(differences(table(triggers: [])).map(\.aspect) == [.missing])
    let disabled = differences(table(triggers: [trigger("mine", isEnabled: false)]))
    #expect(disabled.map(\.aspect) == [.disabled])
    #expect(disabled[0].remedy == "ALTER TABLE public.clients ENABLE TRIGGER mine;")
  }

  @Test func `a trigger of the same timing that does something else is not ours`() {
    let suppress = TriggerFunction(
      name: "suppress_redundant_updates_trigger", language: "internal",
      source: "suppress_redundant_updates_trigger", arguments: "")
    let replaced = differences(table(triggers: [trigger("touch", suppress)]))
    #expect(
      replaced.map(\.description) == [
        "trigger touch: runs suppress_redundant_updates_trigger(), which does not set updated_at"
      ])
    #expect(replaced.first?.aspect == .function && replaced.first?.isHarmless == false)
    #expect(
      replaced.first?.remedy == "DROP TRIGGER touch ON public.clients;\nCREATE TRIGGER touch …;")
    let emptied = differences(table(triggers: [trigger("touch", plpgsql("BEGIN RETURN NEW; END"))]))
    #expect(emptied.map(\.isHarmless) == [false])
    // The operator's own stays.
    let beside = differences(table(triggers: [trigger("audit", suppress)]))
    #expect(beside.map(\.remedy) == ["CREATE TRIGGER touch …;"])
    #expect(differences(table(triggers: [trigger("audit", suppress), trigger("x")])).isEmpty)
  }

  @Test func `a trigger that sets the column in its own way is told of`() {
    let own = plpgsql("BEGIN NEW.updated_at = clock_timestamp(); RETURN NEW; END", "own")
    let found = differences(table(triggers: [trigger("mine", own)]))
    #expect(found.map(\.subject) == ["trigger mine"])
    #expect(found.first?.isHarmless == true)
    #expect(found.first?.remedy == "DROP TRIGGER mine ON public.clients;\nCREATE TRIGGER touch …;")
    let sometimes = differences(table(triggers: [trigger("touch", when: "(false)")]))
    #expect(sometimes.map(\.isHarmless) == [true])
    #expect(
      sometimes.first?.reason.hasPrefix("runs f() when (false), which sets updated_at") == true)
    let moddatetime = TriggerFunction(
      name: "moddatetime", language: "c", source: "moddatetime", arguments: "'updated_at'")
    #expect(differences(table(triggers: [trigger("m", moddatetime)])).map(\.isHarmless) == [true])
    // In a comment nothing is set.
    let comment = plpgsql("BEGIN -- updated_at\n /* NEW.updated_at = now(); */ RETURN NEW; END")
    #expect(differences(table(triggers: [trigger("m", comment)])).map(\.isHarmless) == [false])
  }

  @Test(arguments: [
    "begin\n  new.updated_at := CURRENT_TIMESTAMP;\n  return new;\nend;\n",
    "BEGIN NEW.updated_at=now();RETURN NEW;END;",
    "BEGIN\r\n NEW . \"updated_at\" = pg_catalog.now ( ) ; -- touched\n RETURN /* it */ NEW; END",
    "BEGIN NEW.updated_at = transaction_timestamp(); RETURN NEW; END",
  ])
  func `one function has many spellings`(_ source: String) {
    #expect(differences(table(triggers: [trigger("other", plpgsql(source))])).isEmpty)
  }

  @Test(arguments: [
    "BEGIN NEW.updated_at = OLD.updated_at; RETURN NEW; END",
    "BEGIN NEW.updated_at = now(); RETURN OLD; END",
    "BEGIN NEW.updated_at = now(); RETURN NULL; END",
    "BEGIN NEW.\"Updated_at\" = now(); RETURN NEW; END",
    "BEGIN NEW.updated_at = 'now()'; RETURN NEW; END",
    "BEGIN RETURN NEW; NEW.updated_at = now(); END",
    "", "'", "\"", "/*", "--", "$$",
  ])
  func `another function is no spelling`(_ source: String) {
    let found = differences(table(triggers: [trigger("touch", plpgsql(source))]))
    #expect(found.map(\.aspect) == [.function])
  }

  @Test func `every difference is told at once`() {
    let live = table(
      columns: [column("id", "text"), column("extra", "text")], indexes: [], triggers: [])
    #expect(differences(live).count == 7)
  }

  /// The expected tables are built in another schema: a revision that names one would be run on
  /// the live table instead.
  @Test func `no revision names a schema`() {
    for revision in Revisions.all {
      #expect(!revision.up.lowercased().contains("public."), "\(revision.id)")
    }
  }
}
