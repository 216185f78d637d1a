/// What the `Prefer` field asks for (RFC 7240), of what is honoured.
struct Preferences: Equatable {
  /// `count=exact`
  var exactCount = false
  /// `handling=strict`
  var isStrict = false

  init() {}

  init(_ field: String) {
    for preference in field.split(whereSeparator: { $0 == "," || $0 == ";" }) {
      let words = preference.lowercased().filter { !" \t\"".contains($0) }
      switch words {
      case "count=exact": exactCount = true
      case "handling=strict": isStrict = true
      default: break
      }
    }
  }

  /// The value of Preference-Applied; nil when nothing was asked.
  var applied: String? {
    let list = (exactCount ? ["count=exact"] : []) + (isStrict ? ["handling=strict"] : [])
    return list.isEmpty ? nil : list.joined(separator: ", ")
  }
}
