import Foundation
import Testing

@testable import Harness

extension Torture {
  /// Mutual TLS with an authority of one's own, as nginx/examples has it.
  @Suite struct CertificateGuardTests {
    @Test func whoHasACertificateIsServedAndNobodyElse() throws {
      try Site.new(.init(environment: ["ERP_ACCESS_LOG": "on"])) { site in
        let directory = Guarded.directory(site)
        let (own, other) = (directory + "/erp-ca", directory + "/other-ca")
        func authority(_ words: String...) throws {
          _ = try Output.ofSuccess(Guarded.example("erp-back-ca"), words)
        }
        for place in [own, other] {
          try authority(place, "init")
          try authority(place, "issue", "maria", "10")
        }
        // One that was lost, and the one that came in its place.
        try authority(own, "issue", "gone", "10")
        for kind in ["crt", "key"] {
          try FileManager.default.copyItem(
            atPath: "\(own)/gone.\(kind)", toPath: "\(own)/lost.\(kind)")
        }
        try authority(own, "issue", "gone", "10")
        try authority(own, "revoke", "gone")
        // One that has ended: of 2020.
        _ = try Output.ofSuccess(
          "/bin/bash",
          [
            "-ec",
            "cd \(own); cp maria.key old.key;"
              + " openssl req -new -key old.key -config ca.cnf -subj /CN=old -out old.csr;"
              + " openssl ca -config ca.cnf -batch -notext -in old.csr -out old.crt"
              + " -startdate 200101000000Z -enddate 200201000000Z",
          ])
        // The site's own, from certbot as a rule.
        _ = try Output.ofSuccess(
          "/usr/bin/openssl",
          [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-days", "10", "-subj", "/CN=erp.example.fr", "-keyout", directory + "/site.key",
            "-out",
            directory + "/site.crt",
          ])
        // The server's certificate is none of a client: no more than a stranger's.
        let api = try Guarded(
          site, guards: ["erp-back-guard-certificate.conf"],
          tls: "ssl_certificate \(directory)/site.crt; ssl_certificate_key \(directory)/site.key;")
        func shown(_ place: String, _ name: String) -> [String] {
          ["--cert", "\(place)/\(name).crt", "--key", "\(place)/\(name).key"]
        }

        var refused = try api.refusesEverything(403)
        for stranger in [
          shown(other, "maria"), shown(own, "gone"), shown(own, "lost"), shown(own, "old"),
          ["--cert", "\(directory)/site.crt", "--key", "\(directory)/site.key"],
          ["--tls-max", "1.2"], shown(own, "gone") + ["--tls-max", "1.2"],
        ] { refused += try api.refusesEverything(403, with: stranger, briefly: true) }
        // What a proxy would have said of a client's certificate.
        refused += try api.refusesEverything(
          403, ["X-SSL-Client-Verify: SUCCESS", "X-Client-Name: maria", "SSL-Client-Cert: x"],
          briefly: true)
        let plain = try HTTPClient(port: api.port).request("GET", "/api/clients/")
        #expect(plain.status == 400 && plain.json["code"] == "bad_request", "\(plain)")
        try plain.checkPromises(of: "plain HTTP", isHead: false)

        var served = try api.servesAsEver(with: shown(own, "maria"))
        served += try api.servesAsEver(with: shown(own, "maria") + ["--tls-max", "1.2"])

        // Taken back, it is of no use from the reload on.
        try authority(own, "revoke", "maria")
        try Guarded.reload(site)
        try eventually("nginx has the new list") {
          try api.ask("GET", "/api/clients/", with: shown(own, "maria")).status == 403
        }
        refused += try api.refusesEverything(403, with: shown(own, "maria"), briefly: true)
        let logs = site.responder.log() + api.log("access.log") + api.log("error.log")
        #expect(!logs.contains("maria") && !logs.contains("BEGIN CERTIFICATE"))
        Scene.report(
          "guard: certificate",
          "\(refused) requests with no certificate, a stranger's, one that has ended or was taken "
            + "back refused with 403 in TLS 1.2 and 1.3, none seen by the responder; \(served) with one served as ever"
        )
      }
    }
  }
}
