import Testing

@testable import Harness

extension EndToEnd {
  /// `Link: rel="next"` and `after=`, and `sort=`, whose order the cursor has to follow.
  @Suite struct PagingTests {
    let site: Site
    init() throws { site = try Site.shared() }

    @Test(arguments: [1, 2, 5, 7, 10, 23, 24])
    func followingNextFindsEveryRowOnce(_ limit: Int) throws {
      let city = try site.fill(23)
      let whole = try site.get("/clients/?city=\(city)").ids
      let pages = try site.pages(from: "/clients/?city=\(city)&limit=\(limit)")
      #expect(pages.flatMap(\.ids) == whole)
      #expect(whole.count == 23)
      #expect(pages.count == (23 + limit - 1) / limit)
      #expect(pages.dropLast().allSatisfy { $0.ids.count == limit })
    }

    /// Rows of a list longer than the usual are taken from libpq one at a time.
    @Test func aLongListHasTheSameRows() throws {
      let city = try site.fill(90, set: "tags = ARRAY['a', name]")
      for order in ["", "&sort=-name", "&q=Row", "&offset=7"] {
        let target = "/clients/?city=\(city)\(order)&limit="
        let usual = try site.get(target + "100")
        let long = try site.get(target + "1000")
        #expect(usual.ids.count >= 83 && long.body == usual.body, "\(order)")
      }
      for target in ["/clients/?limit=1000&city=\(unique())", "/clients/?limit=101&offset=9999999"]
      {
        #expect(try site.get(target).json["count"] == 0)
      }
    }

    @Test func rowsOfOneMomentAreNotLost() throws {
      let city = try site.fill(11, set: "created_at = '2025-03-01 00:00:00.123456+00'")
      let whole = try site.get("/clients/?city=\(city)").ids
      let pages = try site.pages(from: "/clients/?city=\(city)&limit=2")
      #expect(pages.flatMap(\.ids) == whole)
      #expect(whole.count == 11)
    }

    @Test func theSearchAndTheStatusListArePagedToo() throws {
      let city = try site.fill(7, set: "status = city, phone = city")
      for target in [
        "/clients/search/\(city)?limit=3", "/clients/status/\(city)?limit=3",
        "/clients/?q=\(city)&limit=3", "/clients/?status=\(city)&q=\(city)&limit=3",
      ] {
        let names = try site.pages(from: target).flatMap { $0.column("name") }
        let expected = (1...7).reversed().map { JSON.string("Row 00\($0)") }
        #expect(names == expected, "\(target)")
      }
    }

    @Test func nextKeepsWhatTheRequestSaid() throws {
      let city = try site.fill(4, set: "status = 'En cours', company_name = 'a&b=c+d é'")
      let target = "/clients/?fields=name&sort=name&status=En+cours&q=Row&city=\(city)&limit=1"
      let pages = try site.pages(from: target)
      #expect(pages.flatMap { $0.column("name") } == ["Row 001", "Row 002", "Row 003", "Row 004"])
      #expect(pages.allSatisfy { $0.json["data"][0].members?.count == 1 })
    }

    @Test func nextGoesOnFromAnOffset() throws {
      let city = try site.fill(9)
      let whole = try site.get("/clients/?city=\(city)").ids
      let pages = try site.pages(from: "/clients/?city=\(city)&limit=2&offset=3")
      #expect(pages.flatMap(\.ids) == Array(whole.dropFirst(3)))
    }

    @Test func rowsAddedMeanwhileDoNotShiftThePages() throws {
      let city = try site.fill(6)
      let whole = try site.get("/clients/?city=\(city)").ids
      try #require(whole.count == 6)
      let first = try site.get("/clients/?city=\(city)&limit=3")
      _ = try site.created(client(["city": .string(city)]))
      #expect(try site.delete("/clients/\(whole[0])").status == 200)
      let second = try site.get(try #require(first.next))
      #expect(second.ids == Array(whole.suffix(3)))
    }

    @Test(arguments: [
      "x", "%20", "AAAA", "..", "null", "0", "eyJpZCI6MX0=",
      String(repeating: "A", count: 3000),
    ])
    func aCursorThatIsNoneIsRefused(_ cursor: String) throws {
      let answer = try site.get("/clients/?after=\(cursor)")
      #expect(answer.status == 422)
      #expect(answer.violations == ["query.after value_error"])
    }

    @Test func aDamagedOrForeignCursorIsNever500() throws {
      let city = try site.fill(3)
      let next = try #require(try site.get("/clients/?city=\(city)&limit=1").next)
      let cursor = String(try #require(next.firstMatch(of: /after=([^&]+)/)).1)
      for index in cursor.indices {
        var damaged = cursor
        damaged.replaceSubrange(index...index, with: cursor[index] == "A" ? "B" : "A")
        let answer = try site.get("/clients/?city=\(city)&after=\(damaged)")
        #expect([200, 422].contains(answer.status), "\(answer)")
        let cut = try site.get("/clients/?city=\(city)&after=\(cursor[..<index])")
        #expect([200, 422].contains(cut.status), "\(cut)")
      }
      let other = try site.get("/clients/?city=\(city)&sort=-name,email&after=\(cursor)")
      #expect(other.status == 422)
      #expect(other.violations == ["query.after value_error"])
    }

    @Test(arguments: ["name", "-name", "created_at", "-created_at", "name,-created_at"])
    func aColumnSortsBothWays(_ sort: String) throws {
      let city = try site.fill(7)
      let ascending = (1...7).map { JSON.string("Row 00\($0)") }
      let expected = sort.hasPrefix("-") ? ascending.reversed() : ascending
      #expect(try site.get("/clients/?city=\(city)&sort=\(sort)").column("name") == expected)
      let pages = try site.pages(from: "/clients/?city=\(city)&sort=\(sort)&limit=2")
      #expect(pages.flatMap { $0.column("name") } == expected)
    }

    @Test func severalColumnsSortOneAfterTheOther() throws {
      let city = try site.fill(9, set: "status = 's' || (right(name, 1)::int % 3)")
      for (sort, expected) in [
        ("status,name", "369147258"), ("status,-name", "963741852"), ("-status,name", "258147369"),
      ] {
        let pages = try site.pages(from: "/clients/?city=\(city)&sort=\(sort)&limit=2")
        let digits = pages.flatMap { $0.column("name") }.compactMap { $0.string?.last }
        #expect(String(digits) == expected, "\(sort)")
      }
    }

    @Test(arguments: [
      "email", "-email", "company_name", "-company_name", "company_name,-email",
      "-company_name,name",
    ])
    func nullsAreNeitherLostNorMixedIn(_ sort: String) throws {
      let city = try site.fill(
        12,
        set: """
          company_name = CASE WHEN right(name, 1)::int % 2 = 0 THEN 'c' || right(name, 1) END,
          email = CASE WHEN right(name, 1)::int % 3 = 0 THEN city || name || '@example.fr' END
          """)
      let whole = try site.get("/clients/?city=\(city)&sort=\(sort)")
      #expect(whole.ids.count == 12)
      let column = sort.split(separator: ",")[0].replacing("-", with: "")
      let values = whole.column(String(column))
      let known = values.compactMap(\.string)
      #expect(known == (sort.hasPrefix("-") ? known.sorted().reversed() : known.sorted()))
      #expect(values.first == .null || values.last == .null)
      #expect(values.split(separator: .null).count == 1, "nulls stand together")
      for limit in [1, 2, 5] {
        let pages = try site.pages(from: "/clients/?city=\(city)&sort=\(sort)&limit=\(limit)")
        #expect(pages.flatMap(\.ids) == whole.ids, "limit \(limit)")
      }
    }

    @Test func textOfEveryKindCanBeACursor() throws {
      let city = try site.fill(0)
      let names = [
        "a", "A", "é", "e\u{301}", "\"q\"", "\\", "%", "x&y=z", "😀", "a,b", "\u{1}", "ß",
      ]
      for name in names {
        _ = try site.created(client(["city": .string(city), "name": .string(name)]))
      }
      for sort in ["name", "-name"] {
        let whole = try site.get("/clients/?city=\(city)&sort=\(sort)").ids
        let pages = try site.pages(from: "/clients/?city=\(city)&sort=\(sort)&limit=1")
        #expect(pages.flatMap(\.ids) == whole)
        #expect(whole.count == names.count)
      }
    }
  }
}
