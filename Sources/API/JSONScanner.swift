/// A strict single-pass reader of RFC 8259 text over borrowed bytes. It builds nothing: a value
/// is its kind and its range.
struct JSONScanner {
  /// What a value is.
  enum Kind: UInt8 {
    case absent, string, number, object, array, `true`, `false`, null
  }

  /// A value found: where it stands and what its strings hold.
  struct Value {
    var kind: Kind = .absent
    var marks: Marks = []
    /// How many elements or members an array or object has.
    var count: Int32 = 0
    /// First byte to one past the last, quotes and brackets included.
    var range: Range<Int> = 0..<0
  }

  /// What was seen inside a value, at any depth.
  struct Marks: OptionSet {
    let rawValue: UInt8
    /// A backslash: the bytes are not the characters.
    static let escaped = Marks(rawValue: 1)
    /// U+0000, which PostgreSQL cannot store.
    static let nul = Marks(rawValue: 2)
    /// A lone surrogate, which is no character (RFC 8259 section 8.2).
    static let surrogate = Marks(rawValue: 4)
    /// A number beyond what `numeric` holds, or with an exponent that no double has (RFC 8259
    /// section 6): of a few bytes `numeric` would make 131,072 digits.
    static let hugeNumber = Marks(rawValue: 8)

    static let unstorable: Marks = [.nul, .surrogate, .hugeNumber]
  }

  /// Not well-formed at this offset in bytes.
  struct Malformed: Error, Equatable { let offset: Int }

  /// Deepest nesting of arrays and objects that is read.
  static let maxDepth = 64
  /// Digits that the exponents of all numbers may stand for: PostgreSQL answers `1e300` with 301.
  static let maxExpansion = 1_048_576

  private(set) var position: Int
  private let end: Int
  private var marks: Marks = []
  /// Of the container that ended last.
  private var count: Int32 = 0
  private var depth = 0
  private var expansion = 0

  init(_ range: Range<Int>) {
    position = range.lowerBound
    end = range.upperBound
  }

  /// The next value, white space before and after it skipped.
  mutating func value(_ bytes: Span<UInt8>) throws(Malformed) -> Value {
    skipSpace(bytes)
    let outer = marks
    marks = []
    let start = position
    let kind = try skipValue(bytes)
    let isContainer = kind == .object || kind == .array
    let value = Value(
      kind: kind, marks: marks, count: isContainer ? count : 0, range: start..<position)
    marks.formUnion(outer)
    skipSpace(bytes)
    return value
  }

  /// Counts a container whose opening the caller took.
  mutating func descend() { depth += 1 }
  /// And its end.
  mutating func ascend() { depth -= 1 }

  /// Whether nothing is left.
  var isAtEnd: Bool { position == end }

  /// Steps over `byte` and the white space behind it, if it is next.
  mutating func take(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
    guard position < end, bytes[position] == byte else { return false }
    position += 1
    skipSpace(bytes)
    return true
  }

  mutating func expect(_ byte: UInt8, _ bytes: Span<UInt8>) throws(Malformed) {
    guard take(byte, bytes) else { throw Malformed(offset: position) }
  }

  mutating func skipSpace(_ bytes: Span<UInt8>) {
    while position < end {
      switch bytes[position] {
      case 0x20, 0x0a, 0x0d, 0x09: position += 1
      default: return
      }
    }
  }

  private mutating func skipValue(_ bytes: Span<UInt8>) throws(Malformed) -> Kind {
    guard position < end else { throw Malformed(offset: position) }
    switch bytes[position] {
    case UInt8(ascii: "\""):
      try skipString(bytes)
      return .string
    case UInt8(ascii: "{"):
      try skipContainer(bytes, closing: UInt8(ascii: "}"), named: true)
      return .object
    case UInt8(ascii: "["):
      try skipContainer(bytes, closing: UInt8(ascii: "]"), named: false)
      return .array
    case UInt8(ascii: "t"):
      try skipWord(Self.trueWord, bytes)
      return .true
    case UInt8(ascii: "f"):
      try skipWord(Self.falseWord, bytes)
      return .false
    case UInt8(ascii: "n"):
      try skipWord(Self.nullWord, bytes)
      return .null
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      try skipNumber(bytes)
      return .number
    default:
      throw Malformed(offset: position)
    }
  }

  private mutating func skipContainer(
    _ bytes: Span<UInt8>, closing: UInt8, named: Bool
  ) throws(Malformed) {
    guard depth < Self.maxDepth else { throw Malformed(offset: position) }
    depth += 1
    position += 1
    skipSpace(bytes)
    if position < end, bytes[position] == closing {
      position += 1
      depth -= 1
      count = 0
      return
    }
    var count: Int32 = 0
    while true {
      if named {
        guard position < end, bytes[position] == UInt8(ascii: "\"") else {
          throw Malformed(offset: position)
        }
        try skipString(bytes)
        skipSpace(bytes)
        try expect(UInt8(ascii: ":"), bytes)
      }
      _ = try skipValue(bytes)
      count &+= 1
      skipSpace(bytes)
      guard position < end else { throw Malformed(offset: position) }
      if bytes[position] == closing { break }
      try expect(UInt8(ascii: ","), bytes)
    }
    position += 1
    depth -= 1
    self.count = count
  }

  private static let trueWord = Array("true".utf8)
  private static let falseWord = Array("false".utf8)
  private static let nullWord = Array("null".utf8)

  private mutating func skipWord(_ word: [UInt8], _ bytes: Span<UInt8>) throws(Malformed) {
    for offset in word.indices {
      guard position + offset < end, bytes[position + offset] == word[offset] else {
        throw Malformed(offset: position)
      }
    }
    position += word.count
  }

  /// RFC 8259 section 6.
  private mutating func skipNumber(_ bytes: Span<UInt8>) throws(Malformed) {
    if bytes[position] == UInt8(ascii: "-") { position += 1 }
    let whole = position
    guard let first = digit(bytes) else { throw Malformed(offset: position) }
    position += 1
    if first != 0 { skipDigits(bytes) }
    let wholeDigits = position - whole
    var fractionDigits = 0
    var exponent = 0
    if position < end, bytes[position] == UInt8(ascii: ".") {
      position += 1
      guard digit(bytes) != nil else { throw Malformed(offset: position) }
      let fraction = position
      skipDigits(bytes)
      fractionDigits = position - fraction
    }
    if position < end, bytes[position] | 0x20 == UInt8(ascii: "e") {
      position += 1
      var isNegative = false
      if position < end,
        bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-")
      {
        isNegative = bytes[position] == UInt8(ascii: "-")
        position += 1
      }
      guard digit(bytes) != nil else { throw Malformed(offset: position) }
      while let next = digit(bytes) {
        exponent = min(exponent * 10 + next, 100_000)
        position += 1
      }
      if isNegative { exponent = -exponent }
    }
    expansion += abs(exponent)
    // The largest double, 1.8e308, has 309 digits before the point, and the smallest,
    // 4.9406564584124654e-324, has 340 behind it. Without an exponent a number is what it takes:
    // numeric has at most 131,072 before the point and 16,383 behind it
    // (https://www.postgresql.org/docs/15/datatype-numeric.html).
    let isHuge =
      (exponent > 0 && wholeDigits + exponent > 309) || wholeDigits > 131_072
      || fractionDigits - exponent > (exponent < 0 ? 340 : 16_383)
      || expansion > Self.maxExpansion
    if isHuge { marks.insert(.hugeNumber) }
  }

  private func digit(_ bytes: Span<UInt8>) -> Int? {
    guard position < end, bytes[position] &- 0x30 < 10 else { return nil }
    return Int(bytes[position] &- 0x30)
  }

  private mutating func skipDigits(_ bytes: Span<UInt8>) {
    while position < end, bytes[position] &- 0x30 < 10 { position += 1 }
  }

  /// RFC 8259 section 7, and UTF-8 as in RFC 3629 section 4.
  private mutating func skipString(_ bytes: Span<UInt8>) throws(Malformed) {
    position += 1
    while true {
      skipPlain(bytes)
      guard position < end else { throw Malformed(offset: position) }
      switch bytes[position] {
      case UInt8(ascii: "\""):
        position += 1
        return
      case UInt8(ascii: "\\"):
        try skipEscape(bytes)
      default:
        // A control character, or what is not ASCII.
        let length = bytes[position] < 0x20 ? 0 : UTF8Sequence.length(bytes, at: position, end: end)
        guard length > 0 else { throw Malformed(offset: position) }
        position += length
      }
    }
  }

  /// Steps over characters that stand for themselves.
  private mutating func skipPlain(_ bytes: Span<UInt8>) {
    while position + 8 <= end {
      let next = EightBytes(bytes, at: position)
      let stops = next.toBeEscaped | next.beyondASCII
      if stops != 0 {
        position += stops.trailingZeroBitCount / 8
        return
      }
      position += 8
    }
    while position < end {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte &- 0x20 >= 0x60 { return }
      position += 1
    }
  }

  private mutating func skipEscape(_ bytes: Span<UInt8>) throws(Malformed) {
    marks.insert(.escaped)
    guard position + 1 < end else { throw Malformed(offset: end) }
    switch bytes[position + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      position += 2
    case UInt8(ascii: "u"):
      guard let unit = Self.codeUnit(bytes, at: position, end: end) else {
        throw Malformed(offset: position)
      }
      position += 6
      switch unit {
      case 0: marks.insert(.nul)
      case 0xd800..<0xdc00:
        if let low = Self.codeUnit(bytes, at: position, end: end), 0xdc00..<0xe000 ~= low {
          position += 6
        } else {
          marks.insert(.surrogate)
        }
      case 0xdc00..<0xe000: marks.insert(.surrogate)
      default: break
      }
    default:
      throw Malformed(offset: position)
    }
  }

  /// The UTF-16 code unit of a `\uXXXX` that begins at `start`.
  static func codeUnit(_ bytes: Span<UInt8>, at start: Int, end: Int) -> UInt32? {
    guard start + 6 <= end, bytes[start] == UInt8(ascii: "\\"),
      bytes[start + 1] == UInt8(ascii: "u")
    else { return nil }
    var unit: UInt32 = 0
    for index in start + 2..<start + 6 {
      guard let nibble = hexValue(bytes[index]) else { return nil }
      unit = unit << 4 | UInt32(nibble)
    }
    return unit
  }
}
