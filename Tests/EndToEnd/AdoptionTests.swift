import Testing

@testable import Harness

extension EndToEnd {
  /// A database that Alembic built is taken over as it stands, or refused by name.
  @Suite struct AdoptionTests {
    /// The predecessor's table, written from the contract's description of it.
    private static let table = """
      CREATE TABLE clients (
        id uuid PRIMARY KEY,
        type varchar(20) NOT NULL,
        name varchar(255) NOT NULL,
        company_name varchar(255),
        first_name varchar(100),
        last_name varchar(100),
        siret varchar(20),
        email varchar(255),
        phone varchar(50),
        address text,
        city varchar(100),
        status varchar(20) NOT NULL DEFAULT 'active',
        tags text[] NOT NULL DEFAULT '{}',
        last_service varchar(50),
        contacts jsonb NOT NULL DEFAULT '[]',
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE UNIQUE INDEX ix_clients_email_lower ON clients (lower(email));
      CREATE INDEX ix_clients_status ON clients (status);
      CREATE INDEX ix_clients_name ON clients (name);
      CREATE INDEX ix_clients_created_at_id ON clients (created_at DESC, id);
      CREATE FUNCTION update_updated_at_column() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.updated_at = now(); RETURN NEW; END $$;
      CREATE TRIGGER update_clients_updated_at BEFORE UPDATE ON clients
        FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
      CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
      INSERT INTO alembic_version VALUES ('create_clients_0001');
      INSERT INTO clients (id, type, name, status)
        VALUES ('00000000-0000-4000-8000-000000000001', 'company', 'Déjà là', 'Actif');
      """

    private func predecessor(_ change: String = "") throws -> Database {
      let database = try Cluster.shared().database(unique())
      try database.psql(Self.table + change)
      return database
    }

    @Test func theTableIsAdoptedWithItsRows() throws {
      let database = try predecessor()
      let upgrade = try database.erpBack(["migrate", "upgrade", "head"])
      #expect(upgrade.status == 0, "\(upgrade)")
      let current = try database.erpBack(["migrate", "current"])
      #expect(current.out.hasPrefix(MigrationTests.head))
      #expect(try database.erpBack(["migrate", "check"]).status == 0)
      #expect(try database.psql("SELECT name FROM clients") == "Déjà là")

      let answer = try database.erpBack(
        [],
        environment: [
          "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET",
          "REQUEST_URI": "/clients/status/Actif",
        ])
      #expect(answer.out.hasPrefix("Status: 200"))
      #expect(answer.out.contains(#""name":"Déjà là""#))
    }

    private static func touching(_ body: String) -> String {
      """
      CREATE OR REPLACE FUNCTION update_updated_at_column() RETURNS trigger LANGUAGE plpgsql AS
        $body$ \(body) $body$;
      """
    }

    /// The second is the one warning: it is not what revision 1 makes, and it works.
    @Test(arguments: [
      ("BEGIN\n    NEW.updated_at := CURRENT_TIMESTAMP; -- touched\n    RETURN NEW;\nEND;", 0),
      ("BEGIN NEW.updated_at = clock_timestamp(); RETURN NEW; END", 1),
    ])
    func anotherSpellingOfTheFunctionIsAdopted(_ body: String, _ warnings: Int) throws {
      let database = try predecessor(Self.touching(body))
      let upgrade = try database.erpBack(["migrate", "upgrade", "head"])
      #expect(upgrade.status == 0, "\(upgrade)")
      let check = try Examination.of(environment: ["DATABASE_URL": database.url])
      let told = check.findings.filter { $0.text.contains("trigger update_clients_updated_at") }
      #expect(told.count == warnings && told.allSatisfy { $0.outcome == "warning" }, "\(told)")
    }

    @Test(arguments: [
      (
        """
        DROP TRIGGER update_clients_updated_at ON clients;
        CREATE TRIGGER update_clients_updated_at BEFORE UPDATE ON clients
          FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
        """, "suppress_redundant_updates_trigger(), which does not set updated_at"
      ),
      (Self.touching("BEGIN RETURN NEW; END"), "which does not set updated_at"),
      ("ALTER TABLE clients DROP COLUMN siret;", "siret"),
      ("ALTER TABLE clients ALTER COLUMN name TYPE varchar(100);", "name"),
      ("ALTER TABLE clients ALTER COLUMN contacts TYPE json;", "contacts"),
      ("ALTER TABLE clients ALTER COLUMN status DROP NOT NULL;", "status"),
      ("ALTER TABLE clients ALTER COLUMN tags DROP DEFAULT;", "tags"),
      ("DROP TABLE clients;", "missing"),
    ])
    func aTableThatDiffersIsRefused(_ change: String, _ named: String) throws {
      let database = try predecessor(change)
      let before = try database.schema()
      let upgrade = try database.erpBack(["migrate", "upgrade", "head"])
      #expect(upgrade.status != 0)
      #expect(upgrade.errors.contains(named), "\(upgrade.errors)")
      #expect(try database.schema() == before)
      #expect(try database.psql("SELECT version_num FROM alembic_version") == "create_clients_0001")
    }

    @Test func anUnknownAlembicRevisionIsRefused() throws {
      let database = try predecessor("UPDATE alembic_version SET version_num = 'other_0002';")
      let before = try database.schema()
      let upgrade = try database.erpBack(["migrate", "upgrade", "head"])
      #expect(upgrade.status != 0)
      #expect(upgrade.errors.contains("other_0002"), "\(upgrade.errors)")
      #expect(try database.schema() == before)
    }

    @Test func aTableOfUnknownOriginIsNotTouched() throws {
      let database = try predecessor("DROP TABLE alembic_version;")
      let before = try database.schema()
      let upgrade = try database.erpBack(["migrate", "upgrade", "head"])
      #expect(upgrade.status != 0)
      #expect(try database.schema() == before)
      #expect(try database.psql("SELECT count(*) FROM clients") == "1")
    }
  }
}
