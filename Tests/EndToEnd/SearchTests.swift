import Testing

@testable import Harness

extension EndToEnd {
  /// `GET /clients/search/{term}` and `q=`.
  @Suite struct SearchTests {
    let site: Site
    init() throws { site = try Site.shared() }

    /// The names that both spellings of a search find, which must be the same.
    private func find(_ term: String, in city: String) throws -> [String] {
      let encoded = percentEncoded(term)
      let path = try site.get("/clients/search/\(encoded)?city=\(city)")
      let query = try site.get("/clients/?q=\(encoded)&city=\(city)")
      #expect(path.status == 200)
      #expect(path.text == query.text, "\(term)")
      return path.column("name").compactMap(\.string)
    }

    @Test func nameEmailAndPhoneAreSearched() throws {
      let (city, word) = (unique(), unique())
      let bodies: [JSON] = [
        client(["name": .string("in \(word) name")]),
        client(["name": "email", "email": .string("x\(word)@example.fr")]),
        client(["name": "phone", "phone": .string("01 \(word)")]),
        client(["name": "company", "companyName": .string(word)]),
        client(["name": "address", "address": .string(word)]),
      ]
      for body in bodies {
        let members = try #require(body.members)
        _ = try site.created(.object(members.merging(["city": .string(city)]) { $1 }))
      }
      #expect(try find(word, in: city) == ["phone", "email", "in \(word) name"])
      #expect(try find(word.uppercased(), in: city).count == 3)
      #expect(try find(word + "@EXAMPLE", in: city) == ["email"])
      #expect(try find(word + "x", in: city) == [])
    }

    @Test func caseDoesNotMatterWithAccentsEither() throws {
      let city = unique()
      for name in ["Élodie ÇA", "ÜBER straße", "ΣΊΣΥΦΟΣ", "Жанна", "elodie"] {
        _ = try site.created(client(["name": .string(name), "city": .string(city)]))
      }
      #expect(try find("éLODIE ça", in: city) == ["Élodie ÇA"])
      #expect(try find("über", in: city) == ["ÜBER straße"])
      #expect(try find("ЖАННА", in: city) == ["Жанна"])
      #expect(try find("ELODIE", in: city) == ["elodie"])
    }

    @Test func wildcardsArePlainCharacters() throws {
      let city = unique()
      let names = ["50% off", "50 euros", "a_b", "axb", "back\\slash", "backslash", "\\%", "%_\\"]
      for name in names {
        _ = try site.created(client(["name": .string(name), "city": .string(city)]))
      }
      #expect(try find("50%", in: city) == ["50% off"])
      #expect(try find("%", in: city) == ["%_\\", "\\%", "50% off"])
      #expect(try find("_", in: city) == ["%_\\", "a_b"])
      #expect(try find("a_b", in: city) == ["a_b"])
      #expect(try find("\\", in: city) == ["%_\\", "\\%", "back\\slash"])
      #expect(try find("\\%", in: city) == ["\\%"])
      #expect(try find("k\\s", in: city) == ["back\\slash"])
      #expect(try find("%%", in: city) == [])
      #expect(try find("\\\\", in: city) == [])
    }

    @Test func aPlusIsASpaceInAQueryOnly() throws {
      let city = unique()
      for name in ["a+b", "a b"] {
        _ = try site.created(client(["name": .string(name), "city": .string(city)]))
      }
      #expect(try site.get("/clients/search/a+b?city=\(city)").column("name") == ["a+b"])
      #expect(try site.get("/clients/search/a%20b?city=\(city)").column("name") == ["a b"])
      #expect(try site.get("/clients/?q=a+b&city=\(city)").column("name") == ["a b"])
      #expect(try site.get("/clients/?q=a%20b&city=\(city)").column("name") == ["a b"])
      #expect(try site.get("/clients/?q=a%2Bb&city=\(city)").column("name") == ["a+b"])
    }

    @Test(arguments: [
      "' OR '1'='1", "'; DROP TABLE clients; --", "$1", "\\'", "\"", "--", "/*", "\u{1}", "?",
      "a\nb", "😀", "\u{202E}x", "%25", "&status=x", "#", "1e999", "\u{FEFF}", "<script>",
    ])
    func hostileTermsAreJustText(_ term: String) throws {
      let city = unique()
      let name = "before \(term) after"
      _ = try site.created(client(["name": .string(name), "city": .string(city)]))
      _ = try site.created(client(["name": "another", "city": .string(city)]))
      let found = try find(term, in: city)
      #expect(found.count == 1)
      #expect(found.first?.utf8.elementsEqual(name.utf8) == true)
    }

    @Test func resultsAreNewestFirstAndLimited() throws {
      let city = try site.fill(4, set: "phone = city")
      let page = try site.get("/clients/search/\(city)?limit=2&offset=1")
      #expect(page.column("name") == ["Row 003", "Row 002"])
      #expect(page.json["has_more"] == true)
    }
  }
}
