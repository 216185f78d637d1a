import Foundation
import Testing

@testable import Harness

extension EndToEnd {
  /// The dashboard and the alerts that ship ask for what the service tells.
  @Suite struct MonitoringTests {
    private static let directory = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("monitoring")

    private func text(_ name: String) throws -> String {
      try String(contentsOf: Self.directory.appendingPathComponent(name), encoding: .utf8)
    }

    @Test(arguments: ["grafana-dashboard.json", "alerts.yml"])
    func everyMetricExists(_ name: String) throws {
      let told = try Site.shared().get("/metrics").text
      var known: Set<String> = []
      for match in told.matches(of: /# TYPE (\S+) (\S+)/) {
        let name = String(match.1)
        known.formUnion(
          match.2 == "histogram" ? [name + "_bucket", name + "_sum", name + "_count"] : [name])
      }
      let asked = Set(
        try text(name).matches(of: /\b(erp_back|process)_[a-z_]+/).map { String($0.0) })
      #expect(asked.count > 8)
      #expect(asked.isSubset(of: known), "\(asked.subtracting(known))")
    }

    @Test func theDashboardIsJSONWithPanels() throws {
      let dashboard = try #require(JSON(Array(try text("grafana-dashboard.json").utf8)))
      let panels = try #require(dashboard["panels"].array)
      #expect(panels.count > 15)
      for panel in panels { #expect(!(panel["targets"].array ?? []).isEmpty) }
    }

    @Test(
      .enabled(if: Workbench.exists("/usr/bin/promtool"), "no promtool: scripts/prepare --checks"))
    func theAlertsFireWhenTheyShould() throws {
      let output = try Output.of(
        "/usr/bin/promtool", ["test", "rules", Self.directory.path + "/alerts.test.yml"])
      #expect(output.status == 0, "\(output)")
    }
  }
}
