import Foundation
import Testing

@testable import Harness

extension Torture {
  /// The service's role changes under it.
  @Suite struct RoleTests {
    @Test func passwordChanges() throws {
      let rounds = Scene.length(short: 1, long: 6)
      try Scene.play(
        "password changed and changed back, \(rounds) times",
        .init(
          ownsCluster: true,
          address: { database, password in
            let url = try database.plainURL(password: password)
            try database.requirePassword()
            return url
          })
      ) { scene in
        let database = scene.site.database
        for _ in 0..<rounds {
          try database.psql("ALTER ROLE \(database.role) PASSWORD 'another'")
          // A password is asked for at the door only.
          try scene.pause(0.2)
          #expect(try scene.site.client.request("GET", nobody).status == 404)
          try database.endSessions()
          try scene.isAnswered(503)
          #expect(try scene.readiness().status == 503)
          #expect(try scene.site.get("/health").json["status"] == "degraded")
          try scene.pause(0.5)
          try database.psql("ALTER ROLE \(database.role) PASSWORD '\(scene.canary.password)'")
          try scene.heals()
          try scene.pause(0.2)
        }
        #expect(
          scene.site.responder.log().contains(
            "password authentication failed for user \\\"\(database.role)\\\"")
        )
      }
    }

    /// What an administrator may set for the role, and some of it for the database.
    static let settings = [
      "DateStyle = 'German, DMY'", "TimeZone = 'Asia/Kathmandu'", "IntervalStyle = 'iso_8601'",
      "search_path = 'attic'", "bytea_output = 'escape'", "extra_float_digits = -3",
      "default_transaction_isolation = 'serializable'", "default_transaction_deferrable = on",
      "client_encoding = 'LATIN1'", "standard_conforming_strings = off",
      "backslash_quote = off", "array_nulls = off", "quote_all_identifiers = on",
      "transform_null_equals = on", "xmlbinary = 'hex'", "lc_numeric = 'C'", "row_security = off",
      "enable_indexscan = off", "plan_cache_mode = 'force_custom_plan'", "jit_above_cost = 0",
      "statement_timeout = '9s'", "idle_session_timeout = '300ms'",
      "default_text_search_config = 'french'", "application_name = 'other'",
    ]

    /// With all of them the answers are byte for byte what they were.
    @Test func settingsChange() throws {
      let rounds = Scene.length(short: 1, long: 4)
      try Scene.play(
        "role settings changed and reset, \(Self.settings.count) of them, \(rounds) times",
        .init(address: { try $0.plainURL(password: $1) })
      ) { scene in
        let database = scene.site.database
        // A schema in the way: a table and functions of the names that statements use.
        try database.psql(
          """
          CREATE SCHEMA attic;
          CREATE TABLE attic.clients AS SELECT * FROM clients LIMIT 0;
          CREATE FUNCTION attic.lower(varchar) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''x''';
          CREATE FUNCTION attic.now() RETURNS timestamptz LANGUAGE sql STABLE
            AS 'SELECT timestamptz ''1999-12-31 00:00:00+00''';
          CREATE FUNCTION attic.gen_random_uuid() RETURNS uuid LANGUAGE sql
            AS 'SELECT uuid ''00000000-0000-4000-8000-000000000001''';
          GRANT USAGE ON SCHEMA attic TO \(database.role);
          GRANT ALL ON ALL TABLES IN SCHEMA attic TO \(database.role);
          """)
        let sample = try AnswerSample(scene.site)
        let before = try sample.answers()
        let statuses = Set(before.map(\.status))
        #expect(statuses == [200, 304, 404, 409, 412, 422], "\(statuses)")
        for _ in 0..<rounds {
          for setting in Self.settings {
            try database.psql("ALTER ROLE \(database.role) SET \(setting)")
          }
          try database.endSessions()
          // No calm: a write that meets the end of an idle session is refused.
          try scene.heals("set", calm: 0)
          for _ in 0..<Scene.length(short: 1, long: 3) {
            Self.expect(try sample.answers(repeatingWrites: true), before)
            let written = try sample.write()
            #expect(written.updated > written.created, "\(written)")
            #expect(abs(written.created.timeIntervalSinceNow) < 60, "\(written)")
            try scene.pause(0.4)  // sessions are ended for being idle
          }
          #expect(try scene.readiness().status == 200)
          #expect(try database.psql("SELECT count(*) FROM attic.clients") == "0")
          try database.psql("ALTER ROLE \(database.role) RESET ALL")
          try database.endSessions()
          try scene.heals("reset")
          Self.expect(try sample.answers(), before)
        }
        scene.note("\(sample.repeats) writes met the end of an idle session")
      }
    }

    private static func expect(_ after: [AnswerSample.Bytes], _ before: [AnswerSample.Bytes]) {
      for (was, `is`) in zip(before, after) { #expect(`is` == was) }
      #expect(after.count == before.count)
    }
  }
}
