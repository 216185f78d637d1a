import Foundation
import Testing

@testable import Harness

extension EndToEnd {
  /// `erp-back check`: what is wrong is named, and nothing else.
  @Suite(.enabled(if: getuid() == 0, "only root may read nginx's files and make users' sockets"))
  struct CheckTests {
    @Test func allIsWell() throws {
      try Site.new { site in
        let url = try site.plainRole()
        let check = try Examination.of(site, url: url)
        #expect(check.output.status == 0)
        #expect(check.named("warning", "failure").isEmpty)
        for word in [
          "connected in", "PostgreSQL 1", "encoding UTF8", "no superuser",
          "revision \(MigrationTests.head)", "as the declaration and the revisions have it",
          "public.clients: SELECT, INSERT, UPDATE, DELETE", "up to 9 connections",
          "nginx's workers may write", "a process listens", "nginx -t passes",
          "nginx hands requests from 127.0.0.1:\(site.port)", "200, ready",
          "limits in order: pool wait 2000 < statement 5000 < deadline 7000 ms < nginx",
        ] {
          #expect(check.named("ok").contains { $0.contains(word) }, "\(word): \(check.findings)")
        }
        // The expected tables, which it builds for the comparison, are gone.
        #expect(
          try site.database.psql("SELECT count(*) FROM pg_class WHERE relname = 'clients'") == "1")

        // From where one stands.
        let depth = FileManager.default.currentDirectoryPath.split(separator: "/").count
        let relative = String(repeating: "../", count: depth) + site.nginxConfiguration.dropFirst()
        let quiet = try Output.of(
          Workbench.require().binary, ["check", "--quiet", "--nginx-conf", relative],
          environment: ["DATABASE_URL": url, "ERP_SOCKET": site.responder.socketPath])
        #expect(quiet.status == 0)
        #expect(quiet.out == "")
        let plain = try Output.of(
          Workbench.require().binary, ["check", "--nginx-conf", site.nginxConfiguration],
          environment: ["DATABASE_URL": url, "ERP_SOCKET": site.responder.socketPath])
        #expect(plain.out.hasPrefix("configuration: the environment\n  ok      "))
        #expect(plain.out.contains(" ok, 0 warnings, 0 failures"))
        #expect(!plain.out.contains("\u{1b}"))
      }
    }

    /// Nor is an answer looked for where nginx would listen as it ships.
    @Test(arguments: [
      ("/nowhere/nginx.conf", "--nginx-conf /nowhere/nginx.conf: No such file or directory"),
      ("/", #"nginx -t fails: pread() "/" failed (21: Is a directory)"#),
    ])
    func whyNginxCannotBeReadIsTold(_ file: String, _ reason: String) throws {
      let check = try Examination.of(
        ["--nginx-conf", file], environment: ["DATABASE_URL": try Site.shared().database.url])
      #expect(check.output.status == 1)
      #expect(check.failures.filter { $0.contains("nginx") } == [reason])
      #expect(!check.findings.contains { $0.text.contains("GET ") })
    }

    @Test(arguments: [
      ("ALTER TABLE clients DROP COLUMN siret", "column siret: missing: character varying(20)"),
      (
        "ALTER TABLE clients ALTER COLUMN name TYPE varchar(100)",
        "column name: is character varying(100), must be character varying(255)"
      ),
      (
        "ALTER TABLE clients ALTER COLUMN contacts DROP DEFAULT, ALTER COLUMN contacts TYPE json",
        "column contacts: is json, must be jsonb"
      ),
      (
        "ALTER TABLE clients ALTER COLUMN status DROP NOT NULL",
        "column status: may be NULL, must be NOT NULL"
      ),
      (
        "ALTER TABLE clients ALTER COLUMN city SET NOT NULL",
        "column city: is NOT NULL, must take NULL"
      ),
      (
        "ALTER TABLE clients ALTER COLUMN status SET DEFAULT 'Actif'",
        "column status: its default is 'Actif'::character varying, must be 'active'::character varying"
      ),
      (
        "ALTER TABLE clients ALTER COLUMN updated_at DROP DEFAULT",
        "column updated_at: its default is none, must be now()"
      ),
      ("DROP INDEX clients_status_idx", "index clients_status_idx: missing: btree (status)"),
      (
        "DROP INDEX clients_email_key",
        "index clients_email_key: missing: UNIQUE btree (lower((email)::text))"
      ),
      (
        "ALTER TABLE clients DROP CONSTRAINT clients_pkey",
        "index clients_pkey: missing: UNIQUE btree (id)"
      ),
      (
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'clients_name_idx'::regclass",
        "index clients_name_idx: is invalid"
      ),
      (
        "ALTER TABLE clients DISABLE TRIGGER clients_set_updated_at",
        "trigger clients_set_updated_at: is disabled"
      ),
      (
        "DROP FUNCTION clients_set_updated_at CASCADE",
        "trigger clients_set_updated_at: missing: BEFORE UPDATE FOR EACH ROW"
      ),
      (
        """
        DROP TRIGGER clients_set_updated_at ON clients;
        CREATE TRIGGER clients_set_updated_at BEFORE UPDATE ON clients
          FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()
        """,
        "trigger clients_set_updated_at: runs suppress_redundant_updates_trigger(), which does not set"
      ),
      (
        """
        CREATE OR REPLACE FUNCTION clients_set_updated_at() RETURNS trigger LANGUAGE plpgsql
          AS 'BEGIN RETURN NEW; END'
        """,
        "trigger clients_set_updated_at: runs public.clients_set_updated_at(), which does not set"
      ),
      (
        """
        DROP TRIGGER clients_set_updated_at ON clients;
        CREATE TRIGGER clients_set_updated_at BEFORE UPDATE ON clients
          FOR EACH ROW WHEN (NEW.name <> OLD.name) EXECUTE FUNCTION clients_set_updated_at()
        """,
        "trigger clients_set_updated_at: runs public.clients_set_updated_at() when "
      ),
      ("ALTER TABLE clients ADD COLUMN fax text", "column fax: not known"),
      (
        "ALTER TABLE clients ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY",
        "column number: not known"
      ),
      (
        "ALTER TABLE clients ADD COLUMN fax text NOT NULL",
        "column fax: not known to the revisions: text NOT NULL"
      ),
      ("ALTER TABLE clients RENAME TO customers", "table: the table is missing"),
    ])
    func driftIsNamedAndItsRemedyMendsIt(_ change: String, _ named: String) throws {
      let database = try Cluster.shared().database(unique())
      #expect(try database.erpBack(["migrate", "upgrade", "head"]).status == 0)
      try database.psql(change)
      func drift() throws -> [(outcome: String, text: String, remedy: String)] {
        try Examination.of(environment: ["DATABASE_URL": database.url]).findings.filter {
          $0.outcome != "ok" && $0.text.hasPrefix("public.clients: ")
        }
      }
      let found = try drift()
      // A default goes with its column's type.
      #expect(found.count == (change.contains("json") ? 2 : 1), "\(found)")
      #expect(found.contains { $0.text.hasPrefix("public.clients: \(named)") }, "\(found)")
      guard found.allSatisfy({ $0.remedy.contains(";") }) else {
        #expect(named.hasPrefix("table"))  // from a backup
        return
      }
      for finding in found {
        // PostgreSQL itself says that USING is wanted here.
        try database.psql(
          change.contains("json")
            ? finding.remedy.replacing("TYPE jsonb;", with: "TYPE jsonb USING contacts::jsonb;")
            : finding.remedy)
      }
      // A column that creates no longer fail on is still one too many.
      let left = try drift()
      #expect(left.allSatisfy { $0.outcome == "warning" && $0.text.contains("fax: not known") })
      #expect(left.isEmpty || change.contains("NOT NULL"), "\(left)")
    }

    @Test func aMissingPermissionIsNamed() throws {
      try Site.new { site in
        for permission in ["SELECT", "INSERT", "UPDATE", "DELETE"] {
          let url = try site.plainRole("REVOKE \(permission) ON clients FROM ROLE")
          let check = try Examination.of(site, url: url)
          #expect(check.output.status == 1)
          #expect(check.failures.count == 1, "\(check.failures)")
          #expect(check.failures.first?.hasSuffix("has no \(permission)") == true)
          let remedy = check.findings.first { $0.outcome == "failure" }?.remedy ?? ""
          #expect(remedy.hasPrefix("GRANT \(permission) ON public.clients TO t"))
        }
        let url = try site.plainRole("REVOKE ALL ON erp_back_revisions FROM ROLE")
        let check = try Examination.of(site, url: url)
        #expect(check.failures.contains { $0.contains("erp_back_revisions") }, "\(check.failures)")
      }
    }

    /// The owner is let pass only until FORCE; a superuser and BYPASSRLS always are.
    @Test func rowLevelSecurityIsAskedForTheRoleThatServes() throws {
      try Site.new { site in
        func hidden(_ url: String) throws -> [String] {
          try Examination.of(site, url: url).warnings.filter { $0.contains("row-level security") }
        }
        let (url, owner) = (try site.plainRole(), unique())
        try site.database.psql(
          "CREATE ROLE \(owner) LOGIN; ALTER TABLE clients OWNER TO \(owner); GRANT SELECT ON erp_back_revisions TO \(owner)"
        )
        let own = site.database.url.replacing("//erp@", with: "//\(owner)@")
        try site.database.psql("ALTER TABLE clients ENABLE ROW LEVEL SECURITY")
        #expect(try hidden(url).count == 1)
        #expect(try hidden(own).isEmpty)
        try site.database.psql("ALTER TABLE clients FORCE ROW LEVEL SECURITY")
        #expect(try hidden(own).count == 1)
        #expect(try hidden(site.database.url).isEmpty)
        try site.database.psql("ALTER ROLE \(owner) BYPASSRLS")
        #expect(try hidden(own).isEmpty)
      }
    }

    /// Without it the expected tables cannot be built; the declaration tells of columns still.
    @Test func aRoleWithoutTemporaryTablesIsToldWhatWasNotCompared() throws {
      try Site.new { site in
        let url = try site.plainRole(
          "REVOKE TEMPORARY ON DATABASE \(site.database.name) FROM PUBLIC")
        let check = try Examination.of(site, url: url)
        #expect(check.output.status == 0)
        let skipped = check.findings.filter {
          $0.outcome == "skipped" && $0.text.contains("revisions")
        }
        #expect(skipped.count == 1)
        #expect(skipped.first?.remedy.hasPrefix("GRANT TEMPORARY ON DATABASE") == true)
        try site.database.psql("ALTER TABLE clients ALTER siret TYPE varchar(30), DROP city")
        let drifted = try Examination.of(site, url: url)
        // A wider text takes what the declaration lets in.
        #expect(
          drifted.failures.filter { $0.hasPrefix("public") }
            == ["public.clients: column city: missing: character varying(100)"])
      }
    }

    @Test func aSuperuserIsAWarningOnly() throws {
      let check = try Examination.of(try Site.shared())
      #expect(check.output.status == 0)
      #expect(
        check.warnings == ["role erp is a superuser: a fault in the service could reach everything"]
      )
    }

    @Test func aDatabaseThatIsNotThereIs69() throws {
      let site = try Site.shared()
      let missing = site.database.url.replacing("/\(site.database.name)?", with: "/nowhere?")
      let check = try Examination.of(site, url: missing)
      #expect(check.output.status == 69)
      #expect(check.failures.count == 1)
      #expect(check.failures.first?.contains("nowhere") == true)
      #expect(check.findings.contains { $0.remedy.contains("createdb") })
    }

    @Test func aServerThatIsAwayOrSilentIs69WithinItsLimit() throws {
      let away = try Examination.of(
        environment: ["DATABASE_URL": "postgresql://u:canary-word@/d?host=/nonexistent"])
      #expect(away.output.status == 69)
      #expect(away.findings.contains { $0.remedy.contains("systemctl start postgresql") })

      let directory = try Workbench.require().directory
      let listener = try SilentServer(directory: "\(directory)/\(unique())")
      let time = try measure {
        let silent = try Examination.of(
          environment: [
            "DATABASE_URL": "postgresql://u:canary-word@/d?host=\(listener.directory)"
          ])
        #expect(silent.output.status == 69)
        #expect(silent.failures.contains { $0.contains("no answer within 5000 ms") })
      }
      #expect(time < 10)
    }

    @Test func aWrongPasswordIsSaidWithoutIt() throws {
      let directory = "\(try Workbench.require().directory)/\(unique())"
      let cluster = try Cluster.new(in: directory)
      defer { try? cluster.stop() }
      let database = Database(name: "erp", url: cluster.url)
      try database.psql("CREATE ROLE asked LOGIN PASSWORD 'right'")
      let path = directory + "/data/pg_hba.conf"
      let rules = try String(contentsOfFile: path, encoding: .utf8)
      try ("local all asked scram-sha-256\n" + rules).write(
        toFile: path, atomically: false, encoding: .utf8)
      try database.psql("SELECT pg_reload_conf()")
      let url = cluster.url.replacing("//erp@", with: "//asked:canary-word@")
      try eventually("the server asks for passwords") {
        try Examination.of(environment: ["DATABASE_URL": url]).output.status == 69
      }
      let check = try Examination.of(environment: ["DATABASE_URL": url])
      #expect(check.failures.contains { $0.contains("password authentication failed") })
      #expect(check.findings.contains { $0.remedy.contains("correct the password") })
      #expect(!(check.output.out + check.output.errors).contains("canary"))
    }

    @Test func anotherEncodingIsNamed() throws {
      let cluster = try Cluster.shared()
      let database = try cluster.database(unique())
      let name = unique()
      try database.psql(
        "CREATE DATABASE \(name) ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
      let url = database.url.replacing("/\(database.name)?", with: "/\(name)?")
      let check = try Examination.of(environment: ["DATABASE_URL": url])
      #expect(check.output.status == 1)
      #expect(check.failures.contains("the database's encoding is LATIN1, and UTF8 is needed"))
    }

    @Test func theRevisionIsTold() throws {
      let database = try Cluster.shared().database(unique())
      func failures() throws -> [String] {
        try Examination.of(environment: ["DATABASE_URL": database.url]).failures
      }
      #expect(try failures().contains("the database is not migrated"))
      #expect(try database.erpBack(["migrate", "upgrade", "head"]).status == 0)
      #expect(try !failures().contains { $0.contains("revision") || $0.contains("database") })
      try database.psql("UPDATE erp_back_revisions SET checksum = 'x'")
      let edited = try Examination.of(environment: ["DATABASE_URL": database.url])
      #expect(edited.failures.contains { $0.contains("was edited") })
      // What it says mends it: nothing that ran is taken for pending afterwards.
      let remedies = edited.findings.map(\.remedy).joined(separator: "\n")
      let stamp = try #require(remedies.firstMatch(of: /erp-back (migrate stamp \S+)/)).1
      #expect(try database.erpBack(stamp.split(separator: " ").map(String.init)).status == 0)
      #expect(try !failures().contains { $0.contains("revision") || $0.contains("pending") })
      try database.psql("UPDATE erp_back_revisions SET checksum = 'x'")
      try database.psql("INSERT INTO erp_back_revisions VALUES ('2999_later', 'x')")
      try database.psql("DELETE FROM erp_back_revisions WHERE checksum <> 'x'")
      #expect(try failures().contains { $0.contains("2999_later") || $0.contains("edited") })
      try database.psql("DELETE FROM erp_back_revisions WHERE revision <> '2999_later'")
      #expect(try failures().contains { $0.contains("ahead: it holds revision 2999_later") })
    }

    @Test func aTableOfAlembicsIsToBeTakenOver() throws {
      let database = try Cluster.shared().database(unique())
      #expect(try database.erpBack(["migrate", "upgrade", "head"]).status == 0)
      try database.psql(
        """
        DROP TABLE erp_back_revisions;
        CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
        INSERT INTO alembic_version VALUES ('create_clients_0001')
        """)
      let check = try Examination.of(environment: ["DATABASE_URL": database.url])
      #expect(check.failures.contains { $0.contains("Alembic built this database") })
      try database.psql("ALTER TABLE clients DROP COLUMN siret")
      let other = try Examination.of(environment: ["DATABASE_URL": database.url])
      #expect(other.failures.contains { $0.contains("revision 1: column siret: missing") })
    }

    @Test func aPoolThatIsTooLargeIsCounted() throws {
      let site = try Site.shared()
      let large = try Examination.of(site, ["ERP_POOL_SIZE": "1000"])
      #expect(large.output.status == 1)
      #expect(large.failures.contains { $0.hasPrefix("1001 connections are asked for") })
      let role = unique()
      try site.database.psql(
        """
        CREATE ROLE \(role) LOGIN CONNECTION LIMIT 4;
        GRANT ALL ON clients, erp_back_revisions TO \(role)
        """)
      let url = site.database.url.replacing("//erp@", with: "//\(role)@")
      let limited = try Examination.of(site, url: url)
      #expect(
        limited.failures == ["9 connections are asked for, and the limit of role \(role) is 4"])
    }

    @Test func settingsAreLookedAtTogether() throws {
      let site = try Site.shared()
      let check = try Examination.of(
        site,
        [
          "ERP_POOL_SIZ": "5", "ERP_MAX_BODY": "2000000", "ERP_DEADLINE_MS": "20000",
        ])
      #expect(check.output.status == 0)
      #expect(check.warnings.contains { $0.hasPrefix("ERP_POOL_SIZ:") })
      #expect(check.findings.contains { $0.remedy == "did you mean ERP_POOL_SIZE?" })
      #expect(check.warnings.contains { $0.contains("client_max_body_size (1048576 bytes)") })
      #expect(check.warnings.contains { $0.contains("fastcgi_read_timeout (15000 ms)") })
    }

    @Test func anUnusableVariableIs78AndTheRestIsCheckedAllTheSame() throws {
      let site = try Site.shared()
      let check = try Examination.of(
        site, ["ERP_POOL_SIZE": "many", "ERP_DEADLINE_MS": "1"])
      #expect(check.output.status == 78)
      #expect(check.failures.contains { $0.hasPrefix("ERP_POOL_SIZE: ") })
      #expect(check.failures.contains { $0.hasPrefix("ERP_DEADLINE_MS: ") })
      // Nothing is said of the limits' order with values that are not the operator's.
      #expect(!check.findings.contains { $0.text.contains("limits in order") })
      #expect(check.named("ok").contains { $0.contains("200, ready") })
      let secret = try Examination.of(
        environment: ["DATABASE_URL": "postgresql://u:canary-word@h:99999/d"])
      #expect(secret.output.status == 78)
      #expect(!(secret.output.out + secret.output.errors).contains("canary"))
    }
  }
}
