import Foundation
import Testing

@testable import Harness

extension EndToEnd {
  /// The environment: what is accepted, and how what is not is said.
  @Suite struct ConfigurationTests {
    private func migrateCurrent(_ url: String?) throws -> Output {
      try Output.of(
        Workbench.require().binary, ["migrate", "current"],
        environment: url.map { ["DATABASE_URL": $0] } ?? [:])
    }

    @Test func everyFormOfTheURLIsAccepted() throws {
      let database = try Cluster.shared().database(unique())
      let rest = try #require(database.url.firstRange(of: "://")).upperBound
      let tail = String(database.url[rest...])
      let withPassword = tail.replacing("erp@", with: "erp:p%40ss%3A%2F%23w%20rd@")
      let host = try #require(tail.firstMatch(of: /host=([^&]+)/)).1
      let folder = try #require(String(host).removingPercentEncoding)
      let urls = [
        "postgresql://" + tail, "postgres://" + tail, "postgresql+psycopg2://" + tail,
        "postgresql+psycopg://" + tail, "postgresql://" + withPassword,
        "postgresql+psycopg2://" + withPassword + "&sslmode=disable",
        "postgresql://" + tail + "&target_session_attrs=read-write&connect_timeout=5",
        "host=\(folder) dbname=\(database.name) user=erp",
        "host='\(folder)' dbname = '\(database.name)' user=erp password='a \\' b'",
        "postgresql://erp@/\(database.name)?host=/nonexistent,\(host)",
      ]
      for url in urls {
        let output = try migrateCurrent(url)
        #expect(output.status == 0, "\(url): \(output.errors)")
        #expect(output.out == "base\n")
      }
    }

    @Test(arguments: [
      nil, "", " ", "mysql://user:s3cret-word@host/db",
      "postgresql://user:s3cret-word@host:99999x/db",
      "postgresql://user:s3cret-word@host:70000/db", "http://user:s3cret-word@host/",
      "postgresql://user:s3cret-word%zz@host/db", "password=s3cret-word nonsense=1",
      "password='s3cret-word", "postgresql://user:s3cret-word@host/db?nonsense=1", "s3cret-word",
      "postgresql://user:s3cret-word@[::1/db",
    ])
    func anUnusableURLIsOneLineAndExit78(_ url: String?) throws {
      let directory = try Workbench.require().directory
      for arguments in [["serve"], ["migrate", "current"], ["migrate", "upgrade", "head"]] {
        // An empty one, so that migrate does not look into /etc/erp-back of this machine.
        var environment = [
          "ERP_SOCKET": "\(directory)/\(unique()).sock", "CREDENTIALS_DIRECTORY": directory,
        ]
        environment["DATABASE_URL"] = url
        let output = try Output.of(
          Workbench.require().binary, arguments, environment: environment, within: 10)
        #expect(output.status == 78, "\(arguments) \(url ?? "unset"): \(output)")
        #expect(output.errors.split(separator: "\n").count == 1, "\(output.errors)")
        #expect(output.errors.contains("DATABASE_URL"), "\(output.errors)")
        #expect(!(output.out + output.errors).contains("s3cret"), "\(output.errors)")
      }
    }

    @Test func helpListsEveryVariable() throws {
      let help = try Output.of(Workbench.require().binary, ["serve", "--help"])
      #expect(help.status == 0)
      for name in [
        "DATABASE_URL", "ERP_SOCKET", "ERP_SOCKET_GROUP", "ERP_REACTORS", "ERP_MAX_BODY",
        "ERP_PREPARE", "CORS_ORIGINS",
      ] {
        #expect(help.out.contains(name), "\(name)")
      }
    }

    @Test(arguments: [
      ("ERP_REACTORS", "none"), ("ERP_REACTORS", "0"), ("ERP_MAX_BODY", "-1"),
      ("ERP_MAX_BODY", "1MB!"), ("ERP_PREPARE", "perhaps"), ("CORS_ORIGINS", "not an origin"),
      ("CORS_ORIGINS", "*,https://a.fr"), ("ERP_SOCKET_GROUP", "nobody-is-in-it"),
      ("ERP_DEADLINE_MS", ""), ("ERP_DEADLINE_MS", "5000"), ("ERP_STATEMENT_TIMEOUT_MS", "x"),
      ("ERP_SOCKET_MODE", "0999"), ("ERP_SOCKET_MODE", "1660"), ("ERP_SOCKET_MODE", "0444"),
    ])
    func aVariableThatMakesNoSenseIsOneLine(_ name: String, _ value: String) throws {
      let workbench = try Workbench.require()
      let output = try Output.of(
        workbench.binary, ["serve"],
        environment: [
          "DATABASE_URL": workbench.databaseURL, name: value,
          "ERP_SOCKET": "\(workbench.directory)/\(unique()).sock",
        ], within: 10)
      #expect(output.status == 78)
      #expect(output.errors.contains(name), "\(output.errors)")
      #expect(output.errors.split(separator: "\n").count == 1, "\(output.errors)")
    }

    @Test func aVariableThatNothingReadsIsNamedInTheLog() throws {
      try Site.new(.init(environment: ["ERP_POOLSIZE": "20"])) { site in
        let line = site.responder.log().split(separator: "\n").first { $0.contains("ERP_POOLSIZE") }
        #expect(line?.contains("level=warning") == true)
        #expect(line?.contains("did you mean ERP_POOL_SIZE?") == true, "\(line ?? "no line")")
      }
    }

    @Test func aDatabaseThatIsAwayIsARemedyAndExit69() throws {
      for (url, remedy) in [
        ("postgresql://erp@/erp?host=/nonexistent", "systemctl start postgresql"),
        (try Workbench.require().databaseURL.replacing("/erp?", with: "/no-such?"), "createdb"),
      ] {
        let output = try migrateCurrent(url)
        #expect(output.status == 69)
        #expect(output.errors.contains(remedy), "\(output.errors)")
      }
    }

    @Test func aSocketPathThatIsTakenIsRefused() throws {
      try Site.new { site in
        let directory = try Workbench.require().directory
        let file = "\(directory)/\(unique()).txt"
        _ = FileManager.default.createFile(atPath: file, contents: Data("precious".utf8))
        for path in [site.responder.socketPath, file, directory] {
          let output = try Output.of(
            Workbench.require().binary, ["serve"],
            environment: ["DATABASE_URL": site.database.url, "ERP_SOCKET": path], within: 10)
          #expect(output.status != 0, "\(path)")
          #expect(output.errors.contains(path), "\(output.errors)")
        }
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "precious")
        #expect(try site.get("/health/live").status == 200)
      }
    }

    @Test func aSocketLeftBehindByAKillIsTakenOver() throws {
      try Site.new { site in
        site.responder.process?.signal(SIGKILL)
        _ = try site.responder.process?.wait()
        #expect(Workbench.exists(site.responder.socketPath))
        // Nothing was sent to anybody, hence nothing done.
        for answer in [try site.get("/health/live"), try site.create(client())] {
          #expect(answer.status == 502)
          let sentence = try #require(answer.json["error"].string)
          #expect(sentence.hasSuffix("réessayez dans un instant"))
        }
        try site.responder.start()
        #expect(try site.get("/health/live").status == 200)
      }
    }

    @Test func theResponderServesWithoutPreparedStatementsAndWithTwoLoops() throws {
      let environment = ["ERP_PREPARE": "off", "ERP_REACTORS": "2"]
      try Site.new(.init(environment: environment)) { site in
        let targets = try together(16) { _ in
          let created = try site.create(client())
          guard let target = created["Location"] else { throw Failure("\(created)") }
          guard try site.send("PUT", target, json: ["city": "Tours"]).status == 200,
            try site.get(target).json["data"]["city"] == "Tours"
          else { throw Failure("not updated") }
          return target
        }
        #expect(Set(targets).count == 16)
        #expect(try site.get("/clients/?city=Tours").json["count"] == 16)
      }
    }
  }
}
