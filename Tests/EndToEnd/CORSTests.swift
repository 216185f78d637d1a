import Testing

@testable import Harness

extension EndToEnd {
  /// Cross-origin answers: none unless `CORS_ORIGINS` lists origins.
  @Suite struct CORSTests {
    private static let listed = "https://erp.example.fr"

    @Test func offUnlessConfigured() throws {
      let site = try Site.shared()
      for answer in try [
        site.get("/clients/", "Origin: \(Self.listed)"), site.get(nobody, "Origin: null"),
        site.send(
          "OPTIONS", "/clients/",
          ["Origin: \(Self.listed)", "Access-Control-Request-Method: POST"]),
      ] {
        let names = answer.headers.map(\.name)
        #expect(!names.contains { $0.hasPrefix("access-control-") }, "\(names)")
      }
    }

    @Test func listedOriginsAreAnswered() throws {
      let origins = "\(Self.listed), http://localhost:5173"
      try Site.new(.init(environment: ["CORS_ORIGINS": origins])) { site in
        for origin in [Self.listed, "http://localhost:5173"] {
          try preflights(site, origin)
          try headersStandOnEveryAnswer(site, origin)
        }
        for origin in [
          "https://other.example", "http://erp.example.fr", "\(Self.listed).evil.example", "null",
          "\(Self.listed):8443", "\(Self.listed)/", "https://evil.example/\(Self.listed)",
        ] {
          for method in ["GET", "OPTIONS"] {
            let answer = try site.send(
              method, "/clients/", ["Origin: \(origin)", "Access-Control-Request-Method: POST"])
            #expect(answer["Access-Control-Allow-Origin"] == nil, "\(origin)")
          }
        }
        #expect(try site.get("/clients/")["Access-Control-Allow-Origin"] == nil)
      }
    }

    private func preflights(_ site: Site, _ origin: String) throws {
      for (target, method) in [("/clients/", "POST"), (nobody, "PUT"), (nobody, "DELETE")] {
        let answer = try site.send(
          "OPTIONS", target,
          [
            "Origin: \(origin)", "Access-Control-Request-Method: \(method)",
            "Access-Control-Request-Headers: content-type, if-match, prefer, x-request-id",
          ])
        #expect(answer.status == 204)
        #expect(answer["Access-Control-Allow-Origin"] == origin)
        #expect(answer.list("Access-Control-Allow-Methods").contains(method))
        let allowed = Set(answer.list("Access-Control-Allow-Headers").map { $0.lowercased() })
        #expect(allowed.isSuperset(of: ["content-type", "if-match", "prefer", "x-request-id"]))
        #expect(answer.list("Vary").contains("Origin"))
      }
    }

    private func headersStandOnEveryAnswer(_ site: Site, _ origin: String) throws {
      let header = "Origin: \(origin)"
      let created = try site.send("POST", "/clients/", header, json: client())
      let target = try #require(created["Location"])
      let answers = try [
        created, site.get("/", header), site.get("/clients/", header), site.get(target, header),
        site.get(target, header, "If-None-Match: *"), site.get(nobody, header),
        site.get("/nothing", header), site.get("/clients/x", header),
        site.get("/clients/?q=%ff", header), site.delete("/clients/", header),
        site.send("POST", "/clients/", header, json: ["id": "x"]),
        site.send("POST", "/clients/", [header, "Content-Type: text/plain"], body: [65]),
        site.send("PUT", target, header, "If-Match: \"x\"", json: [:]),
        site.send("POST", "/clients/", header, json: client(["id": created.json["data"]["id"]])),
      ]
      #expect(
        answers.map(\.status) == [
          201, 200, 200, 200, 304, 404, 404, 422, 400, 405, 422, 415, 412, 409,
        ])
      for answer in answers {
        #expect(answer["Access-Control-Allow-Origin"] == origin, "\(answer)")
        #expect(answer.list("Vary").contains("Origin"), "\(answer)")
        // A script of another origin may read only the headers that are named.
        let exposed = Set(answer.list("Access-Control-Expose-Headers").map { $0.lowercased() })
        #expect(exposed.isSuperset(of: ["etag", "link", "location", "x-request-id"]), "\(answer)")
      }
    }
  }
}
