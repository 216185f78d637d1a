import Foundation
import Testing

@testable import Harness

/// A site whose `/api/` stands in a public server block, with one of the guards of nginx/examples in
/// front, included as an operator includes it.
struct Guarded: Sendable {
  let site: Site
  let port: UInt16
  /// Where `curl` comes from and what it shows.
  var curl: [String] = []
  private let scheme: String

  static let origin = "https://app.example.fr"

  /// Of nginx's configuration.
  static func directory(_ site: Site) -> String {
    URL(fileURLWithPath: site.nginxConfiguration).deletingLastPathComponent().path
  }

  /// The same file for an operator and for these tests.
  static func example(_ name: String) throws -> String {
    URL(fileURLWithPath: try Workbench.require().scripts).deletingLastPathComponent().path
      + "/nginx/examples/" + name
  }

  /// - Parameters:
  ///   - guards: snippets; none: nothing stands in front.
  ///   - tls: further lines of a block that listens with ssl; nil: it does not.
  init(_ site: Site, guards: [String], tls: String? = nil) throws {
    self.site = site
    scheme = tls == nil ? "http" : "https"
    port = try Socket.freePort()
    let directory = Self.directory(site)
    let front = directory + "/front"
    try FileManager.default.createDirectory(atPath: front, withIntermediateDirectories: true)
    try "the front end".write(toFile: front + "/index.html", atomically: false, encoding: .utf8)
    // Of origins that may call, nginx's own list: the line that the file says to edit.
    let local = directory + "/conf.d/erp-back-local.conf"
    let text = try String(contentsOfFile: local, encoding: .utf8)
    try text.replacing(
      "# \"https://erp.example.org\" $http_origin;", with: "\"\(Self.origin)\" $http_origin;"
    ).write(toFile: local, atomically: false, encoding: .utf8)
    try """
    server {
        listen 127.0.0.1:\(port)\(tls == nil ? "" : " ssl");
        \(tls ?? "")
        root \(front);
        location / { try_files $uri /index.html; }
        \(guards.map { "include snippets/\($0);" }.joined(separator: "\n    "))
        include snippets/erp-back-api.conf;
    }
    """.write(toFile: directory + "/sites-enabled/guarded.conf", atomically: false, encoding: .utf8)
    try Self.reload(site)
    let port = port
    try eventually("nginx has taken it up: \(log("error.log"))") {
      (try? Socket(port: port)) != nil
    }
  }

  static func reload(_ site: Site) throws {
    _ = try Output.ofSuccess(
      Workbench.require().scripts + "/site",
      ["reload", URL(fileURLWithPath: directory(site)).deletingLastPathComponent().path])
  }

  func log(_ name: String) -> String {
    (try? String(contentsOfFile: Self.directory(site) + "/" + name, encoding: .utf8)) ?? ""
  }

  /// Over plain HTTP byte by byte, else with curl, which neither mends the path nor follows.
  func ask(
    _ method: String, _ target: String, _ headers: [String] = [], body: String? = nil,
    with arguments: [String] = []
  ) throws -> Answer {
    if scheme == "http" && curl.isEmpty && arguments.isEmpty {
      return try HTTPClient(port: port).request(
        method, target, headers, body: body.map { Array($0.utf8) })
    }
    let isHead = method == "HEAD"
    var words = ["-s", "-i", "--raw", "--http1.1", "--path-as-is", "-m", "20", "-k"]
    words += isHead ? ["--head"] : ["-X", method]
    words += curl + arguments + headers.flatMap { ["-H", $0] }
    words += body.map { ["--data-binary", $0] } ?? []
    let output = try Output.of(
      "/usr/bin/curl", words + ["\(scheme)://127.0.0.1:\(port)\(target)"])
    guard let answer = try Answer(Array(output.out.utf8), isBodyless: isHead, atEnd: true) else {
      throw Failure("curl: exit \(output.status): no answer")
    }
    return answer
  }

  /// Requests that the responder has answered, its own figures aside.
  func served() throws -> Int {
    try site.get("/metrics").text.split(separator: "\n").reduce(0) { sum, line in
      guard line.hasPrefix("erp_back_http_requests_total{"), !line.contains("route=\"/metrics\"")
      else { return sum }
      return sum + (Int(line.split(separator: " ").last ?? "") ?? 0)
    }
  }

  // MARK: what every guard must do

  /// Everything there is under `/api/`, in every way to say it: nginx chooses a location by the
  /// address decoded and folded, the responder a route by the address as it came.
  static let spellings = [
    "/api/", "/api/clients", "/api/clients/", "/api" + nobody, "/api\(nobody)/",
    "/api/clients/?limit=1", "/api/clients/search/a", "/api/clients/search/a.css",
    "/api/clients/search/a%2F..%2Fb", "/api/clients/status/active", "/api/clients;x/",
    "/api/health", "/api/health/", "/api/health/ready", "/api/health/live", "/api/metrics",
    "/api/metrics/", "/api/%6detrics", "/api/openapi.json", "/api/docs", "/api/docs/",
    "/api/docs/assets/swagger-ui.css", "/api/docs/assets/../../clients/",
    "/api/docs/assets/..%2f..%2fclients/", "//api/clients/", "/api//clients/", "/api/./clients/",
    "/x/../api/clients/", "/api/x/../clients/", "/%61pi/clients/", "/api%2fclients/",
    "/api/%63lients/", "/api/%63lients", "/api/clients%2f", "/api/nothing", "/api/api/clients/",
    "/api/_erp_error", "/api/_erp_auth", "/api/clients/?auth=off&token=x",
  ]

  /// With nothing to show, everything is refused with this status, in the envelope, and the
  /// responder sees none of it.
  func refusesEverything(
    _ status: Int, _ headers: [String] = [], with arguments: [String] = [], briefly: Bool = false
  ) throws -> Int {
    let before = try served()
    let rows = try site.database.psql("SELECT count(*) FROM clients")
    var count = 0
    let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"]
    var requests = Self.spellings.map { ("GET", $0) }
    for method in methods {
      for target in ["/api/clients/", "/api//clients", "/api/%63lients/", "/api" + nobody] {
        requests.append((method, target))
      }
    }
    if briefly { requests = requests.enumerated().filter { $0.offset % 7 == 0 }.map(\.element) }
    for (method, target) in requests {
      let body = ["POST", "PUT", "PATCH"].contains(method) ? client().text : nil
      let answer = try ask(
        method, target, headers + (body == nil ? [] : [Site.jsonType]), body: body,
        with: arguments)
      #expect(answer.status == status, "\(method) \(target): \(answer)")
      // Nginx folds the path, and so all of these are in /api/ and speak as the API does.
      try answer.checkPromises(of: "\(method) \(target)", isHead: method == "HEAD")
      #expect(answer["server"] == "nginx", "\(method) \(target): \(answer.headers)")
      if method != "HEAD" {
        #expect(answer.json["code"] == (status == 401 ? "unauthorized" : "forbidden"))
        #expect(!answer.text.contains("\"data\":["), "\(answer)")
      }
      count += 1
    }
    // The rest of the block is closed as well.
    for target in ["/", "/index.html", "/clients/", "/API/clients/", "/apiclients"] {
      let answer = try ask("GET", target, headers, with: arguments)
      #expect(answer.status == status, "\(target): \(answer)")
      #expect(!answer.text.contains("the front end"))
      count += 1
    }
    #expect(try served() == before, "the responder has seen some of it")
    #expect(try site.database.psql("SELECT count(*) FROM clients") == rows)
    return count
  }

  /// With the right credential the API is as it is without a guard.
  func servesAsEver(_ headers: [String] = [], with arguments: [String] = []) throws -> Int {
    var count = 0
    func ask(
      _ method: String, _ target: String, _ more: [String] = [], body: JSON? = nil
    ) throws -> Answer {
      count += 1
      let answer = try self.ask(
        method, target, headers + more + (body == nil ? [] : [Site.jsonType]), body: body?.text,
        with: arguments)
      try answer.checkPromises(of: "\(method) \(target)", isHead: method == "HEAD")
      #expect(answer["server"] == "nginx")
      #expect(answer["cache-control"] == "private, no-cache" || answer.status >= 400)
      return answer
    }
    let person = unique()
    let created = try ask("POST", "/api/clients/", body: client(["phone": .string(person)]))
    #expect(created.status == 201)
    let target = try #require(created["location"])
    #expect(target.hasPrefix("/api/clients/"))
    let read = try ask("GET", target)
    #expect(read.status == 200 && read.body == created.body)
    #expect(try ask("GET", target, ["If-None-Match: \(read["etag"] ?? "")"]).status == 304)
    #expect(try ask("HEAD", target).status == 200)
    #expect(try ask("GET", "/api/clients/search/\(person)").json["count"] == 1)
    #expect(try ask("GET", "/api/clients?limit=1").json["count"] == 1)
    let options = try ask("OPTIONS", target)
    #expect(options.status == 204 && options.list("allow").contains("PATCH"))
    #expect(try ask("PATCH", target, body: ["city": "Brest"]).json["data"]["city"] == "Brest")
    #expect(try ask("PUT", target, ["If-Match: \"stale\""], body: ["city": "x"]).status == 412)
    #expect(try ask("POST", "/api/clients/", body: ["name": "x"]).status == 422)
    #expect(try ask("GET", "/api/health/ready").status == 200)
    #expect(try ask("GET", "/api/openapi.json").status == 200)
    #expect(try ask("GET", "/api/nothing").status == 404)
    #expect(try ask("DELETE", target).status == 200)
    #expect(try ask("GET", target).status == 404)
    return count
  }
}
