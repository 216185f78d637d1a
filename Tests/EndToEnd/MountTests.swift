import Foundation
import Testing

@testable import Harness

extension EndToEnd {
  /// The same routes under `/api/` on a public server, by the snippet that ships.
  @Suite struct MountTests {
    let site: Site
    let front: HTTPClient

    init() throws {
      site = try Site.shared()
      front = HTTPClient(port: try #require(site.apiPort))
    }

    private func send(
      _ method: String, _ target: String, _ headers: [String] = [], json: JSON? = nil
    ) throws -> Answer {
      let answer = try front.request(
        method, target, headers, body: json.map { Array($0.text.utf8) })
      try answer.checkPromises(of: "\(method) \(target)", isHead: false)
      return answer
    }

    @Test func everyRouteIsThereUnderThePrefix() throws {
      #expect(try send("GET", "/api/").json["status"] == "running")
      #expect(try send("GET", "/api/health").json["status"] == "ok")
      for target in ["/api/clients", "/api/clients/"] {
        let created = try send("POST", target, [Site.jsonType], json: client())
        let id = try #require(created.json["data"]["id"].string)
        #expect(created.status == 201)
        #expect(created["Location"] == "/api/clients/\(id)")
        let location = try #require(created["Location"])
        #expect(try send("GET", location).body == created.body)
        #expect(try site.get("/clients/\(id)").body == created.body)
        #expect(try send("PUT", location, json: ["city": "Tours"]).status == 200)
        #expect(try send("DELETE", location + "/").status == 200)
        #expect(try send("GET", location).status == 404)
      }
    }

    @Test func linksCarryThePrefix() throws {
      let city = try site.fill(3)
      let first = try send("GET", "/api/clients/?city=\(city)&limit=1")
      let next = try #require(first.next)
      #expect(next.contains("/api/clients"))
      let second = try send("GET", next)
      #expect(second.column("name") == ["Row 002"])
      let third = try send("GET", try #require(second.next))
      #expect(third.column("name") == ["Row 001"])
      #expect(third.next == nil)
    }

    @Test func thePrefixIsTakenOffOnce() throws {
      for target in ["/api/api/clients/", "/api//clients/", "/api/nothing", "/api/clients/x/y"] {
        #expect(try send("GET", target).status == 404, "\(target)")
      }
      #expect(try send("GET", "/api/clients/search/a%2Fb.php").status == 200)
    }

    @Test func nginxRefusesInTheEnvelopeHereToo() throws {
      let answer = try front.request(
        "POST", "/api/clients/", [Site.jsonType],
        body: BadRequestTests.body(of: BadRequestTests.mebibyte + 1))
      try answer.checkPromises(of: "a large body", isHead: false)
      #expect(answer.status == 413)
      #expect(answer.json["code"] == "too_large")
    }

    /// The guide's public site: a password in front, and browsers that ask for leave without one.
    @Test func aGuardRefusesInTheEnvelopeAndLetsPreflightsThrough() throws {
      let origin = "https://app.example.fr"
      let environment = ["CORS_ORIGINS": origin]
      try Site.new(.init(environment: environment)) { site in
        let directory = URL(fileURLWithPath: site.nginxConfiguration).deletingLastPathComponent()
        let hash = try Output.ofSuccess("/usr/bin/openssl", ["passwd", "-apr1", "word"])
        try "erp:\(hash)".write(
          to: directory.appendingPathComponent("erp.htpasswd"), atomically: false, encoding: .utf8)
        let port = try Socket.freePort()
        try """
        server {
            listen 127.0.0.1:\(port);
            auth_basic           $erp_realm;
            auth_basic_user_file \(directory.path)/erp.htpasswd;
            include snippets/erp-back-api.conf;
        }
        """.write(
          to: directory.appendingPathComponent("sites-enabled/guarded.conf"), atomically: false,
          encoding: .utf8)
        _ = try Output.ofSuccess(
          Workbench.require().scripts + "/site",
          ["reload", directory.deletingLastPathComponent().path])
        let guarded = HTTPClient(port: port)
        try eventually("nginx has taken it up") {
          (try? guarded.request("GET", "/api/health").status) != nil
        }
        let refused = try guarded.request("GET", "/api/clients/")
        #expect(refused.status == 401)
        #expect(refused["WWW-Authenticate"] == "Basic realm=\"ERP\"")
        #expect(refused.json["code"] == "unauthorized")
        try refused.checkPromises(of: "without a password", isHead: false)

        let password = "Authorization: Basic " + Data("erp:word".utf8).base64EncodedString()
        let admitted = try guarded.request("GET", "/api/clients/", [password])
        let said = try String(
          contentsOf: directory.appendingPathComponent("error.log"), encoding: .utf8)
        #expect(admitted.status == 200, "\(admitted) nginx: \(said.suffix(1000))")

        let preflight = try guarded.request(
          "OPTIONS", "/api/clients/",
          [
            "Origin: \(origin)", "Access-Control-Request-Method: GET",
            "Access-Control-Request-Headers: authorization",
          ])
        #expect(preflight.status == 204)
        #expect(preflight["Access-Control-Allow-Origin"] == origin)
        #expect(preflight.list("Access-Control-Allow-Headers").contains("Authorization"))
      }
    }
  }
}
