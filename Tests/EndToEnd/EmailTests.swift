import Testing

@testable import Harness

extension EndToEnd {
  /// What an e-mail address is here, and that it is kept as it was sent.
  @Suite struct EmailTests {
    let site: Site
    init() throws { site = try Site.shared() }

    /// Sound addresses; `*` stands for a word that makes each one unique.
    @Test(arguments: [
      "*@example.fr", "*.b@c.co", "*+tag@sub.example.co.uk", "O'*@Example.FR",
      "!#$%&'*+-/=?^_`{|}~@example.fr", "prénom.*@exämple.fr", "用户*@例子.公司",
      "*@xn--bcher-kva.example",
      "*@1a.2b", "*@a-b.c--d.ee", "почта*@пример.рф", "*@é.fr", "1*@2.fr",
    ])
    func soundAddressesAreKeptAsSent(_ pattern: String) throws {
      let email = pattern.replacing("*", with: unique())
      let row = try site.created(client(["email": .string(email)]))
      #expect(row["email"] == .string(email))
    }

    @Test func theLimitsAreInclusive() throws {
      func address(local: Int, domain: Int) -> String {
        let word = unique()
        let labels = String(repeating: String(repeating: "d", count: 61) + ".", count: 5)
        return word + String(repeating: "l", count: local - word.count) + "@"
          + labels.prefix(domain - 3) + "dfr"
      }
      // 64 and 63 are RFC 5321's and RFC 1035's, 254 is what is left of a path of 256.
      let longest = address(local: 64, domain: 189)
      #expect(longest.count == 254)
      #expect(try site.create(client(["email": .string(longest)])).status == 201)
      let label = unique() + "@" + String(repeating: "d", count: 63) + ".fr"
      #expect(try site.create(client(["email": .string(label)])).status == 201)
      for email in [
        address(local: 65, domain: 20), address(local: 64, domain: 190),
        unique() + "@" + String(repeating: "d", count: 64) + ".fr",
      ] {
        #expect(
          try site.create(client(["email": .string(email)])).violations
            == ["body.email value_error"], "\(email)")
      }
    }

    @Test(arguments: [
      "nowhere", "@", "a@", "@b.co", "a@b", "a@localhost", "a@@b.co", "a@b@c.co", "a@b..co",
      "a@.b.co", "a@b.co.", ".a@b.co", "a.@b.co", "a..b@c.co", "a b@c.co", "a@b c.co", " a@b.co",
      "a@b.co ", "a@b.co\n", "a@b.co\r\nBcc: x@y.co", "\ta@b.co", "\"a b\"@c.co", "\"a\"@c.co",
      "a(x)@b.co", "a@(x)b.co", "a@[127.0.0.1]", "a@[IPv6:::1]", "A <a@b.co>", "<a@b.co>",
      "a@-b.co", "a@b-.co", "a@b.-co", "a@b.co-", "a@b_c.co", "a@b,co", "a@b.co,c@d.co",
      "a;b@c.co", "a:b@c.co", "a\\b@c.co", "mailto:a@b.co", "a@b/c.co", "a@b.c!o", "a\u{1}@b.co",
      "a\u{7F}@b.co", "a\u{A0}@b.co", "a\u{3000}@b.co", "a\u{200B}@b.co", "a\u{202E}@b.co",
      "a@b\u{3002}co", "a\u{FF20}b.co", "a@b.c\u{AD}o", "a@\u{FEFF}b.co", " ", "null", "a@b.😀",
    ])
    func whatIsNoAddressIsRefused(_ email: String) throws {
      let answer = try site.create(client(["email": .string(email)]))
      #expect(answer.status == 422)
      #expect(answer.violations == ["body.email value_error"])
    }
  }
}
