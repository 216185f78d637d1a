import Testing

@testable import Diagnosis

/// Settings that are legal one by one and unwise together.
@Suite struct LimitsTests {
  private var limits: Limits {
    Limits(
      poolWait: 2000, statement: 5000, lock: 2000, deadline: 7000, drain: 10_000,
      maxBody: 1_048_576)
  }

  private func warned(_ change: (inout Limits) -> Void) -> String {
    var limits = limits
    change(&limits)
    return limits.findings.filter { $0.outcome == .warning }.map(\.text).joined(separator: "\n")
  }

  @Test func `the shipped ones are in order`() {
    var limits = limits
    (limits.read, limits.bodySizes, limits.stop) = (15_000, 1_048_576...1_048_576, 15_000)
    #expect(limits.findings.map(\.outcome) == [.ok])
    #expect(self.limits.findings.map(\.outcome) == [.ok])
  }

  @Test func `each pair out of order is named`() {
    #expect(warned { $0.poolWait = 5000 }.contains("ERP_POOL_WAIT_MS (5000)"))
    #expect(warned { $0.lock = 5000 }.contains("ERP_LOCK_TIMEOUT_MS (5000)"))
    #expect(warned { $0.read = 9000 }.contains("fastcgi_read_timeout (9000 ms)"))
    #expect(warned { $0.read = 9001 }.isEmpty)
    #expect(
      warned { $0.bodySizes = 1000...1_048_576 }.contains("client_max_body_size (1000 bytes)"))
    #expect(warned { $0.bodySizes = 0...0 }.contains("no limit"))
    #expect(warned { $0.drain = 7000 }.contains("ERP_DRAIN_MS (7000)"))
    #expect(warned { $0.drain = 7001 }.isEmpty)
    #expect(warned { $0.stop = 10_000 }.contains("TimeoutStopSec (10000 ms)"))
  }

  @Test(arguments: [
    ("ERP_POOL_SIZ", "ERP_POOL_SIZE"), ("ERP_POOLSIZE", "ERP_POOL_SIZE"),
    ("CORS_ORIGIN", "CORS_ORIGINS"), ("DATABSE_URL", "DATABASE_URL"),
  ])
  func `a misspelt variable is named with the right one`(_ given: String, _ meant: String) {
    let known = ["DATABASE_URL", "ERP_POOL_SIZE", "ERP_POOL_QUEUE", "CORS_ORIGINS"]
    let findings = Spelling.findings(
      given: [given, "HOME", "PATH", "ERP_BACKUP_DIR"] + known, known: known)
    #expect(findings.count == 1)
    #expect(findings.first?.text.contains(given) == true)
    #expect(findings.first?.remedy == "did you mean \(meant)?")
  }

  @Test func `an ERP variable that is like none is named too`() {
    let findings = Spelling.findings(given: ["ERP_XYZ"], known: ["ERP_POOL_SIZE"])
    #expect(findings.map(\.outcome) == [.warning])
  }

  private func connections(
    _ wanted: Int, others: Int = 0, role: Int = -1, database: Int = -1
  ) -> [Finding] {
    Connections(
      wanted: wanted, most: 100, reserved: 3, others: (others, others, others), roleLimit: role,
      databaseLimit: database
    ).findings(role: "r", database: "d")
  }

  @Test func `connections are counted against every limit`() {
    #expect(connections(97).map(\.outcome) == [.ok])
    #expect(connections(98).map(\.outcome) == [.failure])
    #expect(connections(97, others: 1).map(\.outcome) == [.warning])
    #expect(connections(9, role: 8).first?.remedy?.contains("ALTER ROLE r") == true)
    #expect(connections(9, database: 8).first?.remedy?.contains("ALTER DATABASE d") == true)
    #expect(connections(9, role: 8, database: 8).count == 2)
    #expect(connections(9, others: 1, role: 9).map(\.outcome) == [.warning])
  }
}
