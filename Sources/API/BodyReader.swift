/// Reads one JSON object into slots: where each declared member stands, nothing more.
struct BodyReader {
  struct Slot {
    var value = JSONScanner.Value()
    /// A bit per spelling of the name that was met.
    var spellings: UInt8 = 0

    var hasBothNames: Bool { spellings == 3 }
  }

  /// Why there are no slots.
  enum Failure: Error, Equatable {
    case malformed(offset: Int)
    case notAnObject
  }

  /// What the strings of members that are not declared hold.
  private(set) var undeclared: JSONScanner.Marks = []

  /// Reads the text in `range`, which is one JSON value with white space around it at most.
  ///
  /// - Parameter slots: set to one slot per entry of `table`; of two members of one name the
  ///   last counts.
  mutating func read(
    _ bytes: Span<UInt8>, _ range: Range<Int>, _ table: NameTable, into slots: inout [Slot]
  ) throws(Failure) {
    var scanner = JSONScanner(range)
    var isObject = false
    do throws(JSONScanner.Malformed) {
      isObject = try readObject(&scanner, bytes, table, into: &slots)
      guard scanner.isAtEnd else { throw JSONScanner.Malformed(offset: scanner.position) }
    } catch {
      throw .malformed(offset: error.offset - range.lowerBound)
    }
    if !isObject { throw .notAnObject }
  }

  /// Reads the next value, and the white space around it; false when it is no object.
  mutating func readObject(
    _ scanner: inout JSONScanner, _ bytes: Span<UInt8>, _ table: NameTable,
    into slots: inout [Slot]
  ) throws(JSONScanner.Malformed) -> Bool {
    undeclared = []
    slots.removeAll(keepingCapacity: true)
    slots.append(contentsOf: repeatElement(Slot(), count: table.slotCount))
    scanner.skipSpace(bytes)
    guard scanner.take(UInt8(ascii: "{"), bytes) else {
      _ = try scanner.value(bytes)
      return false
    }
    try readMembers(&scanner, bytes, table, &slots)
    return true
  }

  private mutating func readMembers(
    _ scanner: inout JSONScanner, _ bytes: Span<UInt8>, _ table: NameTable,
    _ slots: inout [Slot]
  ) throws(JSONScanner.Malformed) {
    scanner.descend()
    defer { scanner.ascend() }
    if scanner.take(UInt8(ascii: "}"), bytes) { return }
    repeat {
      let name = try scanner.name(bytes)
      try scanner.expect(UInt8(ascii: ":"), bytes)
      let value = try scanner.value(bytes)
      if let (slot, spelling) = find(bytes, name, table) {
        // What a member overwrites was sent too.
        undeclared.formUnion(slots[slot].value.marks)
        slots[slot].value = value
        slots[slot].spellings |= 1 << UInt8(spelling)
      } else {
        undeclared.formUnion(name.marks.union(value.marks))
      }
    } while scanner.take(UInt8(ascii: ","), bytes)
    try scanner.expect(UInt8(ascii: "}"), bytes)
  }

  private func find(
    _ bytes: Span<UInt8>, _ name: JSONScanner.Value, _ table: NameTable
  ) -> (slot: Int, spelling: Int)? {
    if name.marks.isEmpty {
      return table.find(bytes, name.range.lowerBound + 1..<name.range.upperBound - 1)
    }
    guard name.marks.isDisjoint(with: .unstorable) else { return nil }
    var decoded: [UInt8] = []
    JSONString.decode(bytes, name, into: &decoded)
    return table.find(decoded.span, decoded.indices)
  }
}

extension JSONScanner {
  /// The next value, which must be a string: the name of a member.
  mutating func name(_ bytes: Span<UInt8>) throws(Malformed) -> Value {
    let start = position
    let name = try value(bytes)
    guard name.kind == .string else { throw Malformed(offset: start) }
    return name
  }
}

/// JSON strings as UTF-8.
enum JSONString {
  /// Appends the characters of a string that was scanned and holds no lone surrogate.
  static func decode(
    _ bytes: Span<UInt8>, _ string: JSONScanner.Value, into output: inout [UInt8]
  ) {
    let inner = string.range.lowerBound + 1..<string.range.upperBound - 1
    guard string.marks.contains(.escaped) else {
      output.append(bytes.extracting(inner))
      return
    }
    var index = inner.lowerBound
    while true {
      let plain = index
      index = bytes.find(UInt8(ascii: "\\"), in: plain..<inner.upperBound)
      output.append(bytes.extracting(plain..<index))
      if index == inner.upperBound { return }
      switch bytes[index + 1] {
      case UInt8(ascii: "u"):
        var scalar = JSONScanner.codeUnit(bytes, at: index, end: inner.upperBound) ?? 0xfffd
        index += 6
        if 0xd800..<0xdc00 ~= scalar,
          let low = JSONScanner.codeUnit(bytes, at: index, end: inner.upperBound)
        {
          scalar = 0x10000 + (scalar - 0xd800) << 10 + (low &- 0xdc00)
          index += 6
        }
        output.append(contentsOf: Character(Unicode.Scalar(scalar) ?? "\u{fffd}").utf8)
      case let escape:
        output.append(character(of: escape))
        index += 2
      }
    }
  }

  private static func character(of escape: UInt8) -> UInt8 {
    switch escape {
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0c
    case UInt8(ascii: "n"): 0x0a
    case UInt8(ascii: "r"): 0x0d
    case UInt8(ascii: "t"): 0x09
    default: escape
    }
  }
}
