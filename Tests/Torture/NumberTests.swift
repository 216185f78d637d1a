import Foundation
import Testing

@testable import Harness

extension Torture {
  /// Numbers of any length, wherever a number may stand.
  @Suite struct NumberTests {
    private static func digits(_ count: Int, _ digit: String = "9") -> String {
      String(repeating: digit, count: count)
    }

    /// What is to be answered for a number as `limit` and as `offset`: nil where it is taken.
    private static let integers: [(String, limit: String?, offset: String?)] = {
      let (parsing, low, high) = ("int_parsing", "greater_than_equal", "less_than_equal")
      let notNumbers = [
        "", "+", "-", "1.0", "1.", ".1", "1e2", "1E2", "0x10", "1_000", "1 ", " 1", "1,0", "NaN",
        "Infinity",
        "--1", "+-1", "1-", "\u{661}", "１", "½", "Ⅷ", "1\u{0}".replacing("\0", with: "\t"), "1;",
        "'1'", "1'--",
        "true", "null", "[1]", "∞", "1\u{301}", "\u{200B}1",
      ]
      return notNumbers.map { ($0, parsing, parsing) } + [
        ("0", low, nil), ("-0", low, nil), ("+0", low, nil), ("1", nil, nil), ("+1", nil, nil),
        ("-1", low, low), (digits(7000, "0"), low, nil), (digits(7000, "0") + "1", nil, nil),
        ("1000", nil, nil),
        ("1001", high, nil), ("2147483647", high, nil), ("2147483648", high, nil),
        ("4294967296", high, nil),
        ("4294967297", high, nil), ("9223372036854775806", high, nil),
        ("9223372036854775807", high, high),
        ("9223372036854775808", high, high), ("18446744073709551616", high, high),
        ("18446744073709551617", high, high), ("-9223372036854775808", low, low),
        ("-9223372036854775809", low, low), ("-18446744073709551615", low, low),
        (digits(309), high, high),
        (digits(7000), high, high), ("-" + digits(7000), low, low),
      ]
    }()

    @Test func limitAndOffset() throws {
      try Site.accountable { site in
        _ = try site.fill(3)
        var statuses: [Int] = []
        for (text, limit, offset) in Self.integers {
          for (name, type) in [("limit", limit), ("offset", offset)] {
            for path in ["/clients/", "/clients/search/Row", "/clients/status/active"] {
              let answer = try site.get("\(path)?\(name)=\(percentEncoded(text))")
              let expected = type.map { ["query.\(name) \($0)"] } ?? []
              #expect(answer.violations == expected, "\(name)=\(text.prefix(40)): \(answer)")
              #expect(answer.status == (type == nil ? 200 : 422))
              statuses.append(answer.status)
            }
          }
        }
        try site.hadNoFault()
        Scene.report(
          "numbers in queries",
          "\(Self.integers.count) spellings of up to 7,000 digits as limit and offset of three lists "
            + "(\(statuses.counted)), each refused for its own reason or taken")
      }
    }

    /// What is kept of a body that nobody declared is JSON: a number is stored as it was sent, to
    /// the last digit, or refused.
    @Test func inContacts() throws {
      try Site.accountable { site in
        // What PostgreSQL writes of it again.
        let kept: [(String, String)] = [
          ("0", "0"), ("-0", "0"), ("1e0", "1"), ("1E+2", "100"), ("1e-2", "0.01"),
          ("1.50", "1.50"),
          ("-0.0", "0.0"), ("9007199254740993", "9007199254740993"),
          ("18446744073709551616", "18446744073709551616"), (Self.digits(309), Self.digits(309)),
          ("1.7976931348623157e308", "17976931348623157" + Self.digits(292, "0")),
          // Beyond a double, and no longer than one: the contract names no range for what it keeps.
          ("1.8e308", "18" + Self.digits(307, "0")), ("9e308", "9" + Self.digits(308, "0")),
          ("-9.99e308", "-999" + Self.digits(306, "0")),
          (Self.digits(309) + "e0", Self.digits(309)),
          ("5e-324", "0." + Self.digits(323, "0") + "5"),
          ("4.9406564584124654e-324", "0." + Self.digits(323, "0") + "49406564584124654"),
          (Self.digits(131_072), Self.digits(131_072)),
          ("0." + Self.digits(16_383), "0." + Self.digits(16_383)),
          (
            "-" + Self.digits(100_000) + "." + Self.digits(10_000),
            "-" + Self.digits(100_000) + "." + Self.digits(10_000)
          ),
        ]
        let refused = [
          "1e309", "10e308", "-1e309", "0.1e309", "1e99999", "1e2147483648",
          "1e" + Self.digits(1000),
          "1e-341", "1e-16383", "1e-16384", "1e-2147483648", "1e-" + Self.digits(1000),
          Self.digits(131_073),
          "0." + Self.digits(16_384), Self.digits(1_000_000), "0." + Self.digits(1_000_000),
        ]
        let malformed = [
          "01", "-", "+1", ".5", "1.", "1e", "1e+", "1.e5", "0x10", "1_0", "NaN", "Infinity",
          "-Infinity", "1,5",
          "--1", "00", "-01", "1e1.5", "1 2", "١", "1f",
        ]
        func body(_ number: String) -> String {
          rawClient(["contacts": #"[{"id":"","firstName":"","lastName":"","n":\#(number)}]"#])
        }
        for (number, text) in kept {
          let created = try site.send("POST", "/clients/", text: body(number))
          let target = try #require(created["Location"], "\(number.prefix(40)): \(created)")
          #expect(
            created.text.contains(#""n": \#(text)"#) || created.text.contains(#""n":\#(text)"#),
            "\(number.prefix(40))")
          #expect(try site.get(target).body == created.body)
          let same = try site.stored("contacts->0->>'n'", of: String(target.suffix(36)))
          #expect(same == text, "\(number.prefix(40))")
        }
        for number in refused {
          let answer = try site.send("POST", "/clients/", text: body(number))
          #expect(answer.violations == ["body.contacts value_error"], "\(number.prefix(40))")
        }
        for number in malformed {
          let answer = try site.send("POST", "/clients/", text: body(number))
          #expect(answer.violations.first?.hasSuffix(" json_invalid") == true, "\(number)")
        }
        // Where a number is no text.
        for name in ["name", "type", "email", "id", "tags", "status"] {
          for number in ["1", "1e400", Self.digits(1000)] {
            let answer = try site.send("POST", "/clients/", text: rawClient([name: number]))
            #expect(answer.status == 422 && answer.violations.count == 1, "\(name): \(answer)")
          }
        }
        let unknown = try site.send("POST", "/clients/", text: rawClient(["x": "1e999999999999"]))
        #expect(unknown.status == 201)  // ignored, never stored
        try site.hadNoFault()
        Scene.report(
          "numbers in bodies",
          "\(kept.count) stored and given back to the last digit (up to 131,072 digits), \(refused.count) out "
            + "of range and \(malformed.count) malformed refused (422)")
      }
    }

    /// A few bytes of a body never become much of an answer.
    @Test func manyHugeNumbersStaySmall() throws {
      try Site.accountable { site in
        let before = try SiteFootprint(site)
        var (largest, slowest, taken) = (0, 0.0, 0)
        let numbers = [
          "1e308", "1e-16383", "1e-340", "1e-324", "1e300", "-1e308", "1e99", "1e3", "1.5e-300",
          "0e308", "0e-340",
        ]
        for number in numbers {
          for count in [1_048_000 / (number.utf8.count + 1), 100_000, 50_000, 3000] {
            guard count * (number.utf8.count + 1) <= 1_048_000 else { continue }
            let list = Array(repeating: number, count: count).joined(separator: ",")
            let body = rawClient([
              "contacts": #"[{"id":"","firstName":"","lastName":"","n":[\#(list)]}]"#
            ])
            let created = try Timed(site, "POST", "/clients/", Array(body.utf8))
            #expect([201, 422].contains(created.status), "\(count) × \(number): \(created)")
            slowest = max(slowest, created.seconds)
            largest = max(largest, created.bytes)
            taken += created.status == 201 ? 1 : 0
          }
        }
        #expect(largest < 4 << 20)
        #expect(slowest < 4)
        #expect(taken > 0)
        try site.hadNoFault()
        Scene.report(
          "many huge numbers",
          "bodies of 1 MB with up to 174,666 numbers of \(numbers.count) kinds: answers of \(largest >> 10) KB at most, "
            + "slowest \(Int(slowest * 1000)) ms, \(taken) rows; \(try before.isBack(site, slack: 48))"
        )
      }
    }
  }
}
