import Foundation
import Testing

@testable import Harness

extension EndToEnd {
  @Suite struct OpenAPITests {
    let site: Site

    init() throws { site = try Site.shared() }

    private func printed(_ arguments: String...) throws -> String {
      try Output.ofSuccess(Workbench.require().binary, ["openapi"] + arguments)
    }

    @Test func whatIsServedIsWhatTheCommandPrints() throws {
      let answer = try site.get("/openapi.json")
      #expect(answer.status == 200)
      #expect(answer["content-type"] == "application/json")
      #expect(answer.text + "\n" == (try printed()))
      #expect(try site.get("/openapi.json/").body == answer.body)
      #expect(answer.json["openapi"] == "3.1.0")
      #expect(answer.json["servers"] == [["url": "/"]])
    }

    @Test func underThePrefixOnlyTheServerDiffers() throws {
      let front = HTTPClient(port: try #require(site.apiPort))
      let answer = try front.request("GET", "/api/openapi.json")
      #expect(answer.text + "\n" == (try printed("--mount", "/api")))
      #expect(answer.json["servers"] == [["url": "/api"]])
      let here = try site.get("/openapi.json").text
      #expect(answer.text.replacing(#"[{"url":"/api"}]"#, with: #"[{"url":"/"}]"#) == here)
    }

    @Test(arguments: ["api", "/api/", "/", "/a b", "//api", "/api?x", #"/"api"#])
    func whatIsNoPrefixIsRefused(_ mount: String) throws {
      let output = try Output.of(Workbench.require().binary, ["openapi", "--mount", mount])
      #expect(output.status == 64)
      #expect(output.errors.contains("such as /api"))
      #expect(output.out == "")
    }

    @Test func headHasNoBody() throws {
      for target in ["/openapi.json", "/docs"] {
        let length = try site.get(target)["content-length"]
        #expect(try site.send("HEAD", target)["content-length"] == length)
      }
    }

    @Test func thePageIsThereWithAndWithoutASlash() throws {
      let page = try site.get("/docs")
      #expect(page["content-type"] == "text/html; charset=utf-8")
      #expect(page["content-security-policy"]?.contains("default-src 'none'") == true)
      #expect(try site.get("/docs/").body == page.body)
      let mounted = try HTTPClient(port: try #require(site.apiPort)).request("GET", "/api/docs/")
      #expect(mounted.text.contains("\"/api/docs/assets/docs.js\""))
      #expect(page.text.contains("\"/docs/assets/docs.js\""))
    }

    @Test(.enabled(if: DocsFiles.missing == nil, Comment(rawValue: DocsFiles.missing ?? "")))
    func theFilesComeFromNginx() throws {
      let front = HTTPClient(port: try #require(site.apiPort))
      for (file, type) in [
        ("swagger-ui.css", "text/css"), ("swagger-ui-bundle.js", "text/javascript"),
        ("docs.js", "text/javascript"), ("favicon-32x32.png", "image/png"),
        ("LICENSE", "text/plain"),
      ] {
        let answer = try site.get("/docs/assets/\(file)")
        #expect(answer.status == 200, "\(file)")
        #expect(answer["content-type"]?.hasPrefix(type) == true, "\(file)")
        #expect(answer["x-content-type-options"] == "nosniff")
        #expect(try front.request("GET", "/api/docs/assets/\(file)").body == answer.body)
        let etag = try #require(answer["etag"])
        #expect(try site.get("/docs/assets/\(file)", "If-None-Match: \(etag)").status == 304)
      }
    }

    @Test func whatIsNotThereIsAFailureInTheEnvelope() throws {
      for target in ["/docs/assets/x.js", "/docs/assets/%2e%2e/x", "/docs/x", "/openapi"] {
        #expect(try site.get(target).json["code"] == "not_found", "\(target)")
      }
    }
  }
}
