import Testing

extension SystemdTests {
  /// The process dies or hangs.
  @Suite(.serialized) struct CrashTests {
    let box: Box
    init() throws {
      box = try Box.shared()
      _ = try box.stage("reset")
    }

    @Test func twentyKillsLoseOnlyWhatWasInFlight() throws {
      let (said, line) = try box.stage(underLoad: "--allow-in-flight-loss", "kill", "20")
      print("milliseconds from kill -9 to 200: \(said.numbers)")
      #expect(said.numbers.count == 20)
      // Two of them may have met a host that took the processors away.
      #expect(said.numbers.count { $0 < 1000 } >= 18, "\(said.numbers)")
      #expect(said.numbers.allSatisfy { $0 < 3000 }, "\(said.numbers)")
      #expect(line.status == 0 && line.failed == 0, "\(line)")
      #expect(line.ledger?.exact == true, "\(line)")
      // Each of 16 clients has one request under way; each loss is nginx's 502, in the envelope, or a long
      // list of which nginx had sent the beginning.
      #expect((1...320).contains(line.lost), "\(line)")
      let cut = line.answers["GET"]?["cut"] ?? 0
      #expect(line.answers("502") + cut == line.lost, "\(line)")
    }

    @Test func aFrozenProcessIsEndedByTheWatchdog() throws {
      let said = Said(try box.stage("freeze"))
      print("milliseconds from SIGSTOP to 200: \(said.numbers)")
      // WatchdogSec=10s since the last ping, RestartSec, and the start.
      let time = try #require(said.numbers.first)
      #expect(time > 3000 && time < 14_000, "\(time)")
      #expect(said.lines.contains { $0.contains("Watchdog timeout") }, "\(said)")
    }
  }
}
