import Foundation
import Testing

@testable import Harness

extension Torture {
  /// Each limit leaves the one around it its time: in what ships, and in what an operator sets.
  @Suite struct LimitOrderTests {
    /// The defaults that `serve --help` tells, as numbers.
    private func defaults() throws -> [String: Int] {
      let help = try Output.ofSuccess(Workbench.require().binary, ["serve", "--help"])
      var defaults: [String: Int] = [:]
      for match in help.matches(
        of: /(ERP_[A-Z_]+)\n(?:(?!ERP_).)*?Default: ([0-9]+)\./
          .dotMatchesNewlines())
      {
        defaults[String(match.1)] = Int(match.2)
      }
      return defaults
    }

    private func file(_ path: String) throws -> String {
      try String(
        contentsOfFile: "\(try Workbench.require().scripts)/../\(path)", encoding: .utf8)
    }

    /// Milliseconds of the only line `name 15s;` or `Name=15s`.
    private func milliseconds(_ name: String, in text: String) throws -> Int {
      let lines = text.split(separator: "\n").filter { $0.hasPrefix(name) }
      try #require(lines.count == 1, "\(name): \(lines)")
      let value = try #require(lines[0].firstMatch(of: /([0-9]+)s;?$/), "\(lines)")
      return try #require(Int(value.1)) * 1000
    }

    @Test func whatShips() throws {
      let defaults = try defaults()
      func own(_ name: String) throws -> Int { try #require(defaults[name], "\(defaults)") }
      let parameters = try file("nginx/erp-back-params.conf")
      let unit = try file("systemd/erp-back.service")
      let wait = try own("ERP_POOL_WAIT_MS")
      let lock = try own("ERP_LOCK_TIMEOUT_MS")
      let statement = try own("ERP_STATEMENT_TIMEOUT_MS")
      let deadline = try own("ERP_DEADLINE_MS")
      let drain = try own("ERP_DRAIN_MS")
      let read = try milliseconds("fastcgi_read_timeout", in: parameters)
      let stop = try milliseconds("TimeoutStopSec", in: unit)
      let watchdog = try milliseconds("WatchdogSec", in: unit)
      #expect(wait < statement && statement < deadline && deadline < read)
      #expect(lock < statement)
      #expect(wait + statement <= deadline, "who waited to the end may still run to the end")
      #expect(2 * deadline < read, "a request that waited for a restart has its time")
      #expect(deadline < drain && drain < stop)
      #expect(deadline < watchdog && watchdog < read, "a process that hangs is ended by systemd")
      let size = try #require(parameters.firstMatch(of: /\nclient_max_body_size +([0-9]+)m;/))
      #expect(try own("ERP_MAX_BODY") == #require(Int(size.1)) * 1_048_576)
      // No other file of nginx says anything else.
      for name in ["api", "docs", "errors", "server", "upstream"] {
        let text = try file("nginx/erp-back-\(name).conf")
        #expect(!text.contains("_timeout 15") && !text.contains("client_max_body_size "), "\(name)")
      }
      Scene.report(
        "limits as they ship",
        "pool wait \(wait) < statement \(statement) < deadline \(deadline) < watchdog \(watchdog)"
          + " < nginx read \(read); lock \(lock); deadline < drain \(drain) < stop \(stop) ms")
    }

    /// The service does not start where the server could never end a statement first.
    @Test func aDeadlineThatIsNoMoreThanAStatement() throws {
      let workbench = try Workbench.require()
      for (deadline, isRefused) in [("4999", true), ("5000", true), ("5001", false)] {
        let environment = [
          "DATABASE_URL": workbench.databaseURL, "ERP_DEADLINE_MS": deadline,
          // Refused later, and with another status, when the environment is right.
          "ERP_SOCKET": workbench.directory,
        ]
        let output = try Output.of(
          workbench.binary, ["serve"], environment: environment, within: 10)
        #expect((output.status == 78) == isRefused, "\(deadline): \(output)")
        #expect(output.errors.contains("ERP_DEADLINE_MS") == isRefused, "\(output)")
        #expect(output.status != 0)
      }
    }

    /// What works and is not meant: `erp-back check` names it, and says nothing a step before.
    @Test func whatIsOutOfOrderIsNamed() throws {
      let site = try Site.shared()
      let cases: [(String, wrong: String, right: String)] = [
        ("ERP_POOL_WAIT_MS", "5000", "4999"), ("ERP_LOCK_TIMEOUT_MS", "5000", "4999"),
        ("ERP_DRAIN_MS", "7000", "7001"), ("ERP_MAX_BODY", "1048575", "1048576"),
        // With the wait of 2000, nginx's 15000; the drain goes before it.
        ("ERP_DEADLINE_MS", "13000", "12999"),
      ]
      for (name, wrong, right) in cases {
        let others = name == "ERP_DEADLINE_MS" ? ["ERP_DRAIN_MS": "14000"] : [:]
        func named(_ value: String) throws -> [String] {
          try Examination.of(site, url: nil, others.merging([name: value]) { $1 })
            .warnings.filter { $0.contains("\(name) ") }
        }
        #expect(try named(wrong).count == 1, "\(name)=\(wrong)")
        #expect(try named(right).isEmpty, "\(name)=\(right)")
      }
      Scene.report(
        "limits out of order",
        "a deadline no longer than a statement: exit 78; \(cases.count) others named by check")
    }
  }
}
