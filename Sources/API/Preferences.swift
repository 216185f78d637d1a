/// What the `Prefer` field asks for (RFC 7240), of what is honoured.
struct Preferences: Equatable {
  /// `count=exact`
  var exactCount = false
  /// `handling=strict`
  var isStrict = false

  init() {}

  init(_ field: String) {
    // By bytes: a field of 8 KB may hold thousands of preferences.
    let separators = [UInt8(ascii: ","), UInt8(ascii: ";")]
    for preference in field.utf8.split(whereSeparator: separators.contains) {
      if Self.says(preference, "count=exact") { exactCount = true }
      if Self.says(preference, "handling=strict") { isStrict = true }
    }
  }

  /// Whether it is `words`, in any case, with blanks and quotes anywhere.
  private static func says(_ preference: Substring.UTF8View, _ words: String) -> Bool {
    preference.lazy.filter { !" \t\"".utf8.contains($0) }
      .map { 0x41...0x5A ~= $0 ? $0 | 0x20 : $0 }
      .elementsEqual(words.utf8)
  }

  /// The value of Preference-Applied; nil when nothing was asked.
  var applied: String? {
    let list = (exactCount ? ["count=exact"] : []) + (isStrict ? ["handling=strict"] : [])
    return list.isEmpty ? nil : list.joined(separator: ", ")
  }
}
