import Foundation
import Testing

@testable import Harness

extension EndToEnd {
  /// `erp-back migrate`, each test on databases of its own.
  @Suite struct MigrationTests {
    static let first = "2025_10_31_000001_create_clients_table"
    static let head = "2026_11_22_000001_index_lists_and_search"

    private func emptyDatabase() throws -> Database { try Cluster.shared().database(unique()) }

    private func migrate(_ database: Database, _ arguments: String...) throws -> Output {
      try database.erpBack(["migrate"] + arguments)
    }

    @Test func upAndDownLeavesNothingBehind() throws {
      let database = try emptyDatabase()
      let before = try database.schema()
      #expect(try migrate(database, "upgrade", "head").status == 0)
      let between = try database.schema()
      #expect(between.contains("CREATE TABLE public.clients"))
      #expect(between.contains("public.erp_back_revisions"))
      try database.psql(
        "INSERT INTO clients (id, type, name) VALUES (gen_random_uuid(), 'company', 'x')")
      #expect(try migrate(database, "downgrade", "base").status == 0)
      #expect(try database.schema() == before)
      #expect(try migrate(database, "upgrade", "+2").status == 0)
      #expect(try database.schema() == between)
      #expect(try migrate(database, "downgrade", "-2").status == 0)
      #expect(try database.schema() == before)
    }

    @Test func theTableIsTheContracts() throws {
      let database = try emptyDatabase()
      #expect(try migrate(database, "upgrade", Self.first).status == 0)
      let columns = try database.psql(
        """
        SELECT column_name, data_type, character_maximum_length, is_nullable, column_default
        FROM information_schema.columns WHERE table_name = 'clients' ORDER BY ordinal_position
        """)
      #expect(
        columns == """
          id|uuid||NO|
          type|character varying|20|NO|
          name|character varying|255|NO|
          company_name|character varying|255|YES|
          first_name|character varying|100|YES|
          last_name|character varying|100|YES|
          siret|character varying|20|YES|
          email|character varying|255|YES|
          phone|character varying|50|YES|
          address|text||YES|
          city|character varying|100|YES|
          status|character varying|20|NO|'active'::character varying
          tags|ARRAY||NO|'{}'::text[]
          last_service|character varying|50|YES|
          contacts|jsonb||NO|'[]'::jsonb
          created_at|timestamp with time zone||NO|now()
          updated_at|timestamp with time zone||NO|now()
          """)
      let indexes = try database.psql(
        """
        SELECT regexp_replace(indexdef, 'INDEX \\S+ ON', 'INDEX ON') FROM pg_indexes
        WHERE tablename = 'clients' ORDER BY 1
        """)
      for part in [
        "CREATE UNIQUE INDEX ON public.clients USING btree (id)",
        "CREATE UNIQUE INDEX ON public.clients USING btree (lower((email)::text))",
        "CREATE INDEX ON public.clients USING btree (status)",
        "CREATE INDEX ON public.clients USING btree (name)",
        "CREATE INDEX ON public.clients USING btree (created_at DESC, id)",
      ] {
        #expect(indexes.contains(part), "\(part)\nin\n\(indexes)")
      }
    }

    @Test func theVerbsTellTheState() throws {
      let database = try emptyDatabase()
      #expect(try migrate(database, "current").out == "base\n")
      #expect(try migrate(database, "check").status == 1)
      #expect(try migrate(database, "history").out.contains(Self.first))
      #expect(try migrate(database, "current").status == 0)
      #expect(try migrate(database, "upgrade", "head").status == 0)
      #expect(try migrate(database, "current").out.hasPrefix(Self.head))
      #expect(try migrate(database, "check").status == 0)
      let schema = try database.schema()
      #expect(try migrate(database, "upgrade", "head").status == 0)
      #expect(try database.schema() == schema)
    }

    /// It changes nothing, says so, and asks for another try.
    @Test func aTableInUseIs75() throws {
      let database = try emptyDatabase()
      #expect(try migrate(database, "upgrade", "head").status == 0)
      let before = try database.schema()
      let holder = try database.hold(
        "BEGIN; LOCK TABLE clients IN ACCESS SHARE MODE; SELECT pg_sleep(60)")
      try eventually("the table is in use") {
        try database.isLocked("clients", "AccessShareLock")
      }
      let down = try migrate(database, "downgrade", "base")
      try database.release(holder)
      #expect(down.status == 75)
      #expect(down.errors.contains("was rolled back: a table was in use for longer than"))
      #expect(down.errors.contains("try again at a quieter moment"))
      #expect(try database.schema() == before)
    }

    @Test func looksChangeNothing() throws {
      let database = try emptyDatabase()
      let before = try database.schema()
      for verb in ["current", "check", "history"] { _ = try migrate(database, verb) }
      #expect(try database.schema() == before)
      let up = try migrate(database, "upgrade", "head", "--sql")
      #expect(up.status == 0)
      #expect(up.out.contains("CREATE TABLE"))
      #expect(try database.schema() == before)

      // What was printed does what upgrading does.
      try database.psql(up.out)
      #expect(try migrate(database, "check").status == 0)
      #expect(try migrate(database, "upgrade", "head", "--sql").out == "-- nothing to do\n")
      let after = try database.schema()
      let down = try migrate(database, "downgrade", "base", "--sql")
      #expect(down.status == 0)
      #expect(down.out.contains("DROP TABLE"))
      #expect(try database.schema() == after)
    }

    @Test func stampingMovesTheMarkOnly() throws {
      let database = try emptyDatabase()
      #expect(try migrate(database, "stamp", Self.first).status == 0)
      #expect(try migrate(database, "current").out.hasPrefix(Self.first))
      #expect(try database.psql("SELECT to_regclass('clients') IS NULL") == "t")

      // What is noted keeps its time, unless it is another text.
      let times =
        "SELECT string_agg(applied_at::text, ' ' ORDER BY revision) FROM erp_back_revisions"
      let first = try database.psql(times)
      #expect(try migrate(database, "stamp", "head").status == 0)
      let all = try database.psql(times)
      #expect(all.hasPrefix(first + " "))
      #expect(try migrate(database, "stamp", "head").status == 0)
      #expect(try database.psql(times) == all)
      try database.psql(
        "UPDATE erp_back_revisions SET checksum = 'x' WHERE revision = '\(Self.first)'")
      #expect(try migrate(database, "stamp", Self.first).status == 0)
      #expect(
        try database.psql("SELECT count(*) FROM erp_back_revisions WHERE checksum <> 'x'") == "1")
      #expect(try database.psql(times) != first)
    }

    @Test func whatMakesNoSenseIsRefused() throws {
      let database = try emptyDatabase()
      let before = try database.schema()
      #expect(try migrate(database, "downgrade").status == 64)
      for arguments in [
        ["upgrade", "nothing"], ["downgrade", "-9"], ["downgrade", "nothing"],
        ["stamp", "nothing"],
        ["sideways"], ["upgrade", "head", "more"],
      ] {
        let output = try database.erpBack(["migrate"] + arguments)
        #expect(output.status != 0, "\(arguments)")
        #expect(!output.errors.isEmpty, "\(arguments)")
      }
      #expect(try database.schema() == before)
    }

    @Test func migratorsTakeTurns() throws {
      let database = try emptyDatabase()
      for verbs in [["upgrade", "head"], ["upgrade", "head"]] {
        let outputs = try together(5) { _ in try database.erpBack(["migrate"] + verbs) }
        #expect(outputs.allSatisfy { $0.status == 0 }, "\(outputs)")
        #expect(try migrate(database, "check").status == 0)
      }
      #expect(try database.psql("SELECT count(*) FROM public.erp_back_revisions") == "2")
    }

    @Test func anEditedRevisionIsRefused() throws {
      let database = try emptyDatabase()
      #expect(try migrate(database, "upgrade", "head").status == 0)
      let sums = try database.psql(
        """
        SELECT column_name FROM information_schema.columns
        WHERE table_name = 'erp_back_revisions' AND column_name ~ 'sum|digest|hash|sha'
        """)
      #expect(!sums.isEmpty && !sums.contains("\n"), "the column of the checksum: \(sums)")
      try database.psql("UPDATE public.erp_back_revisions SET \(sums) = reverse(\(sums)::text)")
      for arguments in [["upgrade", "head"], ["check"]] {
        let output = try database.erpBack(["migrate"] + arguments)
        #expect(output.status != 0, "\(arguments)")
        #expect((output.out + output.errors).contains(Self.first), "\(output)")
      }
    }

    @Test func aDatabaseAheadOfTheBinaryIsNamed() throws {
      let database = try emptyDatabase()
      #expect(try migrate(database, "upgrade", "head").status == 0)
      let future = "2099_01_01_000001_from_the_future"
      try database.psql(
        """
        INSERT INTO public.erp_back_revisions
        SELECT (jsonb_populate_record(r, '{"revision": "\(future)"}')).*
        FROM public.erp_back_revisions AS r LIMIT 1
        """)
      for arguments in [["upgrade", "head"], ["check"], ["downgrade", "-1"]] {
        let output = try database.erpBack(["migrate"] + arguments)
        #expect(output.status != 0, "\(arguments)")
        #expect((output.out + output.errors).contains(future), "\(arguments): \(output)")
      }
      #expect(try database.psql("SELECT to_regclass('clients') IS NOT NULL") == "t")
    }

    /// As the guide gives one to the role where PgBouncer is in front.
    @Test func aLimitOfTheRolesStatementsEndsNoMigration() throws {
      let database = try emptyDatabase()
      #expect(try migrate(database, "upgrade", Self.first).status == 0)
      let holder = try database.hold(
        "BEGIN; LOCK TABLE clients IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(2)")
      try eventually("the table is locked") {
        try database.isLocked("clients", "AccessExclusiveLock")
      }
      try database.psql("ALTER DATABASE \(database.name) SET statement_timeout = '500ms'")
      let output = try migrate(database, "upgrade", "head")
      #expect(output.status == 0, "\(output)")
      #expect(try holder.wait(within: 5) == 0)
    }

    @Test func oneThatIsStoppedIsRolledBack() throws {
      let database = try emptyDatabase()
      #expect(try migrate(database, "upgrade", "head").status == 0)
      let schema = try database.schema()
      let holder = try database.hold("BEGIN; SELECT 1 FROM clients; SELECT pg_sleep(60)")
      try eventually("a reader holds the table") {
        try database.isLocked("clients", "AccessShareLock")
      }
      let output = try Workbench.require().directory + "/stopped-\(unique())"
      let migrator = try Child(
        Workbench.require().binary, ["migrate", "downgrade", "-1"],
        environment: ["DATABASE_URL": database.url], output: output, errors: output + ".err")
      let waiting = """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'
        """
      try eventually("it waits for the table") { try database.psql(waiting) == "1" }
      migrator.signal(SIGINT)
      #expect(try migrator.wait(within: 5) != 0)
      // Before the lock is there, and before it would have been given up.
      try eventually("the server waits no more", within: 3) { try database.psql(waiting) == "0" }
      #expect(holder.isRunning)
      try database.release(holder)
      try eventually("the server is done with it") {
        try database.psql(
          """
          SELECT count(*) FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid()
          """) == "0"
      }
      #expect(try database.schema() == schema)
    }

    @Test func aWaitingMigrationDoesNotStallTheSite() throws {
      try Site.new { site in
        let holder = try site.database.hold(
          "BEGIN; SELECT 1 FROM clients; SELECT pg_sleep(60)")
        try eventually("a reader holds the table") {
          try site.database.isLocked("clients", "AccessShareLock")
        }
        let database = site.database
        let outcomes = try together(2) { index in
          if index == 0 { return try database.erpBack(["migrate", "downgrade", "-1"]).status }
          var slowest = 0.0
          for _ in 0..<50 {
            Thread.sleep(forTimeInterval: 0.1)
            slowest = try max(slowest, measure { _ = try site.get("/clients/") })
          }
          return Int32(slowest)
        }
        #expect(outcomes[0] != 0, "the table was held: it cannot have gone")
        #expect(outcomes[1] < 5, "seconds that a list waited behind the migration")
        try site.database.release(holder)
        #expect(try site.get("/clients/").status == 200)
        #expect(try database.erpBack(["migrate", "check"]).status == 0)
      }
    }
  }
}
