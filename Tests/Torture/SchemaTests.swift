import Testing

@testable import Harness

extension Torture {
  /// The table under the service changes while it works.
  @Suite struct SchemaTests {
    /// The one fault that is answered with 500: it says so, it is not ready, and it heals by itself.
    @Test func isMissing() throws {
      let rounds = Scene.length(short: 1, long: 5)
      try Scene.play(
        "table, column, permission missing, \(rounds) times each",
        .init(address: { try $0.plainURL(password: $1) }),
        // The statement was refused before it ran: such a write is absent for certain.
        load: Scene.Load(allowed: [500, 503], arguments: ["--certain", "500"])
      ) { scene in
        let role = scene.site.database.role
        let faults = [
          (
            "ALTER TABLE clients RENAME TO clients_away",
            "ALTER TABLE clients_away RENAME TO clients", "42P01"
          ),
          (
            "ALTER TABLE clients RENAME COLUMN siret TO siren",
            "ALTER TABLE clients RENAME COLUMN siren TO siret", "42703"
          ),
          (
            "REVOKE SELECT ON clients FROM \(role)", "GRANT SELECT ON clients TO \(role)", "42501"
          ),
        ]
        for (fault, remedy, sqlState) in faults {
          for _ in 0..<rounds {
            try scene.site.database.psql(fault)
            try scene.isAnswered(500)
            try checkAbsence(scene)
            try scene.pause(0.2)
            try scene.site.database.psql(remedy)
            try scene.heals()
            try scene.site.waitUntilReady(within: 2)
          }
          #expect(scene.site.responder.log().contains("SQLSTATE \(sqlState)"))
        }
      }
    }

    private func checkAbsence(_ scene: Scene) throws {
      let ready = try scene.readiness()
      #expect(ready.status == 503)
      #expect(ready.text.contains("une table, une colonne ou un droit manque"), "\(ready)")
      let answer = try scene.site.create(client())
      #expect(answer.status == 500)
      #expect(answer.json["code"] == "internal")
      #expect(!answer.text.contains("clients"), "the answer tells of the schema: \(answer)")
      #expect(try scene.site.get("/health/live").status == 200)
    }

    /// Changes that a release of another program makes to a table in use.
    @Test func changesLive() throws {
      let rounds = Scene.length(short: 1, long: 8)
      let changes = [
        "ALTER TABLE clients ADD COLUMN fax text",
        "ALTER TABLE clients ADD COLUMN noted_at timestamptz NOT NULL DEFAULT now()",
        "ALTER TABLE clients ALTER COLUMN city TYPE text",
        "ALTER TABLE clients ALTER COLUMN name TYPE varchar(400)",
        "ALTER TABLE clients ALTER COLUMN last_service TYPE text, ALTER COLUMN phone TYPE varchar(80)",
        "ALTER TABLE clients ALTER COLUMN status TYPE text",
        "ALTER TABLE clients ALTER COLUMN address TYPE varchar(40000)",
        "ALTER TABLE clients DROP COLUMN fax",
        "ALTER TABLE clients ALTER COLUMN address TYPE text",
        "ALTER TABLE clients ALTER COLUMN status TYPE varchar(20)",
        "ALTER TABLE clients ALTER COLUMN last_service TYPE varchar(50), ALTER COLUMN phone TYPE varchar(50)",
        "ALTER TABLE clients ALTER COLUMN name TYPE varchar(255)",
        "ALTER TABLE clients ALTER COLUMN city TYPE varchar(100)",
        "ALTER TABLE clients DROP COLUMN noted_at",
      ]
      // Nothing but success is allowed.
      try Scene.play(
        "table altered in use, \(rounds * changes.count) times", .init(),
        load: Scene.Load(allowed: [])
      ) { scene in
        for _ in 0..<rounds {
          for change in changes {
            try scene.site.database.psql(change)
            try scene.pause(Scene.length(short: 0.05, long: 0.15))
          }
        }
        #expect(try scene.readiness().status == 200)
      }
    }

    /// The server forgets what the service has prepared. A trigger and a policy are ways by which a
    /// statement of somebody else's reaches the service's own sessions: the policy, whose condition is
    /// asked for every row that is read, reaches the one for reads by key.
    @Test func forgetsPreparedStatements() throws {
      let seconds = Scene.length(short: 1.0, long: 10)
      try Scene.play(
        "DEALLOCATE ALL in the service's sessions",
        .init(address: { try $0.plainURL(password: $1) }),
        load: Scene.Load(allowed: [])
      ) { scene in
        let database = scene.site.database
        try database.psql(
          """
          CREATE SEQUENCE forgotten_point; CREATE SEQUENCE forgotten_pool;
          GRANT USAGE ON SEQUENCE forgotten_point, forgotten_pool TO \(database.role);
          CREATE FUNCTION forget(sequence regclass) RETURNS void LANGUAGE plpgsql AS $$
          BEGIN
            PERFORM nextval(sequence);
            EXECUTE 'DEALLOCATE ALL';
          END $$;
          CREATE FUNCTION forget_written() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN
            IF random() < 0.5 THEN PERFORM forget('forgotten_pool'); END IF;
            RETURN NULL;
          END $$;
          CREATE FUNCTION forget_read() RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
          DECLARE query text := current_query();
          BEGIN
            IF NOT (\(Server.isPoint)) THEN
              IF random() < 0.01 THEN PERFORM forget('forgotten_pool'); END IF;
            ELSIF random() < 0.5 THEN PERFORM forget('forgotten_point');
            END IF;
            RETURN true;
          END $$;
          CREATE TRIGGER forget AFTER INSERT OR UPDATE ON clients
            FOR EACH STATEMENT EXECUTE FUNCTION forget_written();
          CREATE POLICY forget ON clients FOR SELECT USING (forget_read());
          CREATE POLICY inserts ON clients FOR INSERT WITH CHECK (true);
          CREATE POLICY updates ON clients FOR UPDATE USING (true);
          CREATE POLICY deletes ON clients FOR DELETE USING (true);
          ALTER TABLE clients ENABLE ROW LEVEL SECURITY
          """)
        try scene.pause(seconds)
        for lane in ["point", "pool"] {
          let count = try #require(
            Int(try database.psql("SELECT last_value FROM forgotten_\(lane)")))
          #expect(count > 20, "\(lane)")
          scene.note("\(lane): \(count) times")
        }
        try database.psql(
          "ALTER TABLE clients DISABLE ROW LEVEL SECURITY; DROP TRIGGER forget ON clients")
      }
    }
  }
}
