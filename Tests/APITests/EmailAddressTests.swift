import TestSupport
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
    #expect(isValidInBytes(longest) && !isValidInBytes(longest + "d"))
  }

  /// A mark that makes one Character of itself and the separator before it.
  @Test(arguments: ["a@b@\u{301}c.fr", "a@\u{301}b@c.fr", "a.\u{301}@b.fr", "a@b.\u{301}.fr"])
  func `a combining mark hides no separator`(_ text: String) {
    #expect(!EmailAddress.isValid(text[...]))
  }

  /// By the bytes, as a body is read.
  private func isValidInBytes(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return EmailAddress.isValid(bytes.span)
  }

  @Test func `bytes and code points are judged alike`() {
    for text in Self.valid { #expect(isValidInBytes(text), "\(text.debugDescription)") }
    for text in Self.invalid { #expect(!isValidInBytes(text), "\(text.debugDescription)") }
    var random = SeededGenerator(5_321)
    let pieces =
      Self.valid + Self.invalid + [
        "a@b.fr", "a", "-", ".", "@", "é", "\u{301}", "l", "\u{7f}", "_",
      ]
    var count = 0
    for _ in 0..<20_000 {
      var text = Array((pieces.randomElement(using: &random) ?? "").unicodeScalars)
      for _ in 0..<Int.random(in: 0...3, using: &random) {
        let place = Int.random(in: 0...text.count, using: &random)
        switch Int.random(in: 0...2, using: &random) {
        case 0: text.insert(Unicode.Scalar(UInt8.random(in: 0...0x7f, using: &random)), at: place)
        case 1: if place < text.count { text.remove(at: place) }
        default:
          let piece = pieces.randomElement(using: &random) ?? ""
          text.insert(contentsOf: piece.unicodeScalars, at: place)
        }
      }
      var sent = ""
      sent.unicodeScalars.append(contentsOf: text)
      let expected = EmailAddress.isValid(sent[...])
      #expect(isValidInBytes(sent) == expected, "\(sent.debugDescription)")
      if expected { count += 1 }
    }
    #expect(2_000...18_000 ~= count)
  }

  @Test func `every ASCII character is judged alike in every place`() {
    for byte in UInt8(0)..<0x80 {
      let character = String(Unicode.Scalar(byte))
      for text in [
        "\(character)a@b.fr", "a\(character)@b.fr", "a\(character)a@b.fr", "a@\(character)b.fr",
        "a@b\(character).fr", "a@b.\(character)fr", "a@b.fr\(character)", "é\(character)@b.fr",
      ] {
        #expect(isValidInBytes(text) == EmailAddress.isValid(text[...]), "\(text.debugDescription)")
      }
    }
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
