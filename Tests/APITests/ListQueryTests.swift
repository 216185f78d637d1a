import Catalog
import Testing

@testable import API

@Suite struct QueryStringTests {
  private func pairs(_ query: String) -> [[String]] {
    let bytes = Array(query.utf8)
    var found: [[String]] = []
    QueryString.forEach(bytes.span, bytes.indices) { name, value, pair in
      found.append(
        [Array(name), Array(value), Array(bytes[pair])].map { String(decoding: $0, as: UTF8.self) })
    }
    return found
  }

  static let queries: [(String, [[String]])] = [
    ("", []), ("&", []), ("&&&", []), ("a", [["a", "", "a"]]), ("a=", [["a", "", "a="]]),
    ("=b", [["", "b", "=b"]]), ("=", [["", "", "="]]), ("a=b", [["a", "b", "a=b"]]),
    ("a=b=c", [["a", "b=c", "a=b=c"]]), ("&a=1&&b=2&", [["a", "1", "a=1"], ["b", "2", "b=2"]]),
    ("a=1&a=2", [["a", "1", "a=1"], ["a", "2", "a=2"]]),
    ("a+b=c+d%20e%2B", [["a b", "c d e+", "a+b=c+d%20e%2B"]]),
    ("%61%3D=%26", [["a=", "&", "%61%3D=%26"]]), ("a?b=c/d", [["a?b", "c/d", "a?b=c/d"]]),
    ("a;b=c", [["a;b", "c", "a;b=c"]]), ("é=%C3%A9", [["é", "é", "é=%C3%A9"]]),
  ]

  @Test(arguments: queries)
  func `a query is its pairs`(_ query: String, _ expected: [[String]]) {
    #expect(pairs(query) == expected)
  }
}

@Suite struct ListQueryTests {
  private func list(_ query: String, prefer: String? = nil) -> Exchange {
    Exchange("GET", "/clients/?\(query)", prefer.map { [.prefer: $0] } ?? [:])
  }

  /// Rows asked for, which is one more than the limit, and rows skipped.
  private func page(_ query: String) -> [Int]? {
    let exchange = list(query)
    guard exchange.decision == .query else { return nil }
    return exchange.parameters.suffix(2).map { $0?.reduce(0) { $0 << 8 | Int($1) } ?? -1 }
  }

  static let pages: [(String, [Int])] = [
    ("", [101, 0]), ("limit=1", [2, 0]), ("limit=1000", [1001, 0]), ("limit=007", [8, 0]),
    ("offset=0", [101, 0]), ("offset=5", [101, 5]), ("limit=10&offset=20", [11, 20]),
    ("limit=0000000000000000000000000000000000000000000001", [2, 0]), ("offset=-0", [101, 0]),
    ("limit=1&limit=2", [3, 0]), ("limit=x&limit=2", [3, 0]), ("limit=0&limit=3", [4, 0]),
    ("%6Cimit=4", [5, 0]), ("limit=%35", [6, 0]),
    ("offset=1000000000000", [101, 1_000_000_000_000]),
    ("Limit=5", [101, 0]), ("unknown=1&=&x", [101, 0]),
  ]

  @Test(arguments: pages)
  func `a page is limit and offset`(_ query: String, _ expected: [Int]) {
    #expect(page(query) == expected)
  }

  static let badPages: [(String, String)] = [
    ("limit=0", "query.limit greater_than_equal"), ("limit=-1", "query.limit greater_than_equal"),
    ("limit=1001", "query.limit less_than_equal"), ("limit=x", "query.limit int_parsing"),
    ("limit=", "query.limit int_parsing"), ("limit", "query.limit int_parsing"),
    ("limit=-", "query.limit int_parsing"), ("limit=--1", "query.limit int_parsing"),
    ("limit=1.5", "query.limit int_parsing"), ("limit=1e2", "query.limit int_parsing"),
    ("limit=0x10", "query.limit int_parsing"), ("limit=1_0", "query.limit int_parsing"),
    ("limit=%EF%BC%91", "query.limit int_parsing"), ("limit=1%0A", "query.limit int_parsing"),
    ("limit=9223372036854775807", "query.limit less_than_equal"),
    ("limit=9223372036854775808", "query.limit less_than_equal"),
    ("limit=99999999999999999999999999999999999999", "query.limit less_than_equal"),
    ("limit=-99999999999999999999999999999999999999", "query.limit greater_than_equal"),
    ("offset=-1", "query.offset greater_than_equal"), ("offset=x", "query.offset int_parsing"),
    ("offset=-9223372036854775808", "query.offset greater_than_equal"),
    ("offset=99999999999999999999999999999", "query.offset less_than_equal"),
    ("limit=5&limit=x", "query.limit int_parsing"),
    ("limit=5&limit=0", "query.limit greater_than_equal"),
  ]

  @Test(arguments: badPages)
  func `what is out of range or no number is refused`(_ query: String, _ violation: String) {
    for path in ["/clients/", "/clients", "/clients/search/x", "/clients/status/active"] {
      let exchange = Exchange("GET", "\(path)?\(query)")
      #expect(exchange.decision == .respond)
      #expect(exchange.violations == [violation])
    }
  }

  @Test func `violations stand in the order of the query`() {
    #expect(
      list("offset=x&sort=nothing&limit=0&fields=nothing&after=!").violations == [
        "query.offset int_parsing", "query.sort enum", "query.limit greater_than_equal",
        "query.fields enum", "query.after value_error",
      ])
  }

  // MARK: filters and search

  @Test func `a filter is an exact value`() {
    let exchange = list("city=Paris+2&status=Actif&type=company&city=Ly%C3%B3n")
    #expect(exchange.sql.contains("WHERE type = $1 AND city = $2 AND status = $3 ORDER"))
    #expect(Array(exchange.texts.prefix(3)) == ["company", "Lyón", "Actif"])
    #expect(exchange.plan.statement?.parameterTypes == [25, 25, 25, 20, 20])
  }

  @Test(arguments: ["name=x", "phone=x", "email=x", "companyName=x", "id=x", "tags=x", "STATUS=x"])
  func `a column without a filter is an unknown parameter`(_ query: String) {
    #expect(!list(query).sql.contains("WHERE"))
    #expect(list(query, prefer: "handling=strict").violations.count == 1)
  }

  static let terms: [(String, String)] = [
    ("dup", "%dup%"), ("100%25", #"%100\%%"#), ("a_b", #"%a\_b%"#), ("%5C", #"%\\%"#),
    ("%25_%5C", #"%\%\_\\%"#), ("d%27a%22", "%d'a\"%"), ("caf%C3%A9", "%café%"),
  ]

  @Test(arguments: terms)
  func `wildcards in a term are plain characters`(_ term: String, _ pattern: String) {
    for target in ["/clients/?q=\(term)", "/clients/search/\(term)"] {
      let exchange = Exchange("GET", target)
      #expect(
        exchange.sql.contains(
          "WHERE (name ILIKE $1 OR email ILIKE $1 OR phone ILIKE $1) ORDER BY created_at DESC, id"))
      #expect(exchange.texts.first == pattern)
    }
  }

  @Test func `a plus is a space in a query and itself in a path`() {
    #expect(list("q=a+b%2B").texts.first == "%a b+%")
    #expect(Exchange("GET", "/clients/search/a+b%2B%20").texts.first == "%a+b+ %")
    #expect(Exchange("GET", "/clients/search/a%2Fb%3Fc").texts.first == "%a/b?c%")
  }

  @Test func `an empty search asks for nothing`() {
    #expect(!list("q=").sql.contains("WHERE"))
    #expect(!list("q=x&q=").sql.contains("WHERE"))
  }

  @Test func `what the path says wins`() {
    #expect(Exchange("GET", "/clients/search/path?q=query").texts.first == "%path%")
    let lookup = Exchange("GET", "/clients/status/Actif?status=x&limit=3")
    #expect(lookup.sql.contains("WHERE status = $1 ORDER BY created_at DESC, id LIMIT"))
    #expect(lookup.texts.first == "Actif")
    #expect(Exchange("GET", "/clients/status/a%20b").texts.first == "a b")
  }

  // MARK: strictness

  @Test(arguments: [
    "handling=strict", "Handling=Strict", "handling = \"strict\"", "x, handling=strict",
  ])
  func `unknown parameters are named when asked to be strict`(_ prefer: String) {
    #expect(
      list("limit=5&foo=1&b%61r&foo=2", prefer: prefer).violations == [
        "query.bar value_error", "query.foo value_error",
      ])
    #expect(
      list("limit=5&offset=1&q=x&sort=name&fields=id&city=x&type=x&status=x", prefer: prefer)
        .decision == .query)
  }

  @Test func `unknown parameters are ignored else`() {
    #expect(list("foo=1", prefer: "handling=lenient").decision == .query)
    #expect(list("foo=1").decision == .query)
  }

  // MARK: order and fields

  static let orders: [(String, String)] = [
    ("name", "name, id"), ("-name", "name DESC, id"), ("created_at", "created_at, id"),
    ("-created_at", "created_at DESC, id"), ("createdAt", "created_at, id"),
    ("-createdAt,name", "created_at DESC, name, id"), ("", "created_at DESC, id"),
    ("city", "city NULLS LAST, id"), ("-city,name", "city DESC NULLS LAST, name, id"),
    ("name,-name", "name, id"),
    (
      "companyName,lastService",
      "company_name NULLS LAST, last_service NULLS LAST, id"
    ), (",name,", "name, id"),
  ]

  @Test(arguments: orders)
  func `a list is sorted as asked, id last`(_ sort: String, _ order: String) {
    #expect(list("sort=\(sort)").sql.contains(" ORDER BY \(order) LIMIT "))
  }

  @Test(arguments: [
    "nothing", "--name", "name;city", "name desc", "+name", "tags", "contacts",
    "phone", "address", "NAME", "1", "name,nothing", "*", "name%00",
  ])
  func `only declared columns sort`(_ sort: String) {
    let exchange = list("sort=\(sort)")
    #expect([400, 422].contains(exchange.response.status))
    if exchange.response.status == 422 { #expect(exchange.violations == ["query.sort enum"]) }
  }

  @Test func `fields are a subset of columns in their order`() {
    var exchange = list("fields=updatedAt,name,id,name")
    exchange.render(FakeRows([Cell.client(1)]))
    #expect(
      exchange.text.contains(
        #"[{"id":"00000000-0000-4000-8000-000000000001","name":"Wash","updated_at":"2000-"#))
    #expect(list("fields=nothing").violations == ["query.fields enum"])
    #expect(list("fields=id,*").violations == ["query.fields enum"])
    var all = list("fields=")
    all.render(FakeRows([Cell.client(1)]))
    #expect(all.text.contains(#""contacts":[]"#))
  }
}

@Suite struct ListPathTests {
  private func strict(_ target: String) -> Exchange {
    Exchange("GET", target, [.prefer: "handling=strict"])
  }

  @Test(arguments: ["/clients/status/Actif?status=Prospect", "/clients/search/x?q=y"])
  func `what the path fixes is no parameter`(_ target: String) {
    #expect(Exchange("GET", target).decision == .query)
    #expect(strict(target).response.status == 422)
  }

  @Test(arguments: ["/clients/status/Actif?q=y&type=company", "/clients/search/x?status=Actif"])
  func `the rest still is`(_ target: String) {
    #expect(strict(target).decision == .query)
  }
}
