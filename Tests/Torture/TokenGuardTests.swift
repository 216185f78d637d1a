import Foundation
import Testing

@testable import Harness

extension Torture {
  /// auth_request with the example authenticator, as nginx/examples has them.
  @Suite struct TokenGuardTests {
    private static let snippet = "erp-back-guard-token.conf"

    private func play(_ work: (Guarded, Authenticator) throws -> Void) throws {
      let environment = [
        "CORS_ORIGINS": Guarded.origin, "ERP_ACCESS_LOG": "on", "ERP_LOG_LEVEL": "trace",
      ]
      try Site.new(.init(environment: environment)) { site in
        let authenticator = try Authenticator(site)
        try work(try Guarded(site, guards: [Self.snippet]), authenticator)
        authenticator.child.end()
      }
    }

    @Test func whoHasATokenIsServedAndNobodyElse() throws {
      try play { api, authenticator in
        let writer = "Authorization: Bearer \(authenticator.writer)"
        let session = "Cookie: theme=dark; erp_session=\(authenticator.writer)"
        let reader = "Authorization: Bearer \(authenticator.reader)"
        var refused = try api.refusesEverything(401)
        for wrong in [
          "Authorization: Bearer wrong-\(unique())", "Authorization: Bearer",
          "Authorization: \(authenticator.writer)", "Authorization: Basic ZXJwOndvcmQ=",
          "Authorization: Bearer \(authenticator.writer)x", "Cookie: erp_session=",
          "Cookie: erp_session=\"", "Cookie: session=\(authenticator.writer)",
          "X-Method: OPTIONS", "X-Original-Method: OPTIONS", "X-HTTP-Method-Override: OPTIONS",
        ] { refused += try api.refusesEverything(401, [wrong], briefly: true) }

        let challenge = try api.ask("GET", "/api/clients/")
        #expect(challenge["www-authenticate"] == "Bearer realm=\"ERP\"")

        var served = try api.servesAsEver([writer])
        served += try api.servesAsEver([session])
        // Other programs of the host set cookies too, and odd ones.
        for cookie in [#"prefs={"a":1}"#, "x", "n=é", "a[]=b", "OptanonConsent=a b, c"] {
          let own = "erp_session=\(authenticator.writer)"
          for both in ["\(cookie); \(own)", "\(own); \(cookie)"] {
            #expect(
              try api.ask("GET", "/api/clients/", ["Cookie: \(both)"]).status == 200, "\(both)")
          }
        }

        // Who may read only.
        #expect(try api.ask("GET", "/api/clients/", [reader]).status == 200)
        for (method, target) in [
          ("POST", "/api/clients/"), ("PUT", "/api" + nobody), ("PATCH", "/api" + nobody),
          ("DELETE", "/api" + nobody),
        ] {
          let answer = try api.ask(
            method, target, [reader, Site.jsonType, "X-Method: GET"], body: client().text)
          #expect(answer.status == 403 && answer.json["code"] == "forbidden", "\(answer)")
          try answer.checkPromises(of: "\(method) by a reader", isHead: false)
        }

        try preflights(api)
        try nothingIsLogged(api, authenticator)
        Scene.report(
          "guard: token",
          "\(refused) requests without a credential refused with 401, none seen by the responder; "
            + "\(served) with one served as ever; a reader's 4 writes refused with 403; "
            + "preflight of a listed origin 204, of others 401; no token in any log")
      }
    }

    private func preflights(_ api: Guarded) throws {
      func ask(_ headers: String...) throws -> Answer {
        try api.ask("OPTIONS", "/api/clients/", headers)
      }
      let wanted = "Access-Control-Request-Method: POST"
      let preflight = try ask(
        "Origin: \(Guarded.origin)", wanted, "Access-Control-Request-Headers: authorization")
      #expect(preflight.status == 204)
      #expect(preflight["access-control-allow-origin"] == Guarded.origin)
      #expect(preflight.list("access-control-allow-headers").contains("Authorization"))
      for refused in try [
        ask("Origin: https://other.example", wanted), ask(wanted), ask("Origin: \(Guarded.origin)"),
        ask("Origin: https://other.example \(Guarded.origin)", wanted),
      ] { #expect(refused.status == 401, "\(refused)") }
      // It opens OPTIONS and no more.
      let origin = "Origin: \(Guarded.origin)"
      let other = try api.ask("GET", "/api/clients/", [origin, wanted])
      #expect(other.status == 401)
      // The page may read why.
      #expect(other["access-control-allow-origin"] == Guarded.origin)
    }

    private func nothingIsLogged(_ api: Guarded, _ authenticator: Authenticator) throws {
      _ = try api.site.get("/", "X-Request-Id: the-last-one")
      try eventually("nginx has logged it") { api.site.accessLog().contains("the-last-one") }
      let logs = [
        api.site.responder.log(), api.log("access.log"), api.log("error.log"),
        try authenticator.said(),
      ]
      #expect(logs[0].contains("msg=request") && logs[1].contains(" 401 "))
      for log in logs {
        #expect(!log.contains(authenticator.writer) && !log.contains(authenticator.reader))
        #expect(!log.lowercased().contains("bearer") && !log.contains("erp_session"))
      }
    }

    @Test func withoutItsAuthenticatorItIsClosed() throws {
      try play { api, authenticator in
        let writer = "Authorization: Bearer \(authenticator.writer)"
        var closed = 0
        func isClosed(_ state: String) throws {
          let before = try api.served()
          let requests = [
            ("GET", "/api/clients/"), ("POST", "/api/clients/"), ("GET", "/api/%63lients/"),
            ("OPTIONS", "/api/clients/"), ("GET", "/api/docs/assets/swagger-ui.css"),
          ].flatMap { [($0.0, $0.1, []), ($0.0, $0.1, [writer])] }
          let answers = try together(requests.count) { index in
            let (method, target, headers) = requests[index]
            var answer: Answer?
            let taken = try measure {
              answer = try api.ask(
                method, target, headers + [Site.jsonType],
                body: method == "POST" ? client().text : nil)
            }
            return (answer, taken)
          }
          for (answer, taken) in answers {
            #expect(answer?.status == 500, "\(state): \(answer as Any)")
            #expect(answer?.json["code"] == "internal")
            try answer?.checkPromises(of: state, isHead: false)
            #expect(taken < 3, "\(state): \(taken) s")
            closed += 1
          }
          #expect(try api.served() == before, "\(state): the responder has seen some")
        }
        try authenticator.kill()
        try isClosed("it is away")
        try authenticator.start()
        #expect(try api.ask("GET", "/api/clients/", [writer]).status == 200)
        authenticator.child.signal(SIGSTOP)
        try isClosed("it hangs")
        authenticator.child.signal(SIGCONT)
        try eventually("it answers again", within: 5) {
          try api.ask("GET", "/api/clients/", [writer]).status == 200
        }
        #expect(try api.ask("GET", "/api/clients/").status == 401)
        Scene.report(
          "guard: authenticator away or hanging",
          "\(closed) requests answered 500 in the envelope within 3 s, none seen by the responder; "
            + "served again afterwards")
      }
    }

    /// What nginx would tell the responder, seen in its place.
    @Test func noCredentialIsHandedOn() throws {
      try play { api, authenticator in
        let directory = Guarded.directory(api.site)
        let recorder = try Recorder(directory + "/recorder.sock")
        let file = directory + "/conf.d/erp-back-upstream.conf"
        let text = try String(contentsOfFile: file, encoding: .utf8)
        try text.replacing(api.site.responder.socketPath, with: recorder.path)
          .write(toFile: file, atomically: false, encoding: .utf8)
        try Guarded.reload(api.site)
        var seen = 0
        let headers = [
          "Authorization: Bearer \(authenticator.writer)",
          "Cookie: erp_session=\(authenticator.writer)", "Proxy: \(authenticator.reader)",
          "X-Client-Name: \(authenticator.reader)", "Prefer: count=exact", Site.jsonType,
        ]
        // A worker of before may take one more, to the responder.
        for _ in 0..<10 where seen < 3 {
          let socket = try Socket(port: api.port)
          let head = ["POST /api/clients/ HTTP/1.1", "Host: a", "Connection: close"] + headers
          socket.send(
            Array((head + ["Content-Length: 2", "", "{}"]).joined(separator: "\r\n").utf8))
          guard let bytes = recorder.take() else { continue }
          let said = String(decoding: bytes, as: UTF8.self)
          #expect(said.contains("REQUEST_METHODPOST") && said.contains("count=exact"))
          #expect(!said.contains(authenticator.writer) && !said.contains(authenticator.reader))
          #expect(!said.contains("AUTHORIZATION") && !said.contains("COOKIE"))
          seen += 1
        }
        #expect(seen == 3)
        Scene.report(
          "guard: what is handed on",
          "\(seen) requests as nginx writes them to the socket: no Authorization, Cookie or name")
      }
    }
  }
}
