import Foundation
import Testing

@testable import Harness

extension Torture {
  /// A password and a person, looked for where they do not belong.
  @Suite struct CanaryTests {
    // MARK: what the commands print

    /// Mistakes that operators make with a password, by name; `P` is the password.
    private static let mistakes: [(url: String, separators: [String])] = [
      // URLs whose password should have been percent-encoded.
      ("postgresql://erp:P@/erp?host=/nonexistent", ["@"]),
      ("postgresql://erp:P@/erp?host=/nonexistent", ["/"]),
      ("postgresql://erp:P@/erp?host=/nonexistent", ["?"]),
      ("postgresql://erp:P@/erp?host=/nonexistent", ["#", "%", "&"]),
      ("postgresql://erp:P@/erp?host=/nonexistent", ["%zz"]),
      ("postgresql://erp:P@/erp?host=/nonexistent", ["%00"]),
      ("postgresql://erp:P@/erp?host=/nonexistent", [":", "@", "/"]),
      ("postgresql://erp:P@/erp?host=/nonexistent", ["@", "?", "="]),
      ("postgresql://erp:P@/erp?host=/nonexistent", [" "]),
      ("postgresql+psycopg2://erp:P@localhost:54329999/erp", ["%40"]),
      ("postgresql+psycopg2://erp:P@[::1/erp", ["%40"]),
      ("postgresql://erp:12P@localhost/erp", ["/"]),
      // In the query.
      ("postgresql:///erp?host=/nonexistent&password=P", ["%2F"]),
      ("postgresql:///erp?host=/nonexistent&password=P", ["&"]),
      ("postgresql:///erp?host=/nonexistent&password=P", ["%zz"]),
      ("postgresql:///erp?host=/nonexistent&password=P", ["=", "&"]),
      ("postgresql:///erp?host=/nonexistent&passwort=P", ["%2F"]),
      ("postgresql:///erp?password=P&host=/nonexistent&sslmode=P", [""]),
      // Keywords.
      ("host=/nonexistent user=erp password=P", ["/"]),
      ("host=/nonexistent user=erp password=P", [" "]),
      ("host=/nonexistent user=erp password=P", [" ", "="]),
      ("host=/nonexistent user=erp password='P", [" "]),
      ("host=/nonexistent user=erp password='P'", ["'"]),
      ("host=/nonexistent user=erp password='P'", [" ", "@"]),
      ("host=/nonexistent user=erp pasword=P", [":"]),
      ("host=/nonexistent password=P port=P", [""]),
      ("host=/nonexistent password=P connect_timeout=P", [""]),
      // Something else altogether.
      ("P", ["/"]), ("P", ["="]), ("erp:P@localhost/erp", ["@"]), ("//erp:P@localhost/erp", [":"]),
      ("mysql://erp:P@localhost/erp", ["@"]), ("postgresql:/erp:P@localhost/erp", ["="]),
      ("DATABASE_URL=postgresql://erp:P@localhost/erp", ["@"]),
      ("\"postgresql://erp:P@/erp?host=/nonexistent\"", [":"]),
      ("jdbc:postgresql://localhost/erp?user=erp&password=P", ["&"]),
      ("psql 'postgresql://erp:P@localhost/erp'", ["/"]),
    ]

    private static let commands: [[String]] = [
      ["serve"], ["migrate", "current"], ["migrate", "upgrade", "head"],
      ["migrate", "upgrade", "head", "--sql"], ["check"], ["check", "--json"],
    ]

    @Test func noCommandSaysAPieceOfThePassword() throws {
      let directory = try Workbench.require().directory
      var runs = 0
      for (index, mistake) in Self.mistakes.enumerated() {
        let secret = Secret()
        let separators = mistake.separators
        var password = secret.words[0]
        for (place, word) in secret.words.dropFirst().enumerated() {
          password += separators[min(place, separators.count - 1)] + word
        }
        let url = mistake.url.replacing("P", with: password)
        // Each command in full, and in the short form each by turns.
        let commands =
          Scene.isLong ? Self.commands : [Self.commands[index % 6], ["migrate", "check"]]
        for command in commands {
          // Of a string that can be used, `serve` would serve.
          if command == ["serve"], try isUsable(url) { continue }
          let output = try Output.of(
            Workbench.require().binary, command,
            environment: [
              "DATABASE_URL": url, "ERP_SOCKET": "\(directory)/\(unique()).sock",
              "ERP_LOG_LEVEL": "trace", "CREDENTIALS_DIRECTORY": directory,
            ], within: 30)
          #expect([69, 75, 78].contains(output.status), "\(command) \(mistake): \(output)")
          #expect(!secret.isIn(output.out + output.errors), "\(command) \(mistake): \(output)")
          runs += 1
        }
      }
      runs += try passwordsFromElsewhere(directory)
      Scene.report(
        "canary: commands",
        "\(Self.mistakes.count) wrong spellings of DATABASE_URL, PGPASSWORD, PGPASSFILE and credentials, "
          + "\(runs) runs: no piece of a password printed")
    }

    /// Whether `erp-back` would try to connect with it.
    private func isUsable(_ url: String) throws -> Bool {
      try Output.of(
        Workbench.require().binary, ["migrate", "current"], environment: ["DATABASE_URL": url]
      ).status != 78
    }

    private func passwordsFromElsewhere(_ directory: String) throws -> Int {
      let secret = Secret()
      let place = "\(directory)/credentials-\(unique())"
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
      let plain = "postgresql://erp@/erp?host=/nonexistent"
      try "erp:\(secret.spelt("@"))".write(
        toFile: place + "/database_url", atomically: false, encoding: .utf8)
      let file = place + "/passwords"
      try "*:*:*:*:\(secret.spelt("x"))\nnonsense \(secret.words[0])\n".write(
        toFile: file, atomically: false, encoding: .utf8)
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
      var runs = 0
      for environment in [
        ["DATABASE_URL": plain, "PGPASSWORD": secret.spelt(" ")],
        ["DATABASE_URL": plain, "PGPASSFILE": file], ["CREDENTIALS_DIRECTORY": place],
        ["CREDENTIALS_DIRECTORY": place, "DATABASE_URL": " "],
      ] {
        for command in Self.commands.dropFirst() + [
          ["--help"], ["serve", "--help"], ["help", "check"], ["--version"], ["openapi"],
          ["nonsense"], ["serve", "--nonsense"],
        ] {
          let output = try Output.of(
            Workbench.require().binary, command, environment: environment, within: 30)
          #expect(!secret.isIn(output.out + output.errors), "\(command): \(output)")
          runs += 1
        }
      }
      return runs
    }

    // MARK: what the server refuses

    /// Wrong passwords, by each way to ask for one; then the right one, with every odd character in it.
    @Test func aRefusedPasswordIsNeverSaid() throws {
      try Site.new(.init(ownsCluster: true)) { site in
        let (right, wrong) = (Secret(), Secret())
        let password = right.spelt("@", "/ :#?&%", "='\\")
        let role = unique()
        let literal = password.replacing("'", with: "''")
        let hba = try site.database.psql("SHOW hba_file")
        let rules = try String(contentsOfFile: hba, encoding: .utf8)
        func spelt(_ text: String) -> [String] {
          let rest = site.database.url.replacing("postgresql://erp@", with: "")
          let parts = rest.split(separator: "?host=", maxSplits: 1)
          let host = String(parts[1]).removingPercentEncoding ?? ""
          let quoted = text.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
          return [
            "postgresql+psycopg2://\(role):\(percentEncoded(text))@\(rest)",
            "postgresql://\(role)@\(rest)&password=\(percentEncoded(text))",
            "host='\(host)' dbname=\(parts[0].dropFirst()) user=\(role) password='\(quoted)'",
          ]
        }
        var said = ""
        var refused = 0
        for method in ["scram-sha-256", "md5", "password"] {
          // A password of md5 cannot be checked by SCRAM, nor the other way round.
          try site.database.psql(
            "SET password_encryption = '\(method == "md5" ? "md5" : "scram-sha-256")'; "
              + "DROP ROLE IF EXISTS \(role); CREATE ROLE \(role) LOGIN SUPERUSER PASSWORD E'\(literal.replacing("\\", with: "\\\\"))'"
          )
          try "local all \(role) \(method)\n\(rules)".write(
            toFile: hba, atomically: false, encoding: .utf8)
          try site.database.psql("SELECT pg_reload_conf()")
          for (index, url) in spelt(wrong.spelt("@", "/")).enumerated() {
            for command in [["migrate", "current"], ["check"]] {
              let output = try Output.of(
                Workbench.require().binary, command,
                environment: ["DATABASE_URL": url], within: 30)
              #expect([69, 1].contains(output.status), "\(output)")
              #expect((output.out + output.errors).contains("password authentication failed"))
              said += output.out + output.errors
              refused += 1
            }
            said += try served(url, role, isRight: false)
            let good = spelt(password)[index]
            let output = try Output.of(
              Workbench.require().binary, ["migrate", "current"],
              environment: ["DATABASE_URL": good])
            #expect(output.status == 0, "\(method): \(output)")
            said += output.out + output.errors
            said += try served(good, role, isRight: true)
          }
        }
        said += try site.written()
        #expect(!wrong.isIn(said) && !right.isIn(said))
        let log = try Self.log(of: site)
        #expect(log.contains("password authentication failed"))
        #expect(!wrong.isIn(log), "the server's log has the password that was refused")
        Scene.report(
          "canary: passwords refused",
          "scram-sha-256, md5, password; 3 spellings each, serve, migrate and check: "
            + "\(refused) refusals, in no output and not in the server's log; the right one works")
      }
    }

    /// What a responder logs and answers with this address.
    private func served(_ url: String, _ role: String, isRight: Bool) throws -> String {
      let directory = "\(try Workbench.require().directory)/\(unique())"
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
      let responder = Responder(
        directory: directory, databaseURL: url, environment: ["ERP_LOG_LEVEL": "trace"])
      try responder.start()
      defer { responder.end() }
      var said = ""
      try eventually("ready, or said why: \(responder.log())") {
        let answer = try responder.request("GET", "/health/ready")
        said += answer.answers.map(\.output).joined()
        return isRight ? answer.status == 200 : responder.log().contains("database lost")
      }
      for target in ["/health", "/metrics", "/clients/"] {
        said += try responder.request("GET", target).answers.map(\.output).joined()
      }
      #expect(responder.log().contains("password authentication failed") == !isRight)
      // Of the process itself others of this machine see nothing: environ is its own user's.
      if let pid = responder.process?.pid {
        let mode = try FileManager.default.attributesOfItem(atPath: "/proc/\(pid)/environ")
        #expect(mode[.posixPermissions] as? Int == 0o400)
      }
      return said + responder.log()
    }

    static func log(of site: Site) throws -> String {
      let data = try site.database.psql("SHOW data_directory")
      let place = URL(fileURLWithPath: data).deletingLastPathComponent().path + "/postgres.log"
      return try String(contentsOfFile: place, encoding: .utf8)
    }

    // MARK: the server's own log

    /// Which of PostgreSQL's settings decide whether people stand in its log.
    @Test func thePersonIsInTheServersLogAsItsSettingsSay() throws {
      try Site.new(.init(ownsCluster: true)) { site in
        var found: [String] = []
        let terse = ["log_error_verbosity = 'terse'"]
        for (settings, isExpected) in [
          // As it comes: the DETAIL of a unique violation.
          ([], true),
          (terse, false),
          // Each of these writes parameters, as a DETAIL or a CONTEXT, which terse leaves out.
          (terse + ["log_min_duration_statement = 0"], false),
          (terse + ["log_statement = 'all'"], false),
          (terse + ["log_parameter_max_length_on_error = -1"], false),
          (["log_min_duration_statement = 0"], true),
        ] {
          try site.database.psql("ALTER SYSTEM RESET ALL")
          for setting in settings { try site.database.psql("ALTER SYSTEM SET \(setting)") }
          try site.database.psql("SELECT pg_reload_conf()")
          let names = settings.map { "'\($0.prefix { $0 != " " })'" }.joined(separator: ", ")
          if !settings.isEmpty {
            // The sessions that serve have it as soon as a new one has.
            try eventually("\(settings) are in force") {
              try site.database.psql(
                "SELECT count(*) FROM pg_settings WHERE name IN (\(names))"
                  + " AND sourcefile LIKE '%auto.conf'") == "\(settings.count)"
            }
          }
          let canary = Canary()
          try canary.appear(at: site)
          let statements = try Canary.statements(of: site)
          #expect(statements.contains("$1") && !statements.contains(canary.person), "\(statements)")
          let log = try Self.log(of: site)
          let isThere = log.contains(canary.person)
          #expect(isThere == isExpected, "\(settings): \(log.suffix(3000))")
          let said = settings.isEmpty ? "as it comes" : settings.joined(separator: ", ")
          found.append("\(said): \(isThere ? "yes" : "no")")
        }
        Scene.report("canary: person in PostgreSQL's log", found.joined(separator: "; "))
      }
    }
  }
}
