import Testing

extension SystemdTests {
  /// A service that does not start for longer than nginx waits.
  @Suite(.serialized) struct OutageTests {
    let box: Box
    init() throws {
      box = try Box.shared()
      _ = try box.stage("reset")
    }

    /// fastcgi_read_timeout, 15 s, and what a busy machine adds.
    private static let longest = 17_500.0

    /// Every request waited and was answered, or got a 503 in the envelope and was then not done:
    /// its client sends it again.
    @Test func aLongOutageIsA503AndNothingIsDoneLater() throws {
      let (said, line) = try box.stage(
        underLoad: "--allow 503 --certain 503", "broken-rollout", "setting", "18")
      #expect(said["restart"] == "1" && said["socket"] == "active", "\(said)")
      #expect((Int(said["back"]) ?? 99_999) < 2000, "\(said)")
      #expect(line.status == 0 && line.failed == 0, "\(line)")
      #expect(line.ledger?.exact == true, "\(line)")
      #expect(line.answers("503") == 16, "one for each client: \(line)")
      #expect(line.latency_ms.all.max < Self.longest, "\(line.latency_ms)")
    }
  }
}
