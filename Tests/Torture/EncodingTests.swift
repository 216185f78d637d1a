import Testing

@testable import Harness

extension Torture {
  /// A database in whose encoding names would be mangled takes the place of the service's own.
  @Suite struct EncodingTests {
    @Test(arguments: Scene.length(short: ["LATIN1"], long: ["LATIN1", "SQL_ASCII"]))
    func isAnother(_ encoding: String) throws {
      try Scene.play("database in \(encoding)", .init()) { scene in
        let database = scene.site.database
        let server = database.maintenance
        let (otherName, ownName) = (unique(), unique())
        let other = Database(
          name: otherName,
          url: database.url.replacing("/\(database.name)?", with: "/\(otherName)?"))
        try server.psql(
          "CREATE DATABASE \(otherName) ENCODING '\(encoding)' LOCALE 'C' TEMPLATE template0")
        let migration = try other.erpBack(["migrate", "upgrade", "head"])
        #expect(migration.status == 0, "\(migration.errors)")
        try other.psql(
          "INSERT INTO clients (id, type, name) VALUES (gen_random_uuid(), 'company', 'Été')")
        func fingerprint(_ database: Database) throws -> String {
          try database.psql(
            "SELECT count(*), md5(string_agg(c::text, '' ORDER BY id)) FROM clients c")
        }
        let before = try fingerprint(other)

        /// Puts `name` into the place of the service's database, which becomes `away`.
        func swap(_ name: String, away: String) throws {
          try server.psql("ALTER DATABASE \(database.name) ALLOW_CONNECTIONS off")
          try database.endSessions()
          try server.psql(
            "ALTER DATABASE \(database.name) RENAME TO \(away);"
              + "ALTER DATABASE \(name) ALLOW_CONNECTIONS on;"
              + "ALTER DATABASE \(name) RENAME TO \(database.name)")
        }
        try swap(otherName, away: ownName)
        try eventually("the reason is in the log") {
          scene.site.responder.log().contains(
            "the database's encoding is \(encoding): UTF8 is needed")
        }
        try scene.pause(0.3)
        for answer in try [
          scene.site.get("/clients/"), scene.site.get(nobody),
          scene.site.create(client(["name": "Été"])), scene.site.delete(nobody),
        ] {
          #expect(answer.status == 503)
          #expect(answer.json["code"] == "unavailable")
        }
        #expect(try scene.readiness().status == 503)
        let check = try Examination.of(scene.site)
        #expect(check.failures.contains { $0.contains("the database's encoding is \(encoding)") })
        #expect(try fingerprint(database) == before, "something was written to it")
        try swap(ownName, away: otherName)
        try scene.heals()
      }
    }
  }
}
