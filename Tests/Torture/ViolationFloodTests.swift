import Testing

@testable import Harness

extension Torture {
  /// Bodies that are wrong ten thousand times over: the first hundred are said (contract, 3).
  @Suite struct ViolationFloodTests {
    @Test func aHundredAreListed() throws {
      try Site.accountable { site in
        let before = try SiteFootprint(site)
        let count = 10_000
        func repeated(_ text: String, _ count: Int = count) -> String {
          Array(repeating: text, count: count).joined(separator: ",")
        }
        let names = #""id":"1","firstName":"A","lastName":"B""#
        // With the violations that are said of each.
        let bodies: [(String, String, Int)] = [
          ("roles", rawClient(["contacts": "[{\(names),\"roles\":[\(repeated("1"))]}]"]), 100),
          (
            "roles of 100 contacts",
            rawClient([
              "contacts": "[\(repeated("{\(names),\"roles\":[\(repeated("1", 100))]}", 100))]"
            ]), 100
          ),
          (
            "members of 100 contacts",
            rawClient(["contacts": "[\(repeated(#"{"id":1,"roles":{},"active":1}"#, 100))]"]), 100
          ),
          ("contacts that are none", rawClient(["contacts": "[\(repeated("1", 100))]"]), 100),
          ("tags that are none", rawClient(["tags": "[\(repeated("1", 100))]"]), 100),
          (
            "tags that are too long",
            rawClient([
              "tags": "[\(repeated("\"" + String(repeating: "é", count: 101) + "\"", 100))]"
            ]), 100
          ),
          // Not looked at one by one: the list is too long.
          ("too many contacts", rawClient(["contacts": "[\(repeated("1"))]"]), 1),
          ("too many tags", rawClient(["tags": "[\(repeated("1"))]"]), 1),
          // Of one member, each time again: the last counts.
          ("one member over and over", "{\(repeated("\"name\":1"))}", 2),
          (
            "both names over and over",
            "{\(repeated("\"firstName\":1,\"first_name\":2", 5000)),\"type\":\"x\"}", 3
          ),
          (
            "members that nobody knows", "{\"type\":\"company\",\(repeated("\"x\":\"\\ud800\""))}",
            2
          ),
          (
            "everything",
            "{\"type\":1,\"name\":1,\"companyName\":1,\"firstName\":1,\"lastName\":1,\"siret\":1,\"email\":1,\"phone\":1,\"address\":1,\"city\":1,\"status\":1,\"tags\":[\(repeated("1", 100))],\"lastService\":1,\"contacts\":[\(repeated("1", 100))],\"id\":1}",
            100
          ),
        ]
        var (largest, slowest) = (0, 0.0)
        for (name, body, expected) in bodies {
          for (method, target) in [("POST", "/clients/"), ("PATCH", nobody)] {
            let refused = try site.send(method, target, text: body)
            slowest = max(slowest, try Timed(site, method, target, Array(body.utf8)).seconds)
            #expect(refused.status == 422, "\(name)")
            // An update lacks no members.
            let missing = [
              "one member over and over": 1, "both names over and over": 1,
              "members that nobody knows": 1,
            ]
            let said = expected - (method == "PATCH" ? missing[name] ?? 0 : 0)
            #expect(
              refused.violations.count == said,
              "\(name), \(method): \(refused.violations.prefix(5))")
            largest = max(largest, refused.body.count)
          }
        }
        // As many as a body has room for.
        let most = rawClient(["contacts": "[{\(names),\"roles\":[\(repeated("1", 500_000))]}]"])
        #expect(try site.send("POST", "/clients/", text: most).violations.count == 100)
        let times = try (1...7).map { _ in
          try Timed(site, "POST", "/clients/", Array(most.utf8)).seconds
        }
        slowest = max(slowest, times.max() ?? 0)
        // And in a query, one that is over and over wrong, and 2,600 that do not exist.
        let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
        let query = letters.flatMap { a in letters.map { b in "\(a)\(b)" } }.prefix(2600).joined(
          separator: "&")
        let strict = try site.get("/clients/?\(query)", "Prefer: handling=strict")
        #expect(strict.status == 422 && strict.violations.count == 100)
        #expect(largest < 64 << 10)
        #expect(slowest < 2)
        // Behind the hundredth nothing more is looked at.
        #expect((times.min() ?? 1) < 0.06, "\(times)")
        #expect(
          try site.database.psql("SELECT count(*) FROM clients WHERE \(Canary.others)") == "0")
        try site.hadNoFault()
        Scene.report(
          "10,000 violations",
          "\(bodies.count) bodies of 100 to 10,000 violations, POST and PATCH, and one of 500,000: at most 100 listed, "
            + "answers of \(largest >> 10) KB at most, slowest \(Int(slowest * 1000)) ms; \(try before.isBack(site))"
        )
      }
    }
  }
}
