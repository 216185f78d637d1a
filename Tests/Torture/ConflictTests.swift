import Foundation
import Testing

@testable import Harness

extension Torture {
  /// 40P01 and 40001: the server undoes a statement that may simply run again.
  @Suite struct ConflictTests {
    /// Three times again, whatever the conflict; then the client decides.
    @Test(arguments: ["40001", "40P01"])
    func aStatementIsTriedFourTimes(_ state: String) throws {
      try Site.new { site in
        try site.database.psql(
          """
          CREATE SEQUENCE tries;
          CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF nextval('tries') <= NEW.last_service::int THEN
              RAISE EXCEPTION 'not now' USING ERRCODE = '\(state)';
            END IF;
            RETURN NEW;
          END $$;
          CREATE TRIGGER refuse BEFORE INSERT ON clients FOR EACH ROW EXECUTE FUNCTION refuse()
          """)
        func create(refusals: Int) throws -> (answer: Answer, tries: String) {
          let answer = try site.create(client(["lastService": .string("\(refusals)")]))
          let tries = try site.database.psql("SELECT last_value FROM tries")
          try site.database.psql("ALTER SEQUENCE tries RESTART")
          return (answer, tries)
        }
        for refusals in 0...3 {
          let (answer, tries) = try create(refusals: refusals)
          #expect(answer.status == 201, "\(answer)")
          #expect(tries == "\(refusals + 1)")
        }
        let (answer, tries) = try create(refusals: 100)
        #expect(answer.status == 503, "\(answer)")
        #expect(answer.json["code"] == "unavailable")
        #expect(tries == "4")
        #expect(try site.database.psql("SELECT count(*) FROM clients") == "4")
        Scene.report("refused with \(state)", "1 to 3 times: done; always: 4 tries, then 503")
      }
    }

    /// Made for real, by our own writes and by other sessions.
    @Test func writesDeadlockAndAreNotSerializable() throws {
      let seconds = Scene.length(short: 1.5, long: 6)
      var load = Scene.Load()
      load.arguments = ["--mix", "get=20,list=5,post=25,put=20,patch=20,delete=10"]
      let name = "deadlocks (40P01) for \(seconds) s, then serialization failures (40001)"
      try Scene.play(name, load: load) { scene in
        let server = try Server(scene.site)
        try deadlock(server, scene, for: seconds)
        try collide(server, scene, for: seconds)
        try scene.expectOutages(0)
        scene.expectCauses(
          [], besides: ["SQLSTATE 40P01", "SQLSTATE 40001", "SQLSTATE 55P03", "no connection"])
      }
    }

    /// Our writes lock two rows in either order, and so does another session.
    private func deadlock(_ server: Server, _ scene: Scene, for seconds: Double) throws {
      try server.set("deadlock_timeout", "30ms")
      try server.warden.psql(
        """
        CREATE TABLE totals (id int PRIMARY KEY, writes bigint NOT NULL) WITH (fillfactor = 10);
        INSERT INTO totals VALUES (1, 0), (2, 0);
        ALTER TABLE totals OWNER TO erp;
        CREATE FUNCTION count_twice() RETURNS trigger LANGUAGE plpgsql AS $$
          DECLARE one int := 1 + (random() < 0.5)::int;
        BEGIN
          UPDATE totals SET writes = writes + 1 WHERE id = one;
          PERFORM pg_sleep(0.001);
          UPDATE totals SET writes = writes + 1 WHERE id = 3 - one;
          RETURN NULL;
        END $$;
        CREATE TRIGGER count_twice AFTER INSERT OR UPDATE OR DELETE ON clients
          FOR EACH ROW EXECUTE FUNCTION count_twice()
        """)
      // It waits for long before it looks, so that it is ours who find the deadlock.
      let other = try server.warden.hold(
        """
        DO $$ BEGIN
          PERFORM set_config('deadlock_timeout', '60s', false);
          LOOP
            COMMIT;
            UPDATE totals SET writes = writes WHERE id = 2;
            PERFORM pg_sleep(0.005);
            UPDATE totals SET writes = writes WHERE id = 1;
          END LOOP;
        END $$
        """)
      try scene.pause(seconds)
      #expect(other.isRunning, "the other session failed")
      try server.warden.release(other)
      try server.warden.psql("DROP TRIGGER count_twice ON clients")
      // What was undone was undone whole.
      #expect(try server.warden.psql("SELECT count(DISTINCT writes) FROM totals") == "1")
      let deadlocks = try #require(
        Int(
          try server.warden.psql(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")))
      let retries = try scene.retries()
      #expect(deadlocks > 0 && retries > 0, "\(deadlocks) deadlocks, \(retries) retries")
      scene.note("\(deadlocks) deadlocks, \(retries) retries")
      try scene.heals("deadlocks")
    }

    /// Every transaction serializable, and a session that changes all rows over and over.
    private func collide(_ server: Server, _ scene: Scene, for seconds: Double) throws {
      let before = try scene.retries()
      try server.set("default_transaction_isolation", "serializable")
      let other = try server.warden.hold(
        """
        DO $$ BEGIN
          PERFORM set_config('deadlock_timeout', '60s', false),
            set_config('default_transaction_isolation', 'read committed', false);
          LOOP
            COMMIT;
            PERFORM pg_sleep(0.01);
            UPDATE clients SET phone = phone;
            PERFORM pg_sleep(0.01);
          END LOOP;
        END $$
        """)
      try scene.pause(seconds)
      #expect(other.isRunning, "the other session failed")
      try server.warden.release(other)
      try server.set("default_transaction_isolation", nil)
      let retries = try scene.retries() - before
      #expect(retries > 0)
      scene.note("\(retries) retries of what was not serializable")
      try scene.heals("serializable")
    }
  }
}
