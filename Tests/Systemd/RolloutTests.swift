import Testing

extension SystemdTests {
  /// What an operator does on a working day, with 16 clients at work meanwhile.
  @Suite(.serialized) struct RolloutTests {
    let box: Box
    init() throws {
      box = try Box.shared()
      _ = try box.stage("reset")
    }

    @Test func twentyRestartsLoseNothing() throws {
      let (_, line) = try box.stage(underLoad: "--clients 16 --requests 20000", "restart", "20")
      line.checkNothingLost()
      #expect(line.requests >= 20_000)
      #expect(line.windows == 20)
      #expect(line.latency_ms.windows.requests > 100)
      #expect(line.latency_ms.windows.p99 < 2000, "\(line.latency_ms)")
      print("p99 during 20 restarts: \(line.latency_ms.windows.p99) ms")
    }

    /// The process that serves afterwards runs the new file: `stage` compares them.
    @Test func aChangedBinaryIsRolledOutWithoutALoss() throws {
      let (_, line) = try box.stage(underLoad: "", "rollout", "5")
      line.checkNothingLost()
      #expect(line.windows == 5)
    }

    /// nginx closes kept connections between two requests: what may be repeated is, once.
    @Test func nginxReloadsWithoutALoss() throws {
      let (_, line) = try box.stage(underLoad: "", "reload", "8")
      line.checkNothingLost()
      #expect(line.windows == 8)
    }

    @Test func clientsThatKeepNoConnectionSeeNothingOfAReload() throws {
      let (_, line) = try box.stage(underLoad: "--connections fresh", "reload", "4")
      line.checkNothingLost()
    }

    @Test func aHangupChangesNothing() throws {
      let (_, line) = try box.stage(underLoad: "", "hangup", "10")
      line.checkNothingLost()
    }

    /// Mended before nginx's limit: every request waited and was answered.
    @Test(arguments: ["setting", "program"])
    func aRolloutThatFailsIsWaitedFor(_ fault: String) throws {
      let (said, line) = try box.stage(underLoad: "", "broken-rollout", fault, "4")
      checkBroken(said)
      line.checkNothingLost()
      #expect(line.latency_ms.all.max > 3500, "nobody waited: \(line.latency_ms)")
    }

    @Test func theUnitsWorkWithoutAUserOfTheirOwn() throws {
      let said = Said(try box.stage("dynamic"))
      #expect((61_184...65_519).contains(Int(said["uid"]) ?? 0), "\(said)")
      #expect(said["live"] == "200" && said["ready"] == "200", "\(said)")
    }

    /// systemctl says so, the socket stays, and the service comes back by itself once mended.
    private func checkBroken(_ said: Said) {
      #expect(said["restart"] == "1", "\(said)")
      #expect(said["service"] == "", "\(said)")
      #expect(said["socket"] == "active", "\(said)")
      #expect(said["connectable"] == "yes", "\(said)")
      #expect((Int(said["back"]) ?? 99_999) < 2000, "\(said)")
    }
  }
}
