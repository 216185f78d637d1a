import Testing

@testable import API

/// The contract's definition: a dot-atom, one `@`, a domain of at least two labels.
@Suite struct EmailAddressTests {
  private static let local64 = String(repeating: "l", count: 64)
  private static let label63 = String(repeating: "d", count: 63)
  /// 64 + @ + 3 × 63 + dots
  private static let domain189 = "\(label63).\(label63).\(String(repeating: "d", count: 61))"

  static let valid = [
    "a@b.c", "a@b.fr", "jean.dupont@example.fr", "a.b.c@d.e.f", "a+tag@b.fr", "1@2.3",
    "!#$%&'*+-/=?^_`{|}~@b.fr", "_@b.fr", "a-@b.fr", "-a@b.fr", "A@B.FR", "a@1-2.fr",
    "a@x--y.fr", "a@b.c-d", "a@xn--bcher-kva.example", "né@b.fr", "a@né.fr",
    "δοκιμή@παράδειγμα.δοκιμή",
    "실례@실례.테스트", "ＡＢ@b.fr", "cafe\u{301}@cafe\u{301}.fr", "𝕏@b.fr",
    // What is one Character with the @ or the dot beside it.
    "a\u{d4e}@b.fr", "a\u{301}@b.fr", "a.\u{ff9e}b@\u{ff9e}.fr", "a\u{20dd}@b.fr",
    local64 + "@b.fr", "a@\(label63).fr", "\(local64)@\(domain189)",
    String(repeating: "é", count: 64) + "@b.fr",
  ]

  @Test(arguments: valid)
  func `an address is taken`(_ text: String) {
    #expect(EmailAddress.isValid(text[...]))
  }

  static let invalid = [
    "", " ", "a", "@", "a@", "@b.fr", "a@b", "a@localhost", "a@@b.fr", "a@b@c.fr", "a@b.fr@",
    "a b@c.fr", " a@b.fr", "a@b.fr ", "a@b.fr\n", "a@b .fr", "a\t@b.fr", "a@b\u{0}.fr", ".a@b.fr",
    "a.@b.fr", "a..b@c.fr", "a@.b.fr", "a@b.fr.", "a@b..fr", "a@.", "a@-b.fr", "a@b-.fr",
    "a@b.-fr", "a@b.fr-", "a@b_c.fr", "a@b!c.fr", "a@b,fr", "a,b@c.fr", "a;b@c.fr", "a:b@c.fr",
    "a<b@c.fr", "a>b@c.fr", "(c)a@b.fr", "a(c)@b.fr", "a@b.fr(c)", "\"a\"@b.fr", "\"a b\"@c.fr",
    "a\"b@c.fr", "a\\b@c.fr", "a[b@c.fr", "a@[127.0.0.1]", "a@[IPv6:::1]", "Jean <a@b.fr>",
    "<a@b.fr>", "mailto:a@b.fr", "a@b.fr,c@d.fr", "a＠b.fr", "a@b。fr", "a\u{a0}b@c.fr",
    "a\u{85}@b.fr", "a\u{ffff}@b.fr", "a😀@b.fr", "a@😀.fr", "a\u{200b}@b.fr", "a\u{7f}@b.fr",
    "a€@b.fr", "a@٣.fr",
    local64 + "l@b.fr", "a@\(label63)d.fr", "\(local64)@\(domain189)d",
    String(repeating: "é", count: 65) + "@b.fr",
  ]

  @Test(arguments: invalid)
  func `what is no address is refused`(_ text: String) {
    #expect(!EmailAddress.isValid(text[...]), "\(text.debugDescription)")
  }

  @Test func `254 code points are the most`() {
    let longest = "\(Self.local64)@\(Self.domain189)"
    #expect(longest.unicodeScalars.count == 254)
    #expect(EmailAddress.isValid(longest[...]))
    #expect(!EmailAddress.isValid((longest + "d")[...]))
  }

  /// A mark that makes one Character of itself and the separator before it.
  @Test(arguments: ["a@b@\u{301}c.fr", "a@\u{301}b@c.fr", "a.\u{301}@b.fr", "a@b.\u{301}.fr"])
  func `a combining mark hides no separator`(_ text: String) {
    #expect(!EmailAddress.isValid(text[...]))
  }

  /// What the contract refuses on purpose, and what it does not count as a letter.
  private func isRefusedHere(_ description: String) -> Bool {
    ["quoted", "literal", "C1 control", "noncharacter"].contains { description.contains($0) }
  }

  @Test(
    .enabled(if: SharedData.has("json-schema-formats"), "../shared/data is not there"),
    arguments: ["email", "idn-email"])
  func `JSON Schema's addresses are judged as the contract does`(_ file: String) throws {
    let cases = try SharedData.formatCases(file)
    #expect(cases.count > 10)
    for test in cases {
      let expected = test.isValid && !isRefusedHere(test.description)
      #expect(EmailAddress.isValid(test.text[...]) == expected, "\(test.description)")
    }
  }
}
