import Foundation

@testable import Harness

/// Texts that programs stumble over, made here; and those of others where they are at hand.
enum NaughtyText {
  /// Each of these may be stored, as far as its length goes.
  static var all: [String] {
    injections + unicode + edges + normalised + controls.map { "a\($0)b" } + controls + lengths
      + edges.map { "a\($0)\u{301}b" }
  }

  /// The Big List of Naughty Strings; empty when ../shared/data is not there.
  static let others: [String] = {
    let data = FileManager.default.contents(atPath: Workbench.shared("blns/blns.json"))
    return (data.flatMap { JSON(Array($0)) }?.array ?? []).compactMap(\.string)
      .filter { !$0.isEmpty && !$0.unicodeScalars.contains("\0") }
  }()

  /// As many as asked, of scalars of every plane, the same in every run.
  static func random(_ count: Int) -> [String] {
    var random = Xorshift()
    return (0..<count).map { _ in
      var text = String.UnicodeScalarView()
      for _ in 0...Int(random.byte() % 24) {
        let range: Range<UInt32> =
          [1..<0x80, 0x80..<0x800, 0x800..<0xD800, 0xE000..<0x10000, 0x10000..<0x110000][
            Int(random.byte() % 5)]
        let value = UInt32.random(in: range, using: &random)
        if let scalar = Unicode.Scalar(value) { text.append(scalar) }
      }
      return String(text)
    }
  }

  /// Every scalar value but U+0000, in their order, `length` to a text.
  static func everyScalar(_ length: Int) -> [String] {
    let scalars = (1...UInt32(0x10FFFF)).compactMap(Unicode.Scalar.init)
    return stride(from: 0, to: scalars.count, by: length).map { start in
      var text = String.UnicodeScalarView()
      text.append(contentsOf: scalars[start..<min(scalars.count, start + length)])
      return String(text)
    }
  }

  /// SQL, HTML, shells, formats, paths, logs, headers, templates, numbers that are none.
  private static let injections = [
    "' OR '1'='1", "'; DROP TABLE clients; --", "\"; DROP TABLE clients; --", "') OR 1=1--", "'''",
    "\\'; SELECT pg_sleep(9); --", "$$; SELECT 1; $$", "$1", "$1$", "$tag$x$tag$", "%s%s%n", "%",
    "%%",
    "_", "\\", "\\\\", "\\%", "E'\\x27'", "U&'\\0027'", "::text", "1;SELECT 1", "/*", "*/", "--",
    "#",
    "NULL", "null", "undefined", "true", "NaN", "-Infinity", "1e999", "0x1F", "{}", "[]", "{a,b}",
    "{\"a\":1}", "{NULL}", "(1,2)", "\\N", "\\.", "<script>alert(1)</script>",
    "<img src=x onerror=x>",
    "\"><svg/onload=x>", "</script>", "<!--", "]]>", "&lt;&#0;&amp;", "javascript:alert(1)",
    "${7*7}", "{{7*7}}", "#{7*7}", "<%= 7*7 %>", "${jndi:ldap://a/b}", "`id`", "$(id)", "; id",
    "| id",
    "&& id", "a\n; id", "../../etc/passwd", "..\\..\\", "/etc/passwd%00", "C:\\con", "file:///",
    "~root",
    "%d%x%p%n", "%08x.%08x", "%*.*s", "{0}", "{:>99999}", "a\r\nSet-Cookie: a=b",
    "a\r\n\r\nHTTP/1.1 200",
    "a\n<3>level=error msg=\"forged\"", "a\u{1B}[31mred\u{1B}[0m", "\u{1B}]0;title\u{7}",
    "\u{8}\u{8}",
    "=1+1", "=cmd|'/C calc'!A0", "+1", "-1", "@a", "\t=1", "a,b;c", "\"quoted\"", "'single'",
    "`back`",
    "%00", "%0d%0a", "%u0000", "\\u0000", "\\u0041", "\\x00", "\\0", "+", "a+b", "a b", "a%20b",
    "a&b=c", "a=b", "a?b", "a#b", "a/b", "//", "/./", "?", "&", ":", "()", "(&(a=*))", "*)(uid=*",
    "a\u{0009}b", "  a  ", ".", "..", "...", ",", ";", "!", "^", "|", "~", "—", "«»", "’", "“”",
    "\u{1A}",
  ]

  private static let unicode = [
    "\u{FEFF}", "\u{FEFF}start", "a\u{FEFF}b", "\u{FFFE}", "\u{FFFF}", "\u{FFFD}", "\u{200B}",
    "\u{200C}\u{200D}", "\u{2060}", "\u{AD}", "\u{34F}", "\u{180E}", "\u{61C}", "\u{200E}\u{200F}",
    "\u{202A}\u{202B}\u{202C}\u{202D}\u{202E}", "\u{2066}\u{2067}\u{2068}\u{2069}",
    "\u{202E}exe.fdp",
    "\u{2028}", "\u{2029}", "a\u{2028}b\u{2029}c", "\u{85}", "\u{B}\u{C}", "\u{FE0F}", "\u{E0001}",
    "\u{E0100}", "\u{1F3FB}", "👩‍👩‍👧‍👦", "🇫🇷🇫", "👍🏽", "1️⃣",
    "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
    "İıŞşẞßſK\u{212A}", "ǅǆﬃﬀ", "ΣΊΣΥΦΟΣς", "ﷺ﷽", "Ω\u{2126}Å\u{212B}",
    "Z\u{300}\u{301}\u{302}\u{334}\u{335}",
    String(repeating: "\u{301}", count: 50), "\u{301}a", "مرحبا שלום", "ಕನ್ನಡ ไทย ខ្មែរ",
    "日本語 한국어 𠜎𠜱𠝹𠱓",
    "ﾊﾝｶｸ ｆｕｌｌ", "𝕳𝖊𝖑𝖑𝖔 ①②③", "\u{1D173}\u{1D17A}", "\u{FFF9}\u{FFFA}\u{FFFB}", "\u{FFFC}",
    "\u{3000}",
    "\u{A0}", "\u{1680}\u{2000}\u{200A}\u{202F}\u{205F}", "\u{D7FF}\u{E000}", "\u{10FFFF}",
    "\u{10FFFD}",
    "\u{7F}\u{80}\u{9F}", "\u{1100}\u{1161}\u{11A8}", "각", "Ｋelvin", "раураl",
    "İ".lowercased(), "ß".uppercased(), "ﬁ", "\u{0345}", "\u{1F80}", "\u{2F800}",
  ]

  /// The borders of every plane and of what UTF-8 takes one, two, three and four bytes for.
  private static let edges: [String] = {
    var values: [UInt32] = [
      0x7F, 0x80, 0x7FF, 0x800, 0xFFF, 0x1000, 0xCFFF, 0xD000, 0xD7FF, 0xE000, 0xFDCF, 0xFDD0,
      0xFDEF,
    ]
    for plane: UInt32 in 0...16 {
      for last: UInt32 in [1, 0xFFFD, 0xFFFE, 0xFFFF] { values.append(plane << 16 | last) }
    }
    return values.compactMap { Unicode.Scalar($0).map { String($0) } }
  }()

  /// The same to the eye, and not to be made the same: NFC, NFD, NFKC, NFKD.
  private static let normalised: [String] = ["Éléonore Çà Å ﬁ ½ ² 가 ゔ Ǖ ṩ", "ḍ̇ q̣̇ ậ שּׁ"].flatMap {
    [
      $0, $0.precomposedStringWithCanonicalMapping, $0.decomposedStringWithCanonicalMapping,
      $0.precomposedStringWithCompatibilityMapping, $0.decomposedStringWithCompatibilityMapping,
    ]
  }

  private static let controls: [String] = (1...0x9F).filter { $0 < 0x20 || $0 > 0x7E }
    .compactMap { Unicode.Scalar(UInt32($0)).map { String($0) } }

  private static let lengths: [String] = [20, 21, 50, 51, 100, 101, 255, 256, 10_000, 10_001]
    .flatMap {
      count in ["a", "é", "€", "😀", "'", "\\", "\""].map { String(repeating: $0, count: count) }
    }

  /// JSON strings that are none, by what they are: raw bytes between the quotes.
  static let malformed: [[UInt8]] = controlBytes + sequences + escapes

  private static let controlBytes: [[UInt8]] = (UInt8.min...UInt8.max).filter {
    $0 < 0x20 || $0 >= 0x80
  }.map {
    [$0]
  }

  private static let sequences: [[UInt8]] = [
    // Overlong: U+0000, U+002F, U+007F, U+07FF, U+FFFF in more bytes than it takes.
    [0xC0, 0x80], [0xC0, 0xAF], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xE0, 0x80, 0xAF],
    [0xE0, 0x9F, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x80, 0x80, 0xAF],
    [0xF0, 0x8F, 0xBF, 0xBF],
    [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFC, 0x84, 0x80, 0x80, 0x80, 0x80],
    // Surrogates, single and in pairs (CESU-8).
    [0xED, 0xA0, 0x80], [0xED, 0xAF, 0xBF], [0xED, 0xB0, 0x80], [0xED, 0xBF, 0xBF],
    [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80],
    // Beyond U+10FFFF.
    [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xF7, 0xBF, 0xBF, 0xBF],
    // Cut short, at the end and before a letter.
    [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xC3, 0x28], [0xE2, 0x28, 0xA1],
    [0xE2, 0x82, 0x28],
    [0xF0, 0x28, 0x8C, 0xBC], [0xF0, 0x9F, 0x28, 0x80], [0xF0, 0x9F, 0x98, 0x28],
    [0xE9], [0x41, 0x6E, 0x64, 0x72, 0xE9],
  ]

  private static let escapes: [[UInt8]] = [
    #"\x41"#, #"\u12"#, #"\u12G4"#, #"\U00000041"#, #"\u{41}"#, #"\'"#, #"\a"#, #"\ud800\u00"#,
    #"\u+041"#, #"\u 041"#,
  ].map { Array($0.utf8) }

  /// JSON strings that are well-formed and no text: U+0000 and lone surrogates, escaped.
  static let unstorable: [String] = [
    #"\u0000"#, #"a\u0000b"#, #"\ud800"#, #"\uD800"#, #"\udbff"#, #"\udc00"#, #"\uDFFF"#,
    #"\ud800\ud800"#, #"\udc00\ud800"#, #"\ud83dA"#, #"\ud83d\u0041"#, #"\ud83d\n"#, #"a\udc00"#,
    #"\ud83d\ude00\ud83d"#, #"\\\u0000"#, #"\ud800 \udc00"#,
  ]
}
