import Foundation
import Testing

extension SystemdTests {
  /// What systemd itself says of the units that ship.
  @Suite struct UnitsTests {
    @Test func theyAreCleanAndTheirSandboxesTight() throws {
      let scripts = try #require(ProcessInfo.processInfo.environment["ERP_TEST_SCRIPTS"])
      let check = try Command.run([scripts + "/check-units"], within: 60)
      #expect(check.status == 0, "\(check.out)\(check.errors)")
      print(check.out)
      for unit in ["erp-back.service", "erp-back-migrate.service", "erp-back-backup.service"] {
        #expect(check.out.contains("\(unit) "), "\(check.out)")
      }
    }
  }
}
