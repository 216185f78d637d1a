import Foundation
import Testing

@testable import Harness

extension Torture {
  /// 53100, for real: the table lies on a disk that is full.
  @Suite struct DiskFullTests {
    @Test(.enabled(if: SmallDisk.isPossible, Comment(rawValue: SmallDisk.missing)))
    func writesAreRefusedAndReadsServed() throws {
      let seconds = Scene.length(short: 1.0, long: 5)
      let disk = try SmallDisk(in: Workbench.require().directory)
      // Behind the end of the site's server.
      defer { disk.end() }
      var load = Scene.Load()
      load.arguments = ["--large-share", "5"]
      let line = try Scene.play("disk full for \(seconds) s", load: load) { scene in
        let database = scene.site.database
        let name = percentEncoded(unique())
        try database.psql("CREATE TABLESPACE small LOCATION '\(disk.directory)'")
        try database.psql("ALTER TABLE clients SET TABLESPACE small")
        #expect(try scene.site.create(client(["city": .string(name)])).status == 201)
        try scene.heals()
        try disk.fill()
        try Self.useUpPages(database)
        try eventually("a write is refused") { try scene.site.create(client()).status == 503 }
        let probe = Probe(scene.site, ["GET /clients/?city=\(name)", "GET \(nobody)"])
        var refused = 0
        let end = Deadline(seconds: seconds)
        while !end.hasPassed {
          // A row that was deleted may leave room for one.
          let answer = try scene.site.create(client())
          #expect([201, 503].contains(answer.status), "\(answer)")
          if answer.status == 503 {
            #expect(answer.json["code"] == "unavailable")
            refused += 1
          }
        }
        let sightings = try probe.end()
        #expect(refused > 0)
        #expect(sightings.answers("GET /clients/?city=\(name)") == ["200"])
        #expect(sightings.answers("GET \(nobody)") == ["404 not_found"])
        scene.note("\(sightings.count) reads beside it, all served")
        try disk.free()
        try scene.heals()
        try scene.expectOutages(0)
        scene.expectCauses(["SQLSTATE 53100"], besides: ["no connection", "SQLSTATE 55P03"])
      }
      #expect(line.refused("GET") == 0, "reads were refused: \(line)")
    }

    /// Takes the room that the table's pages still have, which can be that of thousands of rows: who
    /// waits for others to add a page adds some for them too (`RelationAddExtraBlocks`).
    private static func useUpPages(_ database: Database) throws {
      let refusal = #expect(throws: Failure.self) {
        try database.psql(
          """
          DO $$ BEGIN FOR n IN 1..1000000 LOOP
            INSERT INTO clients (id, type, name)
              VALUES (gen_random_uuid(), 'company', 'Client ' || n);
            COMMIT;
          END LOOP; END $$
          """)
      }
      let reason = try #require(refusal).description
      #expect(reason.contains("No space left on device"), "\(reason)")
    }
  }
}
