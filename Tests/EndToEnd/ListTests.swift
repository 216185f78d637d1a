import Testing

@testable import Harness

extension EndToEnd {
  /// `GET /clients/` and `GET /clients/status/{status}`: order, bounds, filters, columns.
  @Suite struct ListTests {
    let site: Site
    init() throws { site = try Site.shared() }

    @Test func newestFirstAndThenByID() throws {
      let city = try site.fill(3)
      let twins = try site.fill(5, set: "created_at = '2025-02-01'")
      #expect(
        try site.get("/clients/?city=\(city)").column("name") == ["Row 003", "Row 002", "Row 001"])
      let ids = try site.get("/clients/?city=\(twins)").ids
      #expect(ids.count == 5)
      #expect(ids == ids.sorted())
    }

    @Test func aHundredUnlessAskedOtherwise() throws {
      let city = try site.fill(101, set: "status = city")
      for target in ["/clients/?city=\(city)", "/clients/status/\(city)?"] {
        let page = try site.get(target)
        #expect(page.json["count"] == 100)
        #expect(page.ids.count == 100)
        #expect(page.json["has_more"] == true)
        #expect(page.next != nil)
        for limit in [101, 1000] {
          let all = try site.get(target + "&limit=\(limit)")
          #expect(all.json["count"] == 101)
          #expect(all.json["has_more"] == false)
          #expect(all["Link"] == nil)
        }
      }
    }

    @Test func limitAndOffsetCutTheList() throws {
      let city = try site.fill(5)
      func names(_ paging: String) throws -> [JSON] {
        let list = try site.get("/clients/?city=\(city)&\(paging)")
        // A refusal has no rows either.
        #expect(list.status == 200, "\(paging)")
        return list.column("name")
      }
      #expect(try names("limit=2") == ["Row 005", "Row 004"])
      #expect(try names("limit=2&offset=1") == ["Row 004", "Row 003"])
      #expect(try names("limit=2&offset=4") == ["Row 001"])
      #expect(try names("offset=5") == [])
      #expect(try names("offset=9223372036854775806") == [])
    }

    @Test func whatIsOutOfRangeIsRefused() throws {
      let cases = [
        ("limit=0", "limit greater_than_equal"), ("limit=-1", "limit greater_than_equal"),
        ("limit=1001", "limit less_than_equal"), ("offset=-1", "offset greater_than_equal"),
        ("limit=abc", "limit int_parsing"), ("limit=", "limit int_parsing"),
        ("limit=1.5", "limit int_parsing"), ("limit=1e2", "limit int_parsing"),
        ("limit=0x10", "limit int_parsing"), ("offset=abc", "offset int_parsing"),
        ("limit=%D9%A1", "limit int_parsing"), ("offset=1%2C000", "offset int_parsing"),
      ]
      for list in ["/clients/", "/clients/search/x", "/clients/status/x"] {
        for (query, violation) in cases {
          let answer = try site.get("\(list)?\(query)")
          #expect(answer.status == 422, "\(query)")
          #expect(answer.violations == ["query.\(violation)"], "\(query)")
        }
        #expect(try site.get("\(list)?offset=9223372036854775807").status == 422)
        #expect(try site.get("\(list)?offset=99999999999999999999").status == 422)
        #expect(try site.get("\(list)?limit=99999999999999999999").status == 422)
      }
      let both = try site.get("/clients/?offset=x&limit=0")
      #expect(
        Set(both.violations) == ["query.limit greater_than_equal", "query.offset int_parsing"])
    }

    @Test func filtersAreExact() throws {
      let city = unique()
      let bodies: [JSON] = [
        client(["city": .string(city), "status": "Actif", "name": "a"]),
        client(["city": .string(city), "status": "actif", "name": "b"]),
        client(["city": .string(city), "status": "Actif", "name": "c", "type": "individual"]),
        client(["city": .string(city.uppercased()), "status": "Actif", "name": "d"]),
        client(["city": .string(city + " Sud"), "status": "Actif", "name": "e"]),
      ]
      for body in bodies { _ = try site.created(body) }
      func names(_ query: String) throws -> [String] {
        let list = try site.get("/clients/?\(query)")
        // A refusal has no rows either.
        #expect(list.status == 200, "\(query)")
        return list.column("name").compactMap(\.string)
      }
      #expect(try names("city=\(city)") == ["c", "b", "a"])
      #expect(try names("city=\(city)&status=Actif") == ["c", "a"])
      #expect(try names("status=actif&city=\(city)") == ["b"])
      #expect(try names("city=\(city)&type=individual&status=Actif") == ["c"])
      #expect(try names("city=\(city)%20Sud") == ["e"])
      #expect(try names("city=\(city)+Sud") == ["e"])
      #expect(try names("city=\(city)%2BSud") == [])
      #expect(try names("city=\(city)%25") == [])
      let target = "/clients/status/Actif?city=\(city)"
      #expect(try site.get(target).column("name") == ["c", "a"])
      #expect(try site.get(target + "&type=company").column("name") == ["a"])
    }

    @Test func aStatusInThePathIsExact() throws {
      let marker = unique()
      for status in [marker, marker.uppercased(), marker + " +é/"] {
        _ = try site.created(client(["status": .string(status), "name": .string(status)]))
      }
      #expect(try site.get("/clients/status/\(marker)").column("name") == [.string(marker)])
      let odd = try site.get("/clients/status/\(marker)%20+%C3%A9%2F")
      #expect(odd.column("name") == [.string(marker + " +é/")])
      #expect(try site.get("/clients/status/\(marker)x").json["count"] == 0)
    }

    @Test func theLastOfTwoParametersCounts() throws {
      let (first, second) = (try site.fill(1), try site.fill(2))
      #expect(try site.get("/clients/?city=\(first)&city=\(second)").json["count"] == 2)
      #expect(try site.get("/clients/?city=\(second)&city=\(first)").json["count"] == 1)
      #expect(try site.get("/clients/?limit=abc&city=\(second)&limit=1").json["count"] == 1)
    }

    @Test func unknownParametersAreIgnored() throws {
      let city = try site.fill(1)
      for query in ["colour=blue", "=", "&&", "city", "LIMIT=0", "x=%C3%A9", "limit%20=0"] {
        let answer = try site.get("/clients/?\(query)&city=\(city)")
        #expect(answer.json["count"] == 1, "\(query)")
      }
    }

    @Test func fieldsChooseColumnsInColumnOrder() throws {
      let city = try site.fill(3)
      let answer = try site.get("/clients/?city=\(city)&fields=email,name,city&limit=1")
      #expect(
        answer.text.hasPrefix(
          #"{"success":true,"data":[{"name":"Row 003","email":null,"city":"\#(city)"}],"#))
      let next = try site.get(try #require(answer.next))
      #expect(next.column("name") == ["Row 002"])
      #expect(next.json["data"][0].members?.count == 3)
      let all = try site.get("/clients/?city=\(city)&limit=1").json["data"][0].members
      let names = try #require(all).keys.joined(separator: ",")
      let same = try site.get("/clients/?city=\(city)&limit=1&fields=\(names)")
      #expect(same.json["data"][0].members == all)
      for list in ["/clients/search/\(city)", "/clients/status/\(city)"] {
        #expect(try site.get(list + "?fields=id").status == 200)
      }
    }

    @Test(arguments: [
      "password", "id,password", "name;id", "id%20", "ID", "*", "count(*)", "id,nam",
    ])
    func unknownColumnsAreRefused(_ columns: String) throws {
      let fields = try site.get("/clients/?fields=\(columns)")
      #expect(fields.status == 422)
      #expect(fields.violations == ["query.fields enum"])
      let sort = try site.get("/clients/?sort=\(columns)")
      #expect(sort.status == 422)
      #expect(sort.violations == ["query.sort enum"])
    }
  }
}
