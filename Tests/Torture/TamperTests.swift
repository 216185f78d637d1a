import Foundation
import Testing

@testable import Harness

extension Torture {
  /// The ledger itself: what it is there to find, it finds. Each fault is made on purpose, once.
  @Suite struct TamperTests {
    /// What a run of the ledger came to.
    struct Run {
      let status: Int32
      let line: LedgerLine
      let complaints: String
    }

    /// Rows as they were before each change, and the rows that were deleted.
    private static let memory = """
      CREATE TABLE past (LIKE clients);
      CREATE FUNCTION remember() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO past SELECT OLD.*; RETURN NULL; END $$;
      CREATE TRIGGER remember AFTER UPDATE OR DELETE ON clients
        FOR EACH ROW EXECUTE FUNCTION remember();
      """

    /// Loads a site, changes its rows behind the API's back, and balances.
    private func run(
      _ site: Site, _ tampering: String = "", mix: String? = nil, requests: Int = 400,
      arguments more: [String] = [], environment: [String: String] = [:]
    ) throws -> Run {
      let directory = "\(try Workbench.require().directory)/tamper-\(unique())"
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: false)
      let script = directory + "/tamper.sql"
      try tampering.write(toFile: script, atomically: true, encoding: .utf8)
      let program = try #require(ProcessInfo.processInfo.environment["ERP_TEST_LEDGER"])
      let arguments =
        ["--url", "http://127.0.0.1:\(site.port)", "--clients", "4", "--duration", "0"]
        + ["--requests", "\(requests)", "--large-bytes", "600"] + (mix.map { ["--mix", $0] } ?? [])
        + more
        + ["--before-audit", "psql -XAtq -v ON_ERROR_STOP=1 '\(site.database.url)' -f '\(script)'"]
      let output = try Output.of(program, arguments, environment: environment)
      let line = try #require(
        try? JSONDecoder().decode(LedgerLine.self, from: Data(output.out.utf8)), "\(output)")
      return Run(status: output.status, line: line, complaints: output.errors)
    }

    /// Rows of the last run.
    private static let rows =
      "SELECT id FROM clients WHERE status LIKE 'ledger-%' AND status ="
      + " (SELECT status FROM clients ORDER BY created_at DESC LIMIT 1)"

    @Test func whatIsRightBalances() throws {
      try Site.new { site in
        let all = "get=10,list=2,post=20,put=12,patch=8,delete=10,conflict=5,invalid=5,stale=5"
        let run = try run(
          site, mix: all + ",absent=5,gone=5,method=5,media=5,large=1,cut=5", requests: 3000)
        let books = try #require(run.line.ledger)
        #expect(run.status == 0 && books.exact, "\(run)")
        #expect(books.refused > 300 && books.rows > 100)
        for status in [200, 201, 404, 405, 409, 412, 413, 415, 422] {
          #expect(run.line.count(status) > 0, "\(status): \(run.line)")
        }
        Scene.report("ledger, nothing changed", "\(run.line)")
      }
    }

    /// A fault behind the API's back: what it is, its SQL, and the one disagreement that it is.
    private struct Fault {
      let name: String
      let sql: String
      let found: KeyPath<LedgerLine.Ledger, Int>
      var mix: String?
    }

    /// The name of a write of the last run's first client that left no row.
    private static let absent = """
      (SELECT mark FROM (SELECT substr(status, 8) || '-0-' || n AS mark
          FROM generate_series(1, 60) AS n) AS marks
        WHERE NOT EXISTS (SELECT FROM clients WHERE name = mark) LIMIT 1)
      """

    /// One row of the last run, with an id of its own, put in after `change`.
    private static func copy(_ change: String = "") -> String {
      """
      CREATE TEMP TABLE copy AS
        SELECT * FROM clients WHERE id = (\(rows) AND email IS NULL LIMIT 1);
      UPDATE copy SET id = gen_random_uuid() \(change);
      INSERT INTO clients SELECT * FROM copy
      """
    }

    private static var faults: [Fault] {
      [
        Fault(
          name: "an acknowledged row lost",
          sql: "DELETE FROM clients WHERE id = (\(rows) LIMIT 1)", found: \.missing),
        Fault(name: "a create done twice", sql: copy(), found: \.twice),
        Fault(
          name: "a deleted row back",
          sql: """
            INSERT INTO clients SELECT * FROM past
            WHERE NOT EXISTS (SELECT FROM clients AS c WHERE c.id = past.id) AND email IS NULL
              AND status = (SELECT status FROM clients ORDER BY created_at DESC LIMIT 1) LIMIT 1
            """, found: \.undead),
        Fault(
          name: "an acknowledged update lost",
          sql: """
            UPDATE clients SET last_service = p.last_service FROM
              (SELECT id, last_service FROM past WHERE id IN (\(rows)) LIMIT 1) AS p
            WHERE clients.id = p.id
            """, found: \.different),
        Fault(
          name: "a long text a character short",
          sql: """
            UPDATE clients SET address = left(address, -1)
            WHERE id = (\(rows) AND address IS NOT NULL LIMIT 1)
            """, found: \.different),
        Fault(
          name: "an address changed",
          sql: """
            UPDATE clients SET email = 'other@ledger.example'
            WHERE id = (\(rows) AND email IS NOT NULL LIMIT 1)
            """, found: \.different),
        Fault(name: "a row that nobody wrote", sql: copy(", name = 'nobody'"), found: \.unknown),
        // Nothing but creates and refused writes: a mark that is on no row is one that was refused.
        Fault(
          name: "a refused create done",
          sql: copy(", name = \(absent)"), found: \.undead, mix: "post=50,conflict=30,invalid=20"),
        Fault(
          name: "a refused change done",
          sql: """
            UPDATE clients SET city = \(absent) WHERE id = (\(rows) LIMIT 1)
            """, found: \.different, mix: "post=50,conflict=30,invalid=20"),
      ]
    }

    @Test func whatHappensBehindItIsFound() throws {
      try Site.new { site in
        try site.database.psql(Self.memory)
        for fault in Self.faults {
          let run = try run(site, fault.sql, mix: fault.mix)
          let books = try #require(run.line.ledger, "\(run)")
          #expect(run.status == 1 && !books.exact, "\(fault.name): not noticed: \(run)")
          #expect(run.line.failed == 0, "\(fault.name): \(run)")
          #expect(books[keyPath: fault.found] == 1, "\(fault.name): \(run)")
          let sum = books.missing + books.twice + books.different + books.undead + books.unknown
          #expect(sum == 1, "\(fault.name): \(run)")
          Scene.report(
            "ledger, \(fault.name)", "noticed: \(run.complaints.prefix { $0 != "\n" })")
        }
      }
    }

    /// A 503 that does not ask to check first was not done, and the ledger holds it to that.
    @Test func aRefusalThatWasDoneIsSeen() throws {
      try Site.new { site in
        try site.database.psql(
          """
          CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE 'no space' USING ERRCODE = 'disk_full'; END $$;
          CREATE TRIGGER full_disk BEFORE INSERT ON clients FOR EACH ROW
            WHEN (NEW.name ~ '[02468]$') EXECUTE FUNCTION full_disk()
          """)
        let right = try run(site, mix: "post=100", arguments: ["--allow", "503"])
        #expect(right.status == 0 && right.line.ledger?.exact == true, "\(right)")
        #expect(right.line.ledger?.maybe == 0 && right.line.count(503) > 100, "\(right)")
        let wrong = try run(
          site,
          "ALTER TABLE clients DISABLE TRIGGER full_disk; \(Self.copy(", name = \(Self.absent)"))",
          mix: "post=100", arguments: ["--allow", "503"])
        #expect(wrong.status == 1 && wrong.line.ledger?.undead == 1, "\(wrong)")
        Scene.report(
          "ledger, a 503 that was done", "noticed: \(wrong.complaints.prefix { $0 != "\n" })")
      }
    }

    /// The name that every row has stands for a secret that gets into answers.
    @Test func aSecretInAnswersIsSeen() throws {
      try Site.new { site in
        let name = unique()
        let hidden = try run(
          site, environment: ["LEDGER_LAST_NAME": name, "LEDGER_SECRET": "x\(name)"])
        #expect(hidden.status == 0, "\(hidden)")
        #expect(
          try site.database.psql("SELECT count(*) FROM clients WHERE last_name = '\(name)'")
            == "\(hidden.line.ledger?.rows ?? 0)")
        let shown = try run(site, environment: ["LEDGER_LAST_NAME": name, "LEDGER_SECRET": name])
        #expect(shown.status == 1 && shown.line.ledger?.exact == true, "\(shown)")
        // But for deletions and refusals, every answer has a row in it.
        #expect(shown.line.failed > shown.line.count(201) && shown.line.count(201) > 0, "\(shown)")
        Scene.report(
          "ledger, a secret in answers", "noticed: \(shown.complaints.prefix { $0 != "\n" })")
      }
    }

    /// The API itself is made to do wrong: the clients see it as it happens, and the ledger too.
    private func expectWrong(
      _ name: String, _ sql: String, _ found: KeyPath<LedgerLine.Ledger, Int>
    ) throws {
      try Site.new { site in
        try site.database.psql(sql)
        let run = try run(site, mix: "get=20,post=30,put=20,conflict=10")
        let books = try #require(run.line.ledger, "\(run)")
        #expect(run.status == 1)
        #expect(run.line.failed > 0, "\(name): \(run)")
        #expect(books[keyPath: found] > 0, "\(name): \(run)")
        Scene.report(
          "ledger, \(name)",
          "noticed: \(run.line.failed) answers, \(books[keyPath: found]) rows;"
            + " \(run.complaints.prefix { $0 != "\n" })")
      }
    }

    @Test func duplicatesThatAreTakenAreSeen() throws {
      try expectWrong(
        "duplicate addresses taken",
        """
        DO $$ DECLARE name text; BEGIN
          SELECT indexname INTO STRICT name FROM pg_indexes
            WHERE tablename = 'clients' AND indexdef LIKE '%UNIQUE%lower(%email%';
          EXECUTE 'DROP INDEX ' || name;
        END $$
        """, \.undead)
    }

    @Test func updatesThatAreNotDoneAreSeen() throws {
      try expectWrong(
        "an update taken and not done",
        """
        CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN NEW.city := OLD.city; RETURN NEW; END $$;
        CREATE TRIGGER keep BEFORE UPDATE ON clients FOR EACH ROW EXECUTE FUNCTION keep()
        """, \.different)
    }

    @Test func createsThatAreUndoneAreSeen() throws {
      try expectWrong(
        "a create taken and undone at its commit",
        """
        CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN DELETE FROM clients WHERE id = NEW.id; RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER undo AFTER INSERT ON clients DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW WHEN (NEW.email IS NOT NULL) EXECUTE FUNCTION undo()
        """, \.missing)
    }
  }
}
