import Foundation
import Testing

@testable import Harness

extension Torture {
  /// The server is not there yet, is on its way, and on its way out.
  @Suite struct StartTests {
    /// 57P03 while it recovers. A smart shutdown waits for the sessions there are and takes no new
    /// ones (57P03 again); a fast one ends them (57P01).
    @Test func itComesAndGoes() throws {
      let seconds = Scene.length(short: 1.0, long: 5)
      let rounds = Scene.length(short: 1, long: 3)
      let name =
        "server down at our start, recovering for \(seconds) s, then shut down smart and fast "
        + "\(rounds) times"
      try Scene.play(name, .init(ownsCluster: true, startsWithoutDatabase: true)) { scene in
        let site = scene.site
        #expect(try site.get("/health").text.contains("degraded"))
        try self.recover(Server(site, isUp: false), scene, for: seconds)
        let server = try Server(site)
        for _ in 0..<rounds { try shutDown(server, scene) }
        try scene.expectOutages(1 + rounds)
        scene.expectCauses(["no connection"], besides: ["connection lost"])
      }
    }

    private func recover(_ server: Server, _ scene: Scene, for seconds: Double) throws {
      try server.startRecovering()
      let refusal = try server.refusal()
      #expect(refusal.contains("not accepting connections"), "\(refusal)")
      try scene.pause(seconds)
      #expect(try scene.site.get("/clients/").json["code"] == "unavailable")
      #expect(try scene.site.get("/health/live").status == 200)
      try server.promote()
      try eventually("the server takes connections", within: 30) {
        (try? scene.site.database.psql("SELECT 1")) == "1"
      }
      try scene.heals("recovered")
    }

    private func shutDown(_ server: Server, _ scene: Scene) throws {
      let ours = try server.sessions()
      let postmaster = try server.postmaster
      try server.signalPostmaster(SIGTERM)
      try eventually("new sessions are refused") {
        try server.refusal().contains("is shutting down")
      }
      try scene.pause(0.2)
      #expect(try scene.site.get("/clients/?limit=1").status == 200, "what is open serves on")
      // One fewer, and it cannot be replaced.
      try server.signal(ours[0], SIGTERM)
      try scene.pause(0.2)
      try server.signalPostmaster(SIGINT)
      try server.waitUntilGone(postmaster)
      try scene.site.cluster.start()
      try scene.heals("started")
    }
  }
}
