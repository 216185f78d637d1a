/// Checks a JSON array of objects against their shape and writes it as a `jsonb` parameter:
/// each object's bytes as they were sent, the defaults of missing members behind them.
struct ObjectsWriter {
  private let column: Column
  private let shape: ObjectShape
  private let maxCount: Int

  init(_ column: Column, _ shape: ObjectShape, _ maxCount: Int) {
    self.column = column
    self.shape = shape
    self.maxCount = maxCount
  }

  /// The format's version, which is 1 (src/backend/utils/adt/jsonb.c, jsonb_recv), then text.
  func write(
    _ array: JSONScanner.Value, _ bytes: Span<UInt8>, into output: inout [UInt8],
    _ violations: inout Violations
  ) {
    guard array.count <= maxCount else {
      return violations.add(
        .valueError, at: ["body", .name(column.jsonName)],
        "« \(column.jsonName) » dépasse \(maxCount) éléments")
    }
    output.append(1)
    output.append(UInt8(ascii: "["))
    var scanner = JSONScanner(array.range)
    _ = scanner.take(UInt8(ascii: "["), bytes)
    var reader = BodyReader()
    var slots: [BodyReader.Slot] = []
    for index in 0..<Int(array.count) {
      if scanner.take(UInt8(ascii: ","), bytes) { output.append(UInt8(ascii: ",")) }
      let start = scanner.position
      guard (try? reader.readObject(&scanner, bytes, shape.table, into: &slots)) == true else {
        violations.add(.modelType, at: location(index), "un élément doit être un objet")
        continue
      }
      var end = scanner.position - 1
      while bytes[end] != UInt8(ascii: "}") { end -= 1 }
      output.append(bytes.extracting(start..<end))
      complete(slots, at: index, bytes, into: &output, &violations)
    }
    output.append(UInt8(ascii: "]"))
  }

  private func complete(
    _ slots: [BodyReader.Slot], at index: Int, _ bytes: Span<UInt8>,
    into output: inout [UInt8], _ violations: inout Violations
  ) {
    for member in slots.indices {
      if slots[member].value.kind == .absent {
        appendMissing(member, at: index, into: &output, &violations)
      } else {
        check(slots[member].value, member, at: index, bytes, &violations)
      }
    }
    output.append(UInt8(ascii: "}"))
  }

  private func appendMissing(
    _ member: Int, at index: Int, into output: inout [UInt8], _ violations: inout Violations
  ) {
    let name = shape.members[member].name
    guard let missing = shape.members[member].missing else {
      return violations.add(
        .missing, at: location(index, name), "le champ « \(name) » est requis")
    }
    // The first member is required, so a comma is always due.
    output.append(contentsOf: ",\"\(name)\":\(missing)".utf8)
  }

  private func check(
    _ value: JSONScanner.Value, _ member: Int, at index: Int, _ bytes: Span<UInt8>,
    _ violations: inout Violations
  ) {
    let wanted: (kind: Violation.Kind, text: String)
    switch shape.members[member].kind {
    case .string:
      if value.kind == .string { return }
      wanted = (.stringType, "un texte")
    case .nullableString:
      if value.kind == .string || value.kind == .null { return }
      wanted = (.stringType, "un texte ou null")
    case .boolean:
      if value.kind == .true || value.kind == .false { return }
      wanted = (.boolType, "true ou false")
    case .stringArray:
      if value.kind == .array { return checkStrings(value, member, at: index, bytes, &violations) }
      wanted = (.listType, "une liste de textes")
    }
    let name = shape.members[member].name
    violations.add(wanted.kind, at: location(index, name), "« \(name) » doit être \(wanted.text)")
  }

  private func checkStrings(
    _ array: JSONScanner.Value, _ member: Int, at index: Int, _ bytes: Span<UInt8>,
    _ violations: inout Violations
  ) {
    var elements = JSONElements(bytes, array)
    while let (number, element) = elements.next(bytes) {
      if element.kind == .string { continue }
      // There may be hundreds of thousands.
      if violations.isFull { return }
      violations.add(
        .stringType, at: location(index, shape.members[member].name) + [.index(number)],
        "un élément doit être un texte")
    }
  }

  /// Built only for what is wrong.
  private func location(_ index: Int, _ member: String? = nil) -> [Violation.Step] {
    ["body", .name(column.jsonName), .index(index)] + (member.map { [.name($0)] } ?? [])
  }
}
