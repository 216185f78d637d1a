/// Checks the slots of a body against a resource's declaration and turns them into parameters:
/// every column in declaration order, every violation noted.
struct BodyValidator {
  let resource: Resource
  private(set) var violations = Violations()
  /// A bit per writable column that the body names.
  private(set) var sent: Int64 = 0

  init(_ resource: Resource) { self.resource = resource }

  /// What the members that are not declared hold counts too: the body is stored or refused whole.
  mutating func checkUndeclared(_ marks: JSONScanner.Marks) {
    if !marks.isDisjoint(with: [.nul, .surrogate]) {
      violations.add(.valueError, at: ["body"], Self.unstorable(marks))
    }
  }

  /// One parameter per writable column; a column not sent takes its default.
  mutating func create(
    _ bytes: Span<UInt8>, _ slots: [BodyReader.Slot], _ parameters: inout Parameters
  ) {
    for slot in slots.indices {
      let column = resource.columns[resource.writable[slot]]
      if slots[slot].value.kind == .absent {
        appendDefault(column, &parameters)
      } else {
        append(slot, column, slots[slot], bytes, &parameters)
      }
    }
  }

  /// One parameter per writable column but the id, which the path gives; NULL for one not sent.
  mutating func update(
    _ bytes: Span<UInt8>, _ slots: [BodyReader.Slot], _ parameters: inout Parameters
  ) {
    checkUndeclared(slots[0].value.marks)
    for slot in slots.indices.dropFirst() {
      let column = resource.columns[resource.writable[slot]]
      if slots[slot].value.kind == .absent {
        parameters.appendNull()
      } else {
        append(slot, column, slots[slot], bytes, &parameters)
      }
    }
  }

  private mutating func appendDefault(_ column: Column, _ parameters: inout Parameters) {
    switch column.initial {
    case .required:
      violations.add(
        .missing, at: ["body", .name(column.jsonName)], "le champ « \(column.jsonName) » est requis"
      )
    case .null, .generated: parameters.appendNull()
    case .text(let text): parameters.append(text: text)
    case .empty:
      if case .textArray = column.kind {
        parameters.write { BinaryArray.writeHeader(of: 25, 0, into: &$0) }
      } else {
        parameters.append(text: "\u{1}[]")
      }
    }
  }

  private mutating func append(
    _ index: Int, _ column: Column, _ slot: BodyReader.Slot, _ bytes: Span<UInt8>,
    _ parameters: inout Parameters
  ) {
    sent |= 1 << Int64(index)
    let value = slot.value
    if slot.hasBothNames {
      return refuse(
        column, .valueError, "« \(column.jsonName) » et « \(column.name) » sont le même champ")
    }
    if case .textArray = column.kind, value.kind == .array {
      // Its elements are looked at one by one.
    } else if !value.marks.isDisjoint(with: .unstorable) {
      return refuse(column, .valueError, Self.unstorable(value.marks))
    }
    switch column.kind {
    case .uuid: appendUUID(column, value, bytes, &parameters)
    case .text(let maxLength): appendText(column, value, maxLength, bytes, &parameters)
    case .textArray(let maxCount, let maxLength):
      appendTextArray(column, value, maxCount, maxLength, bytes, &parameters)
    case .objects(let shape, let maxCount):
      guard value.kind == .array else {
        return refuse(column, .listType, "« \(column.jsonName) » doit être une liste d’objets")
      }
      var writer = ObjectsWriter(column, shape, maxCount)
      parameters.write { writer.write(value, bytes, into: &$0, &violations) }
    case .timestamp: parameters.appendNull()
    }
  }

  private mutating func refuse(
    _ column: Column, _ kind: Violation.Kind, _ message: String
  ) {
    violations.add(kind, at: ["body", .name(column.jsonName)], message)
  }

  private static func unstorable(_ marks: JSONScanner.Marks) -> String {
    marks.contains(.nul)
      ? "le caractère U+0000 n’est pas accepté"
      : marks.contains(.surrogate)
        ? "un demi-caractère (surrogate isolé) n’est pas accepté" : "un nombre est hors limites"
  }

  private mutating func appendUUID(
    _ column: Column, _ value: JSONScanner.Value, _ bytes: Span<UInt8>,
    _ parameters: inout Parameters
  ) {
    guard value.kind != .null else { return parameters.appendNull() }
    let isUUID = parameters.writeChecked { output in
      guard value.kind == .string else { return false }
      guard value.marks.isEmpty else {
        var decoded: [UInt8] = []
        JSONString.decode(bytes, value, into: &decoded)
        return UUIDText.parse(decoded.span, decoded.indices, into: &output)
      }
      let inner = value.range.lowerBound + 1..<value.range.upperBound - 1
      return UUIDText.parse(bytes, inner, into: &output)
    }
    if !isUUID { refuse(column, .uuidParsing, "« \(column.jsonName) » doit être un UUID") }
  }

  private mutating func appendText(
    _ column: Column, _ value: JSONScanner.Value, _ maxLength: Int, _ bytes: Span<UInt8>,
    _ parameters: inout Parameters
  ) {
    let name = column.jsonName
    guard value.kind == .string else {
      if value.kind == .null && column.isNullable { return parameters.appendNull() }
      if case .oneOf(let words) = column.rule { return refuse(column, .enum, among(words, name)) }
      return refuse(column, .stringType, "« \(name) » doit être un texte")
    }
    if column.rule == .email && value.range.count == 2 { return parameters.appendNull() }
    let start = parameters.bytes.count
    parameters.write { JSONString.decode(bytes, value, into: &$0) }
    let text = parameters.bytes.span.extracting(start...)
    if codePoints(text) > maxLength {
      return refuse(
        column, .stringTooLong, "« \(name) » dépasse \(maxLength) caractères")
    }
    switch column.rule {
    case nil: break
    case .notBlank:
      if isBlank(text) { refuse(column, .stringTooShort, "« \(name) » ne peut pas être vide") }
    case .oneOf(let words):
      if !words.contains(where: { $0.utf8.elementsEqual(parameters.bytes[start...]) }) {
        refuse(column, .enum, among(words, name))
      }
    case .email:
      if !EmailAddress.isValid(String(decoding: parameters.bytes[start...], as: UTF8.self)[...]) {
        refuse(column, .valueError, "« \(name) » n’est pas une adresse e-mail valable")
      }
    }
  }

  private func among(_ words: [String], _ name: String) -> String {
    "« \(name) » doit valoir \(words.map { "« \($0) »" }.joined(separator: " ou "))"
  }

  private mutating func appendTextArray(
    _ column: Column, _ value: JSONScanner.Value, _ maxCount: Int, _ maxLength: Int,
    _ bytes: Span<UInt8>, _ parameters: inout Parameters
  ) {
    guard value.kind == .array else {
      return refuse(column, .listType, "« \(column.jsonName) » doit être une liste de textes")
    }
    let elements = JSONArray.elements(bytes, value)
    guard elements.count <= maxCount else {
      return refuse(
        column, .valueError, "« \(column.jsonName) » dépasse \(maxCount) éléments")
    }
    var faults: [(Int, Violation.Kind, String)] = []
    parameters.write { output in
      BinaryArray.writeHeader(of: 25, elements.count, into: &output)
      for (index, element) in elements.enumerated() {
        guard element.kind == .string else {
          faults.append((index, .stringType, "un élément doit être un texte"))
          continue
        }
        guard element.marks.isDisjoint(with: .unstorable) else {
          faults.append((index, .valueError, Self.unstorable(element.marks)))
          continue
        }
        var decoded: [UInt8] = []
        JSONString.decode(bytes, element, into: &decoded)
        if codePoints(decoded.span) > maxLength {
          faults.append((index, .stringTooLong, "un élément dépasse \(maxLength) caractères"))
        }
        output.appendBigEndian(Int32(decoded.count))
        output.append(contentsOf: decoded)
      }
    }
    for (index, kind, message) in faults {
      violations.add(kind, at: ["body", .name(column.jsonName), .index(index)], message)
    }
  }
}

/// Arrays that were scanned before.
enum JSONArray {
  static func elements(_ bytes: Span<UInt8>, _ array: JSONScanner.Value) -> [JSONScanner.Value] {
    var scanner = JSONScanner(array.range)
    var elements: [JSONScanner.Value] = []
    _ = scanner.take(UInt8(ascii: "["), bytes)
    while !scanner.isAtEnd, let element = try? scanner.value(bytes) {
      elements.append(element)
      guard scanner.take(UInt8(ascii: ","), bytes) else { break }
    }
    return elements
  }
}

/// Unicode code points in well-formed UTF-8: the bytes that continue none.
func codePoints(_ text: Span<UInt8>) -> Int {
  var count = 0
  for index in text.indices where text[index] & 0xc0 != 0x80 { count += 1 }
  return count
}

/// Whether all of it is white space (Unicode property White_Space).
func isBlank(_ text: Span<UInt8>) -> Bool {
  var index = 0
  while index < text.count {
    let (scalar, length) = UTF8Sequence.decode(text, at: index)
    guard let scalar = Unicode.Scalar(scalar), scalar.properties.isWhitespace else { return false }
    index += length
  }
  return true
}
