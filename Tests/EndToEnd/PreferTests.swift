import Testing

@testable import Harness

extension EndToEnd {
  /// `Prefer: count=exact` and `Prefer: handling=strict`.
  @Suite struct PreferTests {
    let site: Site
    init() throws { site = try Site.shared() }

    @Test func theTotalIsCountedWhenAsked() throws {
      let city = try site.fill(7, set: "status = city, phone = city")
      for target in [
        "/clients/?city=\(city)&limit=2", "/clients/search/\(city)?limit=2",
        "/clients/status/\(city)?limit=2", "/clients/?q=\(city)&limit=2&offset=4",
        "/clients/?city=\(city)&limit=2&sort=name&fields=name",
      ] {
        let plain = try site.get(target)
        #expect(plain.json["total"] == .absent)
        #expect(plain["Preference-Applied"] == nil)
        let counted = try site.get(target, "Prefer: count=exact")
        #expect(counted.status == 200)
        #expect(counted.json["total"] == 7, "\(target)")
        #expect(counted.json["count"] == 2)
        #expect(counted.list("Preference-Applied").contains("count=exact"))
        #expect(counted.json["data"] == plain.json["data"])
      }
    }

    @Test func theTotalIsThereOnEveryPageAndOnNone() throws {
      let city = try site.fill(5)
      var next: String? = "/clients/?city=\(city)&limit=2"
      var sizes: [JSON] = []
      while let target = next, sizes.count < 9 {
        let page = try site.get(target, "Prefer: count=exact")
        #expect(page.json["total"] == 5)
        sizes.append(page.json["count"])
        next = page.next
      }
      #expect(sizes == [2, 2, 1])
      let beyond = try site.get("/clients/?city=\(city)&offset=99", "Prefer: count=exact")
      #expect(beyond.json["total"] == 5)
      #expect(beyond.ids == [])
      let none = try site.get("/clients/?city=\(unique())", "Prefer: count=exact")
      #expect(none.json["total"] == 0)
    }

    @Test(arguments: [
      "count=exact, handling=lenient", "handling=lenient,count=exact",
      "respond-async; wait=5, count=exact",
      "COUNT=exact", "count=\"exact\"", "count = exact",
    ])
    func thePreferenceIsFoundAmongOthers(_ preference: String) throws {
      let city = try site.fill(1)
      let answer = try site.get("/clients/?city=\(city)", "Prefer: \(preference)")
      #expect(answer.json["total"] == 1)
    }

    @Test(arguments: ["count=planned", "count", "xcount=exact", "count=exactly", "", ",,", "\""])
    func otherPreferencesAreIgnored(_ preference: String) throws {
      let city = try site.fill(1)
      let answer = try site.get("/clients/?city=\(city)&x=y", "Prefer: \(preference)")
      #expect(answer.status == 200)
      #expect(answer.json["total"] == .absent)
    }

    @Test func strictRefusesAndNamesUnknownParameters() throws {
      let answer = try site.get("/clients/?limit=5&colour=blue&x=1", "Prefer: handling=strict")
      #expect(answer.status == 422)
      #expect(
        Set(answer.violations) == ["query.colour value_error", "query.x value_error"])
      for target in ["/clients/search/a?colour=1", "/clients/status/a?colour=1"] {
        let refused = try site.get(target, "Prefer: handling=strict, count=exact")
        #expect(refused.violations == ["query.colour value_error"])
      }
    }

    @Test func strictAcceptsWhatIsDeclared() throws {
      let city = try site.fill(3)
      let target =
        "/clients/?city=\(city)&status=active&type=company&q=Row&sort=name&fields=id,name"
        + "&limit=1&offset=1"
      let answer = try site.get(target, "Prefer: handling=strict")
      #expect(answer.status == 200)
      #expect(answer.column("name") == ["Row 002"])
      let next = try #require(answer.next)
      #expect(try site.get(next, "Prefer: handling=strict").column("name") == ["Row 003"])
    }
  }
}
