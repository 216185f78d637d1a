import Foundation
import Testing

@testable import Harness

extension EndToEnd {
  /// Root types a command in a shell where nothing is set: the units' files count, and the unit's
  /// user. /etc is a copy in a mount namespace of the command's own.
  @Suite(.enabled(if: Workbench.canMount, "takes root and unshare --mount"))
  struct CheckServiceFilesTests {
    private enum Place { case url, variable }

    /// A cluster whose role erp-back may come in from that user alone (`peer`), and an /etc with
    /// the package's user and files. The user shares www-data's number, since the server looks
    /// numbers up in the machine's own /etc.
    ///
    /// - Parameter host: where the server is named.
    private func withServiceFiles(
      host: Place = .url,
      _ work: (_ erpBack: (_ arguments: String) throws -> Output) throws -> Void
    ) throws {
      let directory = "\(try Workbench.require().directory)/\(unique())"
      let cluster = try Cluster.new(in: directory)
      defer { try? cluster.stop() }
      let database = Database(name: "erp", url: cluster.url)
      #expect(try database.erpBack(["migrate", "upgrade", "head"]).status == 0)
      try database.psql(
        """
        CREATE ROLE "erp-back" LOGIN;
        GRANT ALL ON clients, erp_back_revisions TO "erp-back"
        """)
      try database.psql("ALTER SYSTEM SET unix_socket_permissions = '0777'")
      let rules = try String(contentsOfFile: directory + "/data/pg_hba.conf", encoding: .utf8)
      try write(
        "local all \"erp-back\" peer map=service\n" + rules, directory + "/data/pg_hba.conf")
      try write("service www-data erp-back\n", directory + "/data/pg_ident.conf")
      try cluster.stop()
      try cluster.start()

      let etc = directory + "-etc"
      // It fails when a file vanishes meanwhile; the next line reads one that does not.
      _ = try Output.of("/bin/cp", ["-a", "/etc", etc])
      let users = try String(contentsOfFile: etc + "/passwd", encoding: .utf8)
      try write(
        users.replacing(/(^|\n)www-data:x:33:33:/) { "\($0.1)erp-back:x:33:33:" }, etc + "/passwd")
      _ = try Output.ofSuccess("/bin/mkdir", ["-p", etc + "/erp-back"])
      let (url, variable) =
        host == .url ? ("&host=\(directory)", "") : ("", "PGHOST=\(directory)\n")
      try write("postgresql:///erp?user=erp-back\(url)\n", etc + "/erp-back/database_url")
      try write(
        "# a comment\nERP_POOL_SIZE=\"5\"\nERP_POOL_SIZ=6\n\(variable)",
        etc + "/erp-back/erp-back.env")
      for file in ["database_url", "erp-back.env"] { chmod("\(etc)/erp-back/\(file)", 0o600) }
      let binary = try Workbench.require().binary
      try work { arguments in
        try Output.of(
          "/usr/bin/unshare",
          [
            "--mount", "/bin/sh", "-c",
            "mount --bind \(etc) /etc && exec \(arguments.replacing("erp-back ", with: binary + " "))",
          ])
      }
    }

    private func write(_ text: String, _ path: String) throws {
      // Not atomically: the file keeps its owner.
      let file = try #require(
        FileManager.default.fileExists(atPath: path)
          || FileManager.default.createFile(atPath: path, contents: nil)
          ? FileHandle(forWritingAtPath: path) : nil)
      try file.truncate(atOffset: 0)
      try file.write(contentsOf: Data(text.utf8))
      try file.close()
    }

    @Test func rootNeedsToSetNothing() throws {
      try withServiceFiles { erpBack in
        let check = try erpBack("erp-back check")
        let lines = check.out.split(separator: "\n")
        #expect(
          lines.first
            == "configuration: /etc/erp-back/erp-back.env, /etc/erp-back/database_url", "\(check)")
        #expect(check.out.contains(" to database erp as erp-back over the socket in "), "\(check)")
        #expect(check.out.contains("up to 6 connections"))
        #expect(check.out.contains("remedy: did you mean ERP_POOL_SIZE?"))

        let current = try erpBack("erp-back migrate current")
        #expect(current.status == 0, "\(current)")
        #expect(current.out.hasPrefix(MigrationTests.head))
        #expect(current.errors.contains("/etc/erp-back/database_url, as user erp-back"))
      }
    }

    /// The service has what the file sets; so must a command that looks for it, and no more.
    @Test func libpqsVariablesAreTheFiles() throws {
      try withServiceFiles(host: .variable) { erpBack in
        let check = try erpBack("env PGHOST=/nonexistent PGPORT=1 erp-back check")
        #expect(check.status != 69, "\(check)")
        #expect(check.out.contains("without this shell's PGHOST, PGPORT\n"), "\(check)")
        let place = try #require(check.out.firstMatch(of: /over the socket in (\S+)/)).1
        let current = try erpBack("env PGHOST=/nonexistent erp-back migrate current")
        #expect(current.status == 0, "\(current)")

        let removal = try erpBack("sed -i /^PGHOST/d /etc/erp-back/erp-back.env")
        #expect(removal.status == 0, "\(removal)")
        #expect(try erpBack("env PGHOST=\(place) erp-back check").status == 69)
        #expect(try erpBack("env PGHOST=\(place) erp-back migrate current").status == 69)
      }
    }

    @Test func secretsThatOthersMayReadAreNamed() throws {
      try withServiceFiles { erpBack in
        func warned() throws -> [Substring] {
          try erpBack("erp-back check").out.split(separator: "\n").filter {
            $0.contains("chmod 600") || $0.contains("chown root")
          }.map { $0.drop { $0 == " " } }
        }
        #expect(try warned().isEmpty)
        _ = try erpBack("chmod 644 /etc/erp-back/erp-back.env")
        _ = try erpBack("chown 33 /etc/erp-back/database_url")
        #expect(
          try warned() == [
            "remedy: chmod 600 /etc/erp-back/erp-back.env",
            "remedy: chown root:root /etc/erp-back/database_url",
          ])
      }
    }

    @Test func othersAreToldToBeRoot() throws {
      try withServiceFiles { erpBack in
        let nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups -- "
        let check = try erpBack(nobody + "erp-back check")
        #expect(check.status == 78)
        #expect(check.out.contains("/etc/erp-back/database_url: Permission denied"))
        #expect(check.out.contains("remedy: run as root"))
        #expect(!check.out.contains("is not set"))
        let current = try erpBack(nobody + "erp-back migrate current")
        #expect(current.status == 78)
        #expect(current.errors.contains("database_url: Permission denied: run as root"))
      }
    }
  }
}
