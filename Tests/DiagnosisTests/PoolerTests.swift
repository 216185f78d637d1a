import Testing

@testable import Diagnosis

@Suite struct PoolerTests {
  private func findings(
    isThere: Bool = false, isShared: Bool = false, prepares: Bool = true, unlimited: [String] = []
  ) -> [Finding] {
    Pooler(isThere: isThere, isShared: isShared, prepares: prepares, unlimited: unlimited)
      .findings(role: "\"erp-back\"")
  }

  @Test func withoutOneThereIsNothingToSay() {
    #expect(findings().isEmpty)
    #expect(findings(unlimited: ["statement_timeout"]).isEmpty)
    #expect(findings(prepares: false).isEmpty)
  }

  @Test func preparingWhereNothingLastsIsSaid() throws {
    let finding = try #require(findings(isThere: true, isShared: true).first)
    #expect(finding.outcome == .warning)
    #expect(finding.remedy?.contains("ERP_PREPARE=off") == true)
    #expect(
      finding.remedy?.contains("ALTER ROLE \"erp-back\" SET statement_timeout = '5s';") == true)
  }

  @Test func aSessionOfOnesOwnMayPrepare() {
    #expect(findings(isThere: true).map(\.outcome) == [.ok])
  }

  @Test func settingsThatNobodyCarriesAreNamed() {
    #expect(findings(isThere: true, isShared: true, prepares: false).map(\.outcome) == [.ok])
    let missing = findings(
      isThere: true, isShared: true, prepares: false, unlimited: ["lock_timeout"])
    #expect(missing.map(\.outcome) == [.ok, .warning])
    #expect(missing[1].text.contains("lock_timeout of \"erp-back\" is 0"))
    let direct = findings(prepares: false, unlimited: ["statement_timeout", "lock_timeout"])
    #expect(direct.map(\.outcome) == [.warning])
    #expect(direct[0].remedy?.contains("ERP_PREPARE=on") == true)
  }
}
