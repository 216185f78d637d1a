import Testing

@testable import Harness

extension EndToEnd {
  @Suite struct CommandLineTests {
    private func erpBack(_ arguments: [String]) throws -> Output {
      try Output.of(Workbench.require().binary, arguments)
    }

    /// What scripts/install asks for is among them.
    @Test(arguments: [
      ["openapi"], ["--help"], ["--version"], ["help", "migrate"], ["serve", "--help"], ["help"],
      ["--generate-completion-script", "bash"],
    ])
    func outputThatCannotBeWrittenIsAFailure(_ arguments: [String]) throws {
      let binary = try Workbench.require().binary
      let command = "'\(binary)' \(arguments.joined(separator: " "))"
      for (place, reason) in [
        ("/dev/full", "No space left on device"), ("&-", "Bad file descriptor"),
      ] {
        let output = try Output.of("/bin/sh", ["-c", "\(command) >\(place)"])
        #expect(output.status == 74)
        #expect(output.errors.contains("could not be written: \(reason)"), "\(output)")
      }
      let written = try erpBack(arguments)
      #expect(written.status == 0)
      #expect(!written.out.isEmpty && written.errors.isEmpty, "\(written)")
    }

    @Test(arguments: [
      (["chekc"], "did you mean check?"), (["help", "migarte"], "did you mean migrate?"),
      (["migrate", "upgrad", "head"], "did you mean upgrade?"),
      (["help", "migrate", "stmap"], "did you mean stamp?"),
      (["bogus"], "serve, migrate, check, openapi"),
      (["migrate", "sideways"], "upgrade, downgrade, current, history, check, stamp"),
    ])
    func anUnknownSubcommandIsRefusedWithTheOneThatWasMeant(
      _ arguments: [String], _ remedy: String
    ) throws {
      let output = try erpBack(arguments)
      #expect(output.status == 64)
      #expect(output.errors.contains(remedy), "\(output)")
      #expect(output.out == "")
    }

    @Test func migrateAloneHasNotMigrated() throws {
      let output = try erpBack(["migrate"])
      #expect(output.status == 64)
      #expect(output.errors.contains("erp-back migrate --help"), "\(output)")
    }

    /// A column is 80 characters: a longer line of the table would be broken, and lose its indentation.
    @Test func helpKeepsItsIndentation() throws {
      let help = try erpBack(["serve", "--help"]).out
      let table = help.split(separator: "\n").drop { !$0.hasPrefix("  DATABASE_URL") }
        .prefix { !$0.hasPrefix("USAGE") }
      #expect(table.count >= 3 * 20)
      for line in table { #expect(line.hasPrefix("  "), "\(line)") }
      let upgrade = try erpBack(["migrate", "upgrade", "--help"]).out
      #expect(upgrade.contains("USAGE: erp-back migrate upgrade [--sql] <target>\n"))
    }
  }
}
