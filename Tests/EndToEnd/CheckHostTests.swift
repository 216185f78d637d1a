import Foundation
import Testing

@testable import Harness

extension EndToEnd {
  /// `erp-back check`, where it looks at the socket and at nginx.
  @Suite(.enabled(if: getuid() == 0, "only root may read nginx's files and make users' sockets"))
  struct CheckHostTests {
    @Test func theSocketIsLookedAt() throws {
      try Site.new { site in
        let url = try site.plainRole()
        let path = site.responder.socketPath
        func check(_ socket: String = path) throws -> [String] {
          try Examination.of(site, url: url, ["ERP_SOCKET": socket]).named("failure", "warning")
        }
        #expect(try check().isEmpty)
        #expect(chmod(path, 0o600) == 0)
        #expect(try check().contains { $0.contains("0600 root:www-data: www-data") })
        #expect(chmod(path, 0o666) == 0)
        #expect(try check().contains { $0.contains("0666") && $0.contains("every user") })
        #expect(chmod(path, 0o660) == 0)

        site.responder.process?.signal(SIGKILL)
        _ = try site.responder.process?.wait()
        let abandoned = try check()
        #expect(abandoned.contains { $0 == "\(path): nobody listens on it" })
        #expect(abandoned.contains { $0.contains("502") })
        #expect(unlink(path) == 0)
        #expect(try check().contains { $0 == "\(path): there is no such file" })
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        #expect(try check().contains { $0.contains("is not a socket") })
        let elsewhere = try check("/run/elsewhere.sock")
        #expect(elsewhere.contains { $0.contains("hands nothing to /run/elsewhere.sock") })
        #expect(elsewhere.contains { $0.contains(path) })
      }
    }

    /// The guide's own, as it is printed there, but for ports and the certificate's place.
    @Test func thePublicSiteOfTheGuideStandsBesideTheOperators() throws {
      try Site.new { site in
        let directory = site.nginxConfiguration.replacing("/nginx.conf", with: "")
        let guide = try String(
          contentsOfFile: Workbench.require().scripts + "/../docs/operations.md", encoding: .utf8)
        let block = try #require(guide.firstMatch(of: /```nginx\n([\s\S]*?)```/)).1
        _ = try Output.ofSuccess(
          "/usr/bin/openssl",
          [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", "/CN=erp.example.fr", "-keyout", directory + "/privkey.pem", "-out",
            directory + "/fullchain.pem",
          ])
        let (plain, encrypted) = (try Socket.freePort(), try Socket.freePort())
        let text = block.replacing("listen 80;", with: "listen 127.0.0.1:\(plain);")
          .replacing("listen 443 ", with: "listen 127.0.0.1:\(encrypted) ")
          .replacing("/etc/letsencrypt/live/erp.example.fr/", with: directory + "/")
        #expect(text.contains("\(encrypted) ssl") && text.contains("erp-back-api.conf"))
        // Read before erp-back-server.conf.
        try text.write(
          toFile: directory + "/sites-enabled/erp", atomically: false, encoding: .utf8)
        let check = try Examination.of(site, url: try site.plainRole())
        #expect(check.output.status == 0, "\(check.findings)")
        #expect(
          check.named("ok").contains(
            "GET http://127.0.0.1:\(site.port)/health/ready: 200, ready"), "\(check.findings)")
        #expect(
          check.named("ok").contains { $0.hasPrefix("nginx hands") && $0.contains("\(encrypted)") })
      }
    }
  }
}
