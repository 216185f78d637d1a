import Testing

@testable import Harness

extension Torture {
  /// The database server ends, and is there again.
  @Suite struct RestartTests {
    @Test(arguments: ["fast", "immediate"])
    func ofTheServer(_ mode: String) throws {
      let rounds = Scene.length(short: 2, long: 10)
      try Scene.play("server restarted, \(mode), \(rounds) times") { scene in
        for _ in 0..<rounds {
          if mode == "fast" { try scene.site.cluster.stop() } else { try scene.site.cluster.kill() }
          try scene.pause(0.3)
          try scene.site.cluster.start()
          try scene.heals()
          try scene.pause(0.3)
        }
      }
    }
  }
}
