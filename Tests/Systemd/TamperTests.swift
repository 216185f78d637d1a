import Testing

extension SystemdTests {
  /// The ledger itself: what it is there to find, it finds.
  @Suite struct TamperTests {
    @Test func rowsChangedBehindTheAPIAreFound() throws {
      let box = try Box.shared()
      _ = try box.stage("reset")
      let (_, line) = try box.stage(underLoad: "", "tamper")
      #expect(line.status == 1)
      #expect(line.ledger?.exact == false)
      #expect((line.ledger?.different ?? 0) > 10, "\(line)")
    }
  }
}
