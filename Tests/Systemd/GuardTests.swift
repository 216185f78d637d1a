import Testing

extension SystemdTests {
  /// The authenticator of nginx/examples in its unit.
  @Suite struct GuardTests {
    @Test func theTokenGuardWorksAsTheGuideSetsItUp() throws {
      let box = try Box.shared()
      _ = try box.stage("reset")
      let said = Said(try box.stage("guard"))
      #expect(said["without"] == "401" && said["with"] == "200" && said["session"] == "200")
      #expect(said["away"] == "500" && said["back"] == "200", "\(said)")
      #expect(said["socket"] == "770 www-data" || said["socket"] == "660 www-data", "\(said)")
      #expect(said["core"] == "1", "\(said)")
      #expect(said["said"] == "0", "the token is in the journal or in nginx's log")
    }
  }
}
