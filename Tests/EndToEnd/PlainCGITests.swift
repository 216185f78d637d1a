import Testing

@testable import Harness

extension EndToEnd {
  /// Started with `GATEWAY_INTERFACE`, the program answers one request on stdout and exits.
  @Suite struct PlainCGITests {
    let site: Site
    init() throws { site = try Site.shared() }

    private func cgi(
      _ method: String, _ target: String, body: [UInt8] = [], length: Int? = nil,
      with more: [String: String] = [:]
    ) throws -> Answer {
      var environment = [
        "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": method, "REQUEST_URI": target,
        "SCRIPT_NAME": "", "REQUEST_ID": "plain-cgi-1",
      ]
      if !body.isEmpty {
        environment["CONTENT_LENGTH"] = "\(length ?? body.count)"
        environment["CONTENT_TYPE"] = "application/json"
      }
      let output = try site.database.erpBack(
        [], environment: environment.merging(more) { $1 }, input: body)
      guard output.status == 0, output.out.hasPrefix("Status: ") else {
        throw Failure("exit \(output.status): \(output.out)\(output.errors)")
      }
      let text = "HTTP/1.1 " + output.out.dropFirst("Status: ".count)
      guard let answer = try Answer(Array(text.utf8), isBodyless: method == "HEAD", atEnd: true)
      else { throw Failure("not whole: \(text)") }
      try answer.checkPromises(of: "\(method) \(target)", isHead: method == "HEAD")
      return answer
    }

    @Test func theAnswerIsTheSites() throws {
      let city = try site.fill(2)
      let answer = try cgi("GET", "/clients/?city=\(city)")
      #expect(answer.status == 200)
      #expect(answer.body == (try site.get("/clients/?city=\(city)")).body)
      #expect(answer["X-Request-Id"] == "plain-cgi-1")
      #expect(try cgi("GET", "/health/ready").status == 200)
      #expect(try cgi("GET", nobody).status == 404)
      #expect(try cgi("HEAD", "/clients/?city=\(city)").status == 200)
      #expect(try cgi("BREW", "/clients/").status == 405)
    }

    @Test func rowsAreWrittenToo() throws {
      let created = try cgi("POST", "/clients/", body: Array(client(["city": "Orléans"]).text.utf8))
      #expect(created.status == 201)
      let target = try #require(created["Location"])
      #expect(try site.get(target).body == created.body)
      let mounted = try cgi(
        "POST", "/api/clients/", body: Array(client().text.utf8), with: ["SCRIPT_NAME": "/api"])
      #expect(mounted["Location"]?.hasPrefix("/api/clients/") == true)
      #expect(try cgi("DELETE", target).status == 200)
    }

    @Test(arguments: ["/dev/full", "&-"])
    func anAnswerThatCannotBeWrittenIsAFailure(_ place: String) throws {
      let binary = try Workbench.require().binary
      let output = try Output.of(
        "/bin/sh", ["-c", "'\(binary)' >\(place)"],
        environment: [
          "DATABASE_URL": site.database.url, "GATEWAY_INTERFACE": "CGI/1.1",
          "REQUEST_METHOD": "GET", "REQUEST_URI": "/health",
        ])
      #expect(output.status == 74)
      #expect(output.errors.contains("could not be written"), "\(output)")
    }

    @Test func aBodyThatIsCutIsABadRequest() throws {
      let body = Array(client(["city": "cut"]).text.utf8)
      let answer = try cgi("POST", "/clients/", body: body, length: body.count + 1)
      #expect(answer.status == 400)
      #expect(answer.json["code"] == "bad_request")
    }

    @Test func withoutADatabaseItSaysSo() throws {
      let answer = try cgi(
        "GET", "/clients/", with: ["DATABASE_URL": "postgresql://erp@/erp?host=/nonexistent"])
      #expect(answer.status == 503)
      #expect(answer.json["code"] == "unavailable")
      #expect(answer["Retry-After"] != nil)
    }
  }
}
