import Testing

@testable import Harness

extension EndToEnd {
  /// The index of searches, where the extension that it needs can be had, and where it cannot.
  @Suite struct SearchIndexTests {
    private static let index = "SELECT to_regclass('clients_search_idx') IS NOT NULL"
    private static let hasExtension = "SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'"

    /// A database in which the role of the URL may create tables, and no extension.
    private func modestDatabase() throws -> (database: Database, own: Database) {
      let (database, role) = (try Cluster.shared().database(unique()), unique())
      try database.psql(
        "CREATE ROLE \(role) LOGIN; GRANT CREATE, USAGE ON SCHEMA public TO \(role)")
      let url = database.url.replacing("//erp@", with: "//\(role)@")
      return (database, Database(name: database.name, url: url))
    }

    @Test func withoutTheExtensionItMigratesAndCheckTellsHowToAddIt() throws {
      let (database, own) = try modestDatabase()
      #expect(try own.erpBack(["migrate", "upgrade", "head"]).status == 0)
      #expect(try own.erpBack(["migrate", "check"]).status == 0)
      #expect(try database.psql(Self.index) == "f")
      #expect(
        try database.psql("SELECT to_regclass('clients_city_created_at_id_idx') IS NOT NULL") == "t"
      )

      func told() throws -> [(outcome: String, text: String, remedy: String)] {
        try Examination.of(environment: ["DATABASE_URL": own.url]).findings.filter {
          $0.text.contains("pg_trgm")
            || $0.text.contains("index")
              && $0.text.contains("clients_")
        }
      }
      let missing = try told()
      #expect(missing.map(\.outcome) == ["warning"], "\(missing)")
      for command in (missing.first?.remedy ?? "").split(separator: "\n") {
        try database.psql(String(command))
      }
      #expect(try told().isEmpty)
      #expect(try database.psql(Self.index) == "t")

      // With the extension there it is an index like another.
      try database.psql("DROP INDEX clients_search_idx")
      let dropped = try told()
      #expect(dropped.map(\.outcome) == ["warning"], "\(dropped)")
      #expect(dropped.first?.text.contains("index clients_search_idx: missing: gin (name") == true)
      try database.psql(dropped.first?.remedy ?? "")
      #expect(try told().isEmpty)

      // It was not the revision that brought the extension.
      #expect(try database.erpBack(["migrate", "downgrade", "-1"]).status == 0)
      #expect(try database.psql(Self.index) == "f")
      #expect(try database.psql(Self.hasExtension) == "1")
      #expect(try own.erpBack(["migrate", "upgrade", "head"]).status == 0)
      #expect(try database.psql(Self.index) == "t")
    }

    /// The server says then that it could not open the extension's control file.
    @Test func anExtensionThatIsNotInstalledIsDoneWithout() throws {
      let database = try Cluster.shared().database(unique())
      let script = try database.erpBack(["migrate", "upgrade", "head", "--sql"]).out
      let other = script.replacing(
        "CREATE EXTENSION pg_trgm", with: "CREATE EXTENSION no_such_extension")
      #expect(other != script)
      try database.psql(other)
      #expect(try database.erpBack(["migrate", "check"]).status == 0)
      #expect(try database.psql(Self.index) == "f")
      #expect(try database.psql(Self.hasExtension) == "0")
    }

    @Test func theRevisionTakesBackWhatItBroughtUnlessItIsNeeded() throws {
      let database = try Cluster.shared().database(unique())
      func migrate(_ arguments: String...) throws {
        #expect(try database.erpBack(["migrate"] + arguments).status == 0)
      }
      try migrate("upgrade", MigrationTests.first)
      let first = try database.schema()
      try migrate("upgrade", "head")
      let head = try database.schema()
      #expect(head.contains("gin_trgm_ops") && head.contains("EXTENSION IF NOT EXISTS pg_trgm"))
      try migrate("downgrade", "-1")
      #expect(try database.schema() == first)
      try migrate("upgrade", "head")
      #expect(try database.schema() == head)

      try database.psql(
        "CREATE TABLE others (word text); CREATE INDEX ON others USING gin (word gin_trgm_ops)")
      try migrate("downgrade", "-1")
      #expect(try database.psql(Self.index) == "f")
      #expect(try database.psql(Self.hasExtension) == "1")
    }

    @Test func anExtensionInAClosedSchemaIsDoneWithout() throws {
      let (database, own) = try modestDatabase()
      try database.psql("CREATE SCHEMA apart; CREATE EXTENSION pg_trgm SCHEMA apart")
      #expect(try own.erpBack(["migrate", "upgrade", "head"]).status == 0)
      #expect(try database.psql(Self.index) == "f")
      let check = try Examination.of(environment: ["DATABASE_URL": own.url])
      #expect(check.named("warning").contains { $0.contains("pg_trgm") })
      #expect(!check.findings.contains { $0.remedy.contains("TEMPORARY") }, "\(check.findings)")
      #expect(try own.erpBack(["migrate", "check"]).status == 0)
    }

    /// As in a database whose extensions live in a schema of their own.
    @Test func theExtensionMayLiveInAnotherSchema() throws {
      let database = try Cluster.shared().database(unique())
      try database.psql("CREATE SCHEMA apart; CREATE EXTENSION pg_trgm SCHEMA apart")
      #expect(try database.erpBack(["migrate", "upgrade", "head"]).status == 0)
      #expect(try database.psql(Self.index) == "t")
      let check = try Examination.of(environment: ["DATABASE_URL": database.url])
      #expect(check.named("ok").contains { $0.contains("columns, indexes, triggers") })
    }

    /// An operator who builds the indexes of a large table beforehand, without holding up writes.
    @Test func whatWasBuiltBeforehandIsTaken() throws {
      let database = try Cluster.shared().database(unique())
      #expect(try database.erpBack(["migrate", "upgrade", MigrationTests.first]).status == 0)
      try database.psql("CREATE EXTENSION pg_trgm")
      for index in [
        "clients_type_created_at_id_idx ON clients (type, created_at DESC, id)",
        "clients_city_created_at_id_idx ON clients (city, created_at DESC, id)",
        "clients_status_created_at_id_idx ON clients (status, created_at DESC, id)",
        """
        clients_search_idx ON clients USING gin (name gin_trgm_ops, email gin_trgm_ops,
        phone gin_trgm_ops) WITH (gin_pending_list_limit = 512)
        """,
      ] {
        try database.psql("CREATE INDEX CONCURRENTLY \(index)")
      }
      let oids =
        "SELECT array_agg(indexrelid ORDER BY 1) FROM pg_index WHERE indrelid = 'clients'::regclass"
      let before = try database.psql(oids)
      #expect(try database.erpBack(["migrate", "upgrade", "head"]).status == 0)
      #expect(try database.psql(oids) == before)
      let check = try Examination.of(environment: ["DATABASE_URL": database.url])
      #expect(check.named("ok").contains { $0.contains("columns, indexes, triggers") })
    }
  }
}
