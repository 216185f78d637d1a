import Catalog
import Testing

@testable import API

@Suite struct RouterTests {
  /// The route and, in text, the segment that it carries.
  private func match(_ path: String) -> String? {
    let bytes = Array(path.utf8)
    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
    return Router([clients]).match(bytes.span, bytes.indices).map { endpoint in
      switch endpoint {
      case .root: "root"
      case .health: "health"
      case .live: "live"
      case .ready: "ready"
      case .metrics: "metrics"
      case .openAPI: "openAPI"
      case .docs: "docs"
      case .collection(let index): "collection \(index)"
      case .item(let index, let id): "item \(index) \(text(id))"
      case .search(let index, let term): "search \(index) \(text(term))"
      case .lookup(let index, let column, let value):
        "\(clients.columns[column].name) \(index) \(text(value))"
      }
    }
  }

  static let routes: [(String, String)] = [
    ("/health", "health"), ("/health/live", "live"), ("/health/ready", "ready"),
    ("/metrics", "metrics"), ("/%6Detrics", "metrics"),
    ("/openapi.json", "openAPI"), ("/docs", "docs"),
    ("/clients", "collection 0"), ("/clients/x", "item 0 x"), ("/clients/%2F", "item 0 %2F"),
    ("/clients/search", "item 0 search"), ("/clients/search/dup", "search 0 dup"),
    ("/clients/search/a%2Fb", "search 0 a%2Fb"), ("/clients/search/é", "search 0 é"),
    ("/clients/search/search", "search 0 search"), ("/clients/status/Actif", "status 0 Actif"),
    ("/clients/status/status", "status 0 status"), ("/clients/search/.", "search 0 ."),
  ]

  @Test(arguments: routes)
  func `a route answers with and without one trailing slash`(_ path: String, _ route: String) {
    #expect(match(path) == route)
    #expect(match(path + "/") == route)
    #expect(match(path + "//") == nil)
  }

  @Test(arguments: [
    ("/", "/"), ("/health/live/", "/health/live"), ("/metrics", "/metrics"),
    ("/clients", "/clients"), ("/clients/x", "/clients/{id}"),
    ("/clients/search/x", "/clients/search/{term}"),
    ("/clients/status/x", "/clients/status/{status}"),
  ])
  func `a route has a template`(_ path: String, _ template: String) {
    let router = Router([clients])
    let bytes = Array(path.utf8)
    let route = router.match(bytes.span, bytes.indices).map(router.route) ?? 0
    #expect(router.templates[route] == template)
  }

  @Test func `the root is a slash`() {
    #expect(match("/") == "root")
  }

  @Test(arguments: [
    "//", "///", "//clients", "/./clients", "/clients//", "/clients//x", "/clients//search/x",
    "/clients/search//x", "/clients/search//", "/x/../clients", "/./", "/.", "/..", "/client",
    "/clientsx", "/Clients", "/CLIENTS", "/clients%2F", "/clients%2Fx", "/%2Fclients", "clients",
    "clients/", "*", "/healthz", "/health/x", "/health/live/x", "/health//live",
    "/clients/x/y", "/clients/search/a/b", "/clients/type/company", "/clients/city/Paris",
    "/clients/name/x", "/clients/Status/x", "/clients/status/a/b", "/unknown", "/é",
  ])
  func `what is not declared is no route`(_ path: String) {
    #expect(match(path) == nil)
  }

  @Test(arguments: [
    ("/", "GET, HEAD, OPTIONS"), ("/health", "GET, HEAD, OPTIONS"),
    ("/health/ready", "GET, HEAD, OPTIONS"), ("/clients", "GET, HEAD, POST, OPTIONS"),
    ("/clients/x", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
    ("/clients/search/x", "GET, HEAD, OPTIONS"), ("/clients/status/x", "GET, HEAD, OPTIONS"),
  ])
  func `each route has its methods`(_ path: String, _ methods: String) {
    let bytes = Array(path.utf8)
    let endpoint = Router([clients]).match(bytes.span, bytes.indices)
    #expect(endpoint?.methods.list == methods)
  }
}

/// The mount prefix, which comes in SCRIPT_NAME.
@Suite struct MountTests {
  @Test(arguments: ["/api", "/", "/a/b"])
  func `the prefix is removed before matching`(_ mount: String) {
    let prefix = mount == "/" ? "" : mount
    for path in ["/clients", "/clients/?limit=1"] {
      let exchange = Exchange("GET", prefix + path, mount == "/" ? [:] : [.mount: mount])
      #expect(exchange.decision == .query)
    }
  }

  @Test(arguments: ["/api", "/api/", "/api?x=1"])
  func `the prefix alone is the root`(_ target: String) {
    let exchange = Exchange("GET", target, [.mount: "/api"])
    #expect(exchange.response.status == 200)
    #expect(exchange.json["status"] as? String == "running")
  }

  @Test(arguments: [
    "/clients", "/", "/ap", "/apix/clients", "/API/clients", "/apiclients", "/api//clients",
    "/a?pi/clients", "/clients/api", "?/api/clients",
  ])
  func `outside of the prefix there is nothing`(_ target: String) {
    #expect(Exchange("GET", target, [.mount: "/api"]).response.status == 404)
  }

  @Test func `Location and Link carry the prefix`() throws {
    var create = Exchange(
      "POST", "/api/clients/", [.mount: "/api"], body: Array(clientBody().utf8))
    create.render(FakeRows([Cell.client(5)]))
    #expect(create.values("Location") == ["/api/clients/00000000-0000-4000-8000-000000000005"])
    var list = Exchange("GET", "/api/clients/?limit=1", [.mount: "/api"])
    list.render(FakeRows([Cell.client(1), Cell.client(2)]))
    let link = try #require(list.values("Link").first)
    #expect(link.hasPrefix("</api/clients/?limit=1&after="))
  }
}
