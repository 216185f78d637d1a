/// Writes rows as JSON objects, from PostgreSQL's binary cells straight into the answer.
struct RowWriter: Sendable {
  /// `"name":` per column, with the comma that goes before all but the first.
  private let keys: [[UInt8]]
  private let firstKeys: [[UInt8]]
  private let kinds: [Column.Kind]
  private let all: Range<Int>

  init(_ columns: [Column]) {
    firstKeys = columns.map { Array("\"\($0.name)\":".utf8) }
    keys = firstKeys.map { [UInt8(ascii: ",")] + $0 }
    kinds = columns.map(\.kind)
    all = columns.indices
  }

  /// - Parameter columns: in column order; nil: all.
  func write<R: Rows & ~Copyable>(
    _ rows: borrowing R, row: Int, columns: [Int]? = nil, into output: inout [UInt8]
  ) {
    output.append(UInt8(ascii: "{"))
    if let columns {
      for (place, column) in columns.enumerated() {
        output.append(contentsOf: place == 0 ? firstKeys[column] : keys[column])
        writeCell(rows, row, column, into: &output)
      }
    } else {
      for column in all {
        output.append(contentsOf: column == 0 ? firstKeys[column] : keys[column])
        writeCell(rows, row, column, into: &output)
      }
    }
    output.append(UInt8(ascii: "}"))
  }

  private func writeCell<R: Rows & ~Copyable>(
    _ rows: borrowing R, _ row: Int, _ column: Int, into output: inout [UInt8]
  ) {
    guard !rows.isNull(row, column) else {
      output.append(contentsOf: Self.null)
      return
    }
    let cell = rows.cell(row, column)
    switch kinds[column] {
    case .text: output.appendJSON(cell)
    case .uuid:
      output.append(UInt8(ascii: "\""))
      UUIDText.write(cell, into: &output)
      output.append(UInt8(ascii: "\""))
    case .timestamp:
      output.append(UInt8(ascii: "\""))
      Timestamp.write(cell.bigEndian(Int64.self) ?? 0, into: &output)
      output.append(UInt8(ascii: "\""))
    case .textArray: writeTextArray(cell, into: &output)
    // The first byte is the format's version (src/backend/utils/adt/jsonb.c, jsonb_send).
    case .objects: output.append(cell.extracting(1...))
    }
  }

  /// The elements of every dimension in one list (src/backend/utils/adt/arrayfuncs.c, array_send).
  private func writeTextArray(_ cell: Span<UInt8>, into output: inout [UInt8]) {
    output.append(UInt8(ascii: "["))
    let dimensions = Int(cell.bigEndian(Int32.self) ?? 0)
    var position = 12 + 8 * dimensions
    var isFirst = true
    while let length = cell.bigEndian(Int32.self, at: position) {
      position += 4
      if !isFirst { output.append(UInt8(ascii: ",")) }
      isFirst = false
      if length < 0 {
        output.append(contentsOf: Self.null)
      } else {
        output.appendJSON(cell.extracting(position..<position + Int(length)))
        position += Int(length)
      }
    }
    output.append(UInt8(ascii: "]"))
  }

  private static let null = Array("null".utf8)
}
