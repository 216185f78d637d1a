import Foundation
import Testing

@testable import Harness

extension Torture {
  /// Others hold what our statements need, or the statements take too long.
  @Suite struct LockTests {
    /// The pool is exhausted: 503 in time, and what needs no table is as quick as ever. Then every
    /// row is locked, so that changes wait, and some creates take for ever.
    @Test func theTableAndItsRowsAreLocked() throws {
      let seconds = Scene.length(short: 4.0, long: 9)
      let limits = ServiceLimits.current
      var load = Scene.Load()
      load.limit = limits.latest
      load.clients = 32
      let name =
        "table locked (ACCESS EXCLUSIVE) for \(seconds) s, then its rows, with slow creates"
      try Scene.play(name, limits.options, load: load) { scene in
        try lockTable(scene, for: seconds)
        try lockRows(scene, for: seconds)
        try scene.expectOutages(0)
        scene.expectCauses(
          ["SQLSTATE 55P03", "SQLSTATE 57014", "no connection"],
          besides: ["connection lost", "deadline"])
      }
    }

    private func lockTable(_ scene: Scene, for seconds: Double) throws {
      let database = scene.site.database
      let holder = try database.hold(
        "BEGIN; LOCK TABLE clients IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(600)")
      try eventually("the table is locked") {
        try database.isLocked("clients", "AccessExclusiveLock")
      }
      try probe(scene, "table locked", for: seconds)
      try database.release(holder)
      try scene.heals("table")
    }

    /// What needs no table is asked for all the while.
    private func probe(_ scene: Scene, _ fault: String, for seconds: Double) throws {
      let beats = try Beats(
        scene.site, ["GET /health", "GET /health/live"].map { Beats.request($0) },
        seconds: seconds)
      // Not none at all: two cores are shared by PostgreSQL, nginx, the load and this probe, and a
      // request may wait for a processor that others have.
      #expect(beats.share(over: 0.05) <= 0.01, "\(fault): \(beats)")
      scene.note("\(fault), /health and /health/live meanwhile: \(beats)")
      // The load goes on.
      try scene.pause(0)
    }

    private func lockRows(_ scene: Scene, for seconds: Double) throws {
      let database = scene.site.database
      try database.psql(
        """
        CREATE SEQUENCE creates;
        CREATE FUNCTION take_long() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          IF nextval('creates') % 5 = 0 THEN PERFORM pg_sleep(600); END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER take_long BEFORE INSERT ON clients FOR EACH ROW EXECUTE FUNCTION take_long()
        """)
      let holder = try database.hold(
        "BEGIN; SELECT count(*) FROM (SELECT FROM clients FOR UPDATE) AS all_of_them;"
          + " SELECT pg_sleep(600)")
      try probe(scene, "rows locked", for: seconds)
      try database.release(holder)
      try database.psql("DROP TRIGGER take_long ON clients")
      try scene.heals("rows")
    }
  }
}
