/// Checks a JSON array of objects against their shape and writes it as a `jsonb` parameter:
/// each object's bytes as they were sent, the defaults of missing members behind them.
struct ObjectsWriter {
  private let column: Column
  private let shape: ObjectShape
  private let maxCount: Int
  private var slots: [BodyReader.Slot] = []
  private var reader = BodyReader()

  init(_ column: Column, _ shape: ObjectShape, _ maxCount: Int) {
    self.column = column
    self.shape = shape
    self.maxCount = maxCount
  }

  /// The format's version, which is 1 (src/backend/utils/adt/jsonb.c, jsonb_recv), then text.
  mutating func write(
    _ array: JSONScanner.Value, _ bytes: Span<UInt8>, into output: inout [UInt8],
    _ violations: inout Violations
  ) {
    let elements = JSONArray.elements(bytes, array)
    guard elements.count <= maxCount else {
      return violations.add(
        .valueError, at: ["body", .name(column.jsonName)],
        "« \(column.jsonName) » dépasse \(maxCount) éléments")
    }
    output.append(1)
    output.append(UInt8(ascii: "["))
    for (index, element) in elements.enumerated() {
      if index > 0 { output.append(UInt8(ascii: ",")) }
      write(element, at: index, bytes, into: &output, &violations)
    }
    output.append(UInt8(ascii: "]"))
  }

  private mutating func write(
    _ element: JSONScanner.Value, at index: Int, _ bytes: Span<UInt8>,
    into output: inout [UInt8], _ violations: inout Violations
  ) {
    let location: [Violation.Step] = ["body", .name(column.jsonName), .index(index)]
    do throws(BodyReader.Failure) {
      try reader.read(bytes, element.range, shape.table, into: &slots)
    } catch {
      return violations.add(.modelType, at: location, "un élément doit être un objet")
    }
    output.append(bytes.extracting(element.range.lowerBound..<element.range.upperBound - 1))
    for (slot, member) in zip(slots, shape.members) {
      if slot.value.kind == .absent {
        guard let missing = member.missing else {
          violations.add(
            .missing, at: location + [.name(member.name)], "le champ « \(member.name) » est requis")
          continue
        }
        // A required member stands before every optional one, so a comma is always due.
        output.append(contentsOf: ",\"\(member.name)\":\(missing)".utf8)
      } else {
        check(slot.value, member, at: location + [.name(member.name)], bytes, &violations)
      }
    }
    output.append(UInt8(ascii: "}"))
  }

  private func check(
    _ value: JSONScanner.Value, _ member: ObjectShape.Member, at location: [Violation.Step],
    _ bytes: Span<UInt8>, _ violations: inout Violations
  ) {
    switch member.kind {
    case .string:
      if value.kind != .string {
        violations.add(.stringType, at: location, "« \(member.name) » doit être un texte")
      }
    case .nullableString:
      if value.kind != .string && value.kind != .null {
        violations.add(
          .stringType, at: location, "« \(member.name) » doit être un texte ou null")
      }
    case .boolean:
      if value.kind != .true && value.kind != .false {
        violations.add(.boolType, at: location, "« \(member.name) » doit être true ou false")
      }
    case .stringArray:
      guard value.kind == .array else {
        return violations.add(
          .listType, at: location, "« \(member.name) » doit être une liste de textes")
      }
      for (index, element) in JSONArray.elements(bytes, value).enumerated()
      where element.kind != .string {
        violations.add(
          .stringType, at: location + [.index(index)], "un élément doit être un texte")
      }
    }
  }
}
