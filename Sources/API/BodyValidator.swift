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
    let columns = resource.columns
    for (slot, index) in resource.writable.enumerated() {
      let column = columns[index]
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
      if slots[slot].value.kind == .absent {
        parameters.appendNull()
      } else {
        let column = resource.columns[resource.writable[slot]]
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
      let writer = ObjectsWriter(column, shape, maxCount)
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
        ? "un demi-caractère (surrogate isolé) n’est pas accepté"
        : "un nombre est hors limites, ou les nombres à exposant dépassent ensemble un million de chiffres"
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
    guard value.kind == .string else {
      if value.kind == .null && column.isNullable { return parameters.appendNull() }
      if case .oneOf(let words) = column.rule {
        return refuse(column, .enum, among(words, column.jsonName))
      }
      return refuse(column, .stringType, "« \(column.jsonName) » doit être un texte")
    }
    if value.range.count == 2 && column.rule == .email { return parameters.appendNull() }
    let start = parameters.bytes.count
    parameters.write { JSONString.decode(bytes, value, into: &$0) }
    let text = parameters.bytes.span.extracting(start...)
    // There are never more code points than bytes.
    if text.count > maxLength, codePoints(text) > maxLength {
      return refuse(
        column, .stringTooLong, "« \(column.jsonName) » dépasse \(maxLength) caractères")
    }
    switch column.rule {
    case nil: break
    case .notBlank:
      if isBlank(text) {
        refuse(column, .stringTooShort, "« \(column.jsonName) » ne peut pas être vide")
      }
    case .oneOf(let words):
      if !words.contains(where: { $0.utf8.elementsEqual(parameters.bytes[start...]) }) {
        refuse(column, .enum, among(words, column.jsonName))
      }
    case .email:
      if !EmailAddress.isValid(text) {
        refuse(column, .valueError, "« \(column.jsonName) » n’est pas une adresse e-mail valable")
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
    guard value.count <= maxCount else {
      return refuse(
        column, .valueError, "« \(column.jsonName) » dépasse \(maxCount) éléments")
    }
    parameters.write { output in
      BinaryArray.writeHeader(of: 25, Int(value.count), into: &output)
      var elements = JSONElements(bytes, value)
      while let (index, element) = elements.next(bytes) {
        func refuse(_ kind: Violation.Kind, _ message: String) {
          violations.add(kind, at: ["body", .name(column.jsonName), .index(index)], message)
        }
        guard element.kind == .string else {
          refuse(.stringType, "un élément doit être un texte")
          continue
        }
        guard element.marks.isDisjoint(with: .unstorable) else {
          refuse(.valueError, Self.unstorable(element.marks))
          continue
        }
        BinaryArray.writeElement(into: &output) { output in
          let start = output.count
          JSONString.decode(bytes, element, into: &output)
          let text = output.span.extracting(start...)
          if text.count > maxLength, codePoints(text) > maxLength {
            refuse(.stringTooLong, "un élément dépasse \(maxLength) caractères")
          }
        }
      }
    }
  }
}

/// The elements of an array that was scanned before, one after the other.
struct JSONElements {
  private var scanner: JSONScanner
  private var index = -1

  init(_ bytes: Span<UInt8>, _ array: JSONScanner.Value) {
    scanner = JSONScanner(array.range)
    _ = scanner.take(UInt8(ascii: "["), bytes)
  }

  /// The closing bracket is no value, and ends them.
  mutating func next(_ bytes: Span<UInt8>) -> (index: Int, element: JSONScanner.Value)? {
    guard let element = try? scanner.value(bytes) else { return nil }
    _ = scanner.take(UInt8(ascii: ","), bytes)
    index += 1
    return (index, element)
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
    if 0x21...0x7e ~= text[index] { return false }
    let (scalar, length) = UTF8Sequence.decode(text, at: index)
    guard let scalar = Unicode.Scalar(scalar), scalar.properties.isWhitespace else { return false }
    index += length
  }
  return true
}
