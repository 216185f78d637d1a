import Testing

@testable import Diagnosis

/// What the server says of itself.
@Suite struct ServerTests {
  private func outcomes(_ change: (inout Server) -> Void) -> [Finding] {
    var server = Server(
      version: "15.18", number: 150_018, encoding: "UTF8", collation: "fr_FR.utf8",
      hasStaleCollation: false, isStandby: false, isReadOnly: false, isSuperuser: false,
      role: "\"erp-back\"", database: "erp", date: "2026-11-22")
    change(&server)
    return server.findings.filter { $0.outcome != .ok }
  }

  @Test func `a server as it must be is well`() { #expect(outcomes { _ in }.isEmpty) }

  @Test func `what is wrong is named one by one`() {
    #expect(outcomes { $0.number = 120_022 }.map(\.outcome) == [.failure])
    #expect(outcomes { $0.number = 130_000 }.map(\.outcome) == [.warning])
    #expect(outcomes { $0.number = 190_000 }.isEmpty)
    #expect(outcomes { $0.encoding = "LATIN1" }.map(\.outcome) == [.failure])
    #expect(outcomes { $0.hasStaleCollation = true }.map(\.outcome) == [.warning])
    #expect(outcomes { $0.isStandby = true }.map(\.outcome) == [.failure])
    #expect(outcomes { $0.isReadOnly = true }.map(\.outcome) == [.failure])
    #expect(outcomes { $0.isSuperuser = true }.map(\.outcome) == [.warning])
  }

  @Test func `each permission is named with its grant`() {
    let table = TablePermissions(table: "public.t", hidesRows: true, missing: ["INSERT", "UPDATE"])
    let findings = table.findings(role: "r", needed: ["INSERT"])
    #expect(findings.map(\.outcome) == [.failure, .warning, .warning])
    #expect(findings[0].remedy == "GRANT INSERT ON public.t TO r;")
    let all = TablePermissions(table: "public.t", hidesRows: false, missing: [])
    #expect(all.findings(role: "r", needed: []).map(\.outcome) == [.ok])
  }
}
