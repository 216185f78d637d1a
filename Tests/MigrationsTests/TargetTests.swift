import Testing

@testable import Migrations

@Suite struct TargetTests {
  private static let revisions = [
    ("2025_10_31_000001_clients", "create_clients_0001"), ("2025_11_01_000001_leads", nil),
    ("2025_11_01_000002_notes", nil),
  ].map { Revision($0, file: Array("up\n-- migrate:down\ndown".utf8), alembic: $1) }

  static let words: [(String, Target)] = [
    ("head", .head), ("base", .base), ("+1", .relative(1)), ("-1", .relative(-1)),
    ("+12", .relative(12)), ("+0", .relative(0)), ("2025_10_31", .revision("2025_10_31")),
    ("HEAD", .revision("HEAD")), ("1", .revision("1")), ("+", .revision("+")),
    ("-", .revision("-")), ("+x", .revision("+x")), ("+-1", .revision("+-1")),
    ("--1", .revision("--1")), ("+1.5", .revision("+1.5")), (" head", .revision(" head")),
    ("-99999999999999999999", .revision("-99999999999999999999")),
  ]

  @Test(arguments: words)
  func `a target is read as an operator writes it`(_ text: String, _ target: Target) {
    #expect(Target(text) == target)
  }

  static let positions: [(String, Int, Int)] = [
    ("head", 0, 3), ("head", 3, 3), ("base", 0, 0), ("base", 3, 0), ("+1", 0, 1), ("+3", 0, 3),
    ("-1", 3, 2), ("-3", 3, 0), ("+0", 2, 2), ("-0", 2, 2),
    ("2025_10_31_000001_clients", 0, 1), ("2025_10", 3, 1), ("create_clients_0001", 0, 1),
    ("2025_11_01_000001", 0, 2), ("2025_11_01_000002_notes", 1, 3),
  ]

  @Test(arguments: positions)
  func `a target is a number of revisions`(_ text: String, _ current: Int, _ position: Int) throws {
    #expect(try Target(text).position(in: Self.revisions, current: current) == position)
  }

  @Test(arguments: [
    ("+1", 3), ("+4", 0), ("-1", 0), ("-4", 3), ("+9223372036854775807", 0),
    ("+9223372036854775807", 3),
    ("-9223372036854775808", 3), ("2024", 0), ("2025_11", 0), ("clients", 0), ("HEAD", 0),
    ("create_clients", 0), ("2025_11_01_000003", 0), ("2025_10_31_000001_clients2", 0),
  ])
  func `what leads nowhere is refused with a reason`(_ text: String, _ current: Int) throws {
    let error = try #require(throws: MigrationError.self) {
      try Target(text).position(in: Self.revisions, current: current)
    }
    guard case .noSuchTarget(let reason) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(!reason.isEmpty)
  }

  @Test func `an empty name is no revision, even of one`() {
    #expect(throws: MigrationError.self) {
      try Target("").position(in: Array(Self.revisions.prefix(1)), current: 0)
    }
  }

  @Test func `a name that is whole is that revision though others begin with it`() throws {
    let revisions = ["a", "ab"].map { Revision($0, file: Array("-- migrate:down".utf8)) }
    let position = try? Target("a").position(in: revisions, current: 0)
    #expect(position == 1)
    #expect(try Target("ab").position(in: revisions, current: 0) == 2)
  }
}

@Suite struct MigrationErrorTests {
  /// sysexits.h: EX_USAGE, EX_UNAVAILABLE, EX_TEMPFAIL.
  static let codes: [(MigrationError, Int32)] = [
    (.noSuchTarget("x"), 64), (.wrongDirection("x"), 64), (.noConnection("x"), 69),
    (.locked(by: "x"), 75), (.edited(revision: "x", newest: "y"), 1), (.ahead(revision: "x"), 1),
    (.cannotAdopt(["x"]), 1), (.unknownAlembic("x"), 1), (.failed(revision: "r", reason: "x"), 1),
    (.database("x"), 1),
  ]

  @Test(arguments: codes)
  func `an error has its exit code and names what is at fault`(
    _ error: MigrationError, _ code: Int32
  ) {
    #expect(error.exitCode == code)
    #expect(error.description.contains("x"))
  }

  @Test(arguments: [
    (MigrationError.edited(revision: "r", newest: "s"), "new revision"),
    (.ahead(revision: "r"), "install the version"), (.unknownAlembic("v"), "stamp"),
    (.locked(by: "server process 7"), "server process 7"),
    (.cannotAdopt(["column a: missing"]), "column a: missing"),
  ])
  func `an error names the remedy`(_ error: MigrationError, _ remedy: String) {
    #expect(error.description.contains(remedy))
  }
}
