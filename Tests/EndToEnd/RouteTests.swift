import Testing

@testable import Harness

extension EndToEnd {
  /// Which paths and methods lead somewhere.
  @Suite struct RouteTests {
    static let allowed: [(target: String, methods: Set<String>)] = [
      ("/", ["GET", "HEAD", "OPTIONS"]),
      ("/health", ["GET", "HEAD", "OPTIONS"]),
      ("/clients", ["GET", "HEAD", "POST", "OPTIONS"]),
      (nobody, ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"]),
      ("/clients/search/x", ["GET", "HEAD", "OPTIONS"]),
      ("/clients/status/active", ["GET", "HEAD", "OPTIONS"]),
    ]

    let site: Site
    init() throws { site = try Site.shared() }

    @Test(arguments: ["", "/"])
    func everyRouteAnswersDirectlyWithAndWithoutASlash(_ slash: String) throws {
      let marker = unique()
      let created = try site.send(
        "POST", "/clients\(slash)", json: client(["name": .string(marker), "status": "Actif"]))
      #expect(created.status == 201)
      let id = try #require(created.json["data"]["id"].string)

      let detail = try site.get("/clients/\(id)\(slash)")
      #expect(detail.status == 200)
      #expect(detail.json["data"]["name"] == .string(marker))
      let put = try site.send("PUT", "/clients/\(id)\(slash)", json: ["city": .string(marker)])
      #expect(put.status == 200)
      let patch = try site.send("PATCH", "/clients/\(id)\(slash)", json: ["phone": "0102"])
      #expect(patch.status == 200)
      #expect(patch.json["data"]["city"] == .string(marker))

      for list in ["/clients\(slash)?city=\(marker)", "/clients/search/\(marker)\(slash)"] {
        #expect(try site.get(list).ids == [id], "\(list)")
      }
      let byStatus = try site.get("/clients/status/Actif\(slash)?city=\(marker)")
      #expect(byStatus.ids == [id])

      #expect(try site.delete("/clients/\(id)\(slash)").status == 200)
      #expect(try site.get("/clients/\(id)\(slash)").status == 404)
    }

    @Test(arguments: [
      "/nothing", "//clients/", "//", "/clients//", "/./clients/", "/CLIENTS/", "/clients.json",
      "/clients/../clients/", "/clients/search/a/b", "/clients/status/a/b", "\(nobody)/more",
      "\(nobody)//", "/health/other", "/%2Fclients", "/clients%2Fsearch%2Fx", "/index.html",
    ])
    func unknownPathsAre404(_ target: String) throws {
      let answer = try site.get(target)
      #expect(answer.status == 404)
      #expect(answer.json["code"] == "not_found")
    }

    @Test func anEncodedSlashStaysInsideItsSegment() throws {
      let marker = unique()
      let id = try site.created(client(["name": .string("\(marker)/b")]))["id"].string
      #expect(try site.get("/clients/search/\(marker)%2Fb").ids == [id])
    }

    @Test(arguments: RouteTests.allowed.indices)
    func allowIsTrue(_ index: Int) throws {
      let (target, methods) = Self.allowed[index]
      for slash in target == "/" ? [""] : ["", "/"] {
        let options = try site.send("OPTIONS", target + slash)
        #expect(options.status == 204)
        #expect(options.list("Allow") == methods)
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] {
          let answer = try site.send(method, target + slash)
          #expect((answer.status == 405) == !methods.contains(method), "\(method) \(answer)")
          if answer.status == 405 { #expect(answer.list("Allow") == methods) }
        }
      }
    }

    @Test(arguments: ["BREW", "PROPFIND", "TRACE", "get"])
    func otherMethodsAreRefusedInTheEnvelope(_ method: String) throws {
      let answer = try site.send(method, "/clients/")
      // nginx itself refuses TRACE, and a method in lower case as no method at all.
      #expect(answer.status == (method == "get" ? 400 : 405))
      if !["TRACE", "get"].contains(method) {
        #expect(answer.list("Allow") == ["GET", "HEAD", "POST", "OPTIONS"])
      }
    }

    @Test(arguments: [
      "/", "/health", "/clients", "/clients/search/\(unique())", "/clients/status/\(unique())",
      "/nothing",
      nobody, "/clients/not-a-uuid", "/clients/?limit=0",
    ])
    func headAnswersAsGetWithoutTheBody(_ target: String) throws {
      let get = try site.get(target)
      let head = try site.send("HEAD", target)
      #expect(head.status == get.status)
      #expect(head.body.isEmpty)
      #expect(head["Content-Type"] == get["Content-Type"])
      if target != "/clients" {  // other tests add rows between the two
        #expect(head["Content-Length"] == get["Content-Length"])
      }
    }

    @Test func theAbsoluteFormOfATargetIsUnderstood() throws {
      let answer = try site.get("http://127.0.0.1:\(site.port)/health/live")
      #expect(answer.status == 200)
    }
  }
}
