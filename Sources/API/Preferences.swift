/// What the `Prefer` field asks for (RFC 7240), of what is honoured.
struct Preferences: Equatable {
  /// `count=exact`
  var exactCount = false
  /// `handling=strict`
  var isStrict = false

  init() {}

  init(_ field: String) {
    // Of one that is given twice the first counts (RFC 7240 section 2).
    var hasCount = false
    var hasHandling = false
    // By bytes: a field of 8 KB may hold thousands of preferences.
    let separators = [UInt8(ascii: ","), UInt8(ascii: ";")]
    for preference in field.utf8.split(whereSeparator: separators.contains) {
      let words = Self.plain(preference)
      if !hasCount, words.starts(with: "count=".utf8) {
        hasCount = true
        exactCount = words.elementsEqual("count=exact".utf8)
      }
      if !hasHandling, words.starts(with: "handling=".utf8) {
        hasHandling = true
        isStrict = words.elementsEqual("handling=strict".utf8)
      }
    }
  }

  /// Lower case, without blanks and quotes.
  private static func plain(_ preference: Substring.UTF8View) -> some Sequence<UInt8> {
    preference.lazy.filter { !" \t\"".utf8.contains($0) }
      .map { 0x41...0x5A ~= $0 ? $0 | 0x20 : $0 }
  }

  /// The value of Preference-Applied; nil when nothing was asked.
  var applied: String? {
    let list = (exactCount ? ["count=exact"] : []) + (isStrict ? ["handling=strict"] : [])
    return list.isEmpty ? nil : list.joined(separator: ", ")
  }
}
