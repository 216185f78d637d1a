import Catalog
import Testing

@testable import API

@Suite struct CrossOriginTests {
  private static let app = "https://app.example.fr"

  private func application(_ origins: String...) -> Application {
    Application([clients], title: "", version: "", revision: "", origins: origins)
  }

  private func fields(_ exchange: Exchange) -> [String] {
    exchange.head.split(separator: "\r\n").filter {
      $0.hasPrefix("Access-Control-") || $0.hasPrefix("Vary")
    }.map(String.init)
  }

  @Test func `without origins there is nothing of it`() {
    let exchange = Exchange(
      "OPTIONS", "/clients/", [.origin: Self.app, .accessControlRequestMethod: "POST"])
    #expect(exchange.response.status == 204)
    #expect(fields(exchange).isEmpty)
  }

  @Test func `a preflight from a listed origin is answered`() {
    let exchange = Exchange(
      "OPTIONS", "/clients/x", [.origin: Self.app, .accessControlRequestMethod: "PUT"],
      of: application("https://other.fr", Self.app))
    #expect(exchange.response.status == 204)
    #expect(exchange.values("Access-Control-Allow-Origin") == [Self.app])
    #expect(
      exchange.values("Access-Control-Allow-Methods") == [
        "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"
      ])
    let allowed = exchange.values("Access-Control-Allow-Headers").joined().lowercased()
    for name in ["content-type", "if-match", "if-none-match", "prefer"] {
      #expect(allowed.contains(name))
    }
    #expect(exchange.values("Vary") == ["Origin"])
    #expect(exchange.values("Allow") == ["GET, HEAD, PUT, PATCH, DELETE, OPTIONS"])
  }

  @Test(arguments: [
    "https://app.example.fr.evil.fr", "http://app.example.fr", "https://app.example.f",
    "https://APP.example.fr", "null", "https://app.example.fr/", "*",
  ])
  func `another origin is told nothing`(_ origin: String) {
    let exchange = Exchange(
      "OPTIONS", "/clients/", [.origin: origin, .accessControlRequestMethod: "POST"],
      of: application(Self.app))
    #expect(fields(exchange) == ["Vary: Origin"])
  }

  static let answers: [(String, String, String, Int)] = [
    ("GET", "/", "", 200), ("GET", "/nothing", "", 404), ("DELETE", "/clients/", "", 405),
    ("GET", "/clients/x", "", 422), ("POST", "/clients/", "{", 422), ("GET", "/%", "", 400),
  ]

  @Test(arguments: answers)
  func `the fields stand on every answer`(
    _ method: String, _ target: String, _ body: String, _ status: Int
  ) {
    let exchange = Exchange(
      method, target, [.origin: Self.app], body: Array(body.utf8), of: application(Self.app))
    #expect(exchange.response.status == status)
    #expect(exchange.values("Access-Control-Allow-Origin") == [Self.app])
    let exposed = exchange.values("Access-Control-Expose-Headers").joined()
    for name in ["ETag", "Link", "Location", "X-Request-Id"] { #expect(exposed.contains(name)) }
    #expect(exchange.values("Access-Control-Allow-Methods").isEmpty)
  }

  @Test func `they stand on answers with rows and on failures`() {
    var exchange = Exchange("GET", "/clients/", [.origin: Self.app], of: application(Self.app))
    exchange.render(FakeRows([Cell.client(1)]))
    #expect(exchange.values("Access-Control-Allow-Origin") == [Self.app])
    exchange.render(.unavailable)
    #expect(exchange.response.status == 503)
    #expect(exchange.values("Access-Control-Allow-Origin") == [Self.app])
  }

  @Test func `a star lets every origin in`() {
    let exchange = Exchange("GET", "/", [.origin: "https://x.fr"], of: application("*"))
    #expect(exchange.values("Access-Control-Allow-Origin") == ["*"])
    #expect(fields(Exchange("GET", "/", of: application("*"))).isEmpty)
  }

  @Test func `caches keep the answers of origins apart`() {
    #expect(fields(Exchange("GET", "/", of: application(Self.app))) == ["Vary: Origin"])
  }
}
