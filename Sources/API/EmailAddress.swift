/// What counts as an e-mail address here: a dot-atom (RFC 5322 section 3.2.3) and a domain of
/// at least two labels (RFC 1035 section 2.3.1), letters beyond ASCII allowed in both
/// (RFC 6531). No quotes, comments, address literals or display names.
enum EmailAddress {
  /// Of well-formed UTF-8: one pass over the bytes while they are ASCII, else by code points.
  static func isValid(_ text: Span<UInt8>) -> Bool {
    /// Where the atom or label begins that is being read.
    var start = 0
    var labels = 0
    var isDomain = false
    func isLabel(_ end: Int) -> Bool {
      1...63 ~= end - start && text[start] != UInt8(ascii: "-")
        && text[end - 1] != UInt8(ascii: "-")
    }
    for index in text.indices {
      switch text[index] {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
        break
      case UInt8(ascii: "."):
        guard isDomain ? isLabel(index) : index > start else { return false }
        if isDomain { labels += 1 }
        start = index + 1
      case UInt8(ascii: "@"):
        guard !isDomain, index > start, index <= 64 else { return false }
        isDomain = true
        start = index + 1
      case 0x80...:
        let bytes = text.indices.map { text[$0] }
        return isValid(String(decoding: bytes, as: UTF8.self)[...])
      case let byte:
        guard !isDomain, isAtomText(Unicode.Scalar(byte)) else { return false }
      }
    }
    return isDomain && labels > 0 && isLabel(text.count) && text.count <= 254
  }

  /// Lengths count code points: 64 and 254 (RFC 5321 section 4.5.3.1), 63 for a label.
  static func isValid(_ text: Substring) -> Bool {
    // Scalars and not Characters: an @ and the mark behind it are one Character, which is no @.
    let scalars = text.unicodeScalars
    guard scalars.count <= 254 else { return false }
    let parts = scalars.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, 1...64 ~= parts[0].count else { return false }
    let atoms = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false)
    return atoms.allSatisfy(isAtom)
      && labels.count >= 2 && labels.allSatisfy(isLabel)
  }

  private static func isAtom(_ scalars: Substring.UnicodeScalarView) -> Bool {
    guard let first = scalars.first, !isMark(first) else { return false }
    return scalars.allSatisfy(isAtomText)
  }

  private static func isAtomText(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9": true
    case "!", "#", "$", "%", "&", "'", "*", "+", "-", "/", "=", "?", "^", "_", "`", "{", "|", "}",
      "~":
      true
    default: scalar.value >= 0x80 && (isLetter(scalar) || isMark(scalar))
    }
  }

  private static func isLabel(_ scalars: Substring.UnicodeScalarView) -> Bool {
    guard 1...63 ~= scalars.count, let first = scalars.first, first != "-", !isMark(first),
      scalars.last != "-"
    else { return false }
    return scalars.allSatisfy { scalar in
      switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9", "-": true
      default: scalar.value >= 0x80 && (isLetter(scalar) || isMark(scalar))
      }
    }
  }

  /// Unicode's category L.
  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }

  /// Unicode's category M: stands behind the letter that carries it.
  private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: true
    default: false
    }
  }
}
