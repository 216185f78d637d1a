import Testing

extension SystemdTests {
  /// systemctl stop, and signals by hand.
  @Suite(.serialized) struct ShutdownTests {
    let box: Box
    init() throws {
      box = try Box.shared()
      _ = try box.stage("reset")
    }

    private func checkClean(_ said: Said) {
      #expect(said["Result"] == "success", "\(said)")
      #expect(said["ExecMainCode"] == "1", "not exited: \(said)")  // CLD_EXITED
      #expect(said["ExecMainStatus"] == "0", "\(said)")
      #expect(said["killed"] == "0", "\(said)")
    }

    @Test func anIdleServiceStopsAtOnce() throws {
      let said = Said(try box.stage("stop"))
      checkClean(said)
      #expect((Int(said["ms"]) ?? 99_999) < 2000, "\(said)")
    }

    @Test func aSlowQueryIsAnsweredFirst() throws {
      let said = Said(try box.stage("stop", "2"))
      checkClean(said)
      #expect(said["created"] == "201", "\(said)")
      let time = try #require(Int(said["ms"]))
      #expect(time > 1000 && time < 4000, "\(said)")
    }

    /// ERP_DRAIN_MS is below TimeoutStopSec: systemd has nothing to kill.
    @Test func theWaitIsBounded() throws {
      let said = Said(try box.stage("stop", "4", "ERP_DRAIN_MS=1000"))
      checkClean(said)
      #expect(said["created"] == "502", "\(said)")
      let time = try #require(Int(said["ms"]))
      #expect(time > 900 && time < 2500, "\(said)")
    }

    @Test func aSecondSignalEndsItAtOnce() throws {
      let said = Said(try box.stage("twice", "4"))
      #expect((Int(said["ms"]) ?? 99_999) < 2000, "\(said)")
    }
  }
}
