/// Writes rows as JSON objects, from PostgreSQL's binary cells straight into the answer.
struct RowWriter: Sendable {
  private enum Form {
    case text, uuid, timestamp, textArray, objects
  }

  private struct Field {
    let form: Form
    /// `,"name":` in `keys`, and a quote behind it where values have quotes.
    let key: Range<Int>
    let isQuoted: Bool

    /// Bytes that key and value never exceed, `null` included. Where every byte is escaped a text takes
    /// the longest; a UUID and a time take less than that of their 16 and 8 bytes, and an element of an
    /// array, whose own length takes four bytes there, has its quotes and comma for it here.
    @inline(__always)
    func mostRoom(_ cell: Span<UInt8>) -> Int {
      key.count &+ cell.count &* JSONEscape.longest &+ 5
    }

    /// The same, nearer: of a large value most of that would be for nothing.
    func room(_ cell: Span<UInt8>) -> Int {
      switch form {
      case .objects: key.count + cell.count + 5
      case .text where !cell.mustBeEscaped: key.count + cell.count + 5
      case .text, .uuid, .timestamp, .textArray: mostRoom(cell)
      }
    }
  }

  private let fields: [Field]
  /// Every field's key, one after the other.
  private let keys: [UInt8]

  init(_ columns: [Column]) {
    var keys: [UInt8] = []
    fields = columns.map { column in
      let start = keys.count
      let (form, isQuoted) =
        switch column.kind {
        case .text: (Form.text, true)
        case .uuid: (Form.uuid, true)
        case .timestamp: (Form.timestamp, true)
        case .textArray: (Form.textArray, false)
        case .objects: (Form.objects, false)
        }
      keys.append(contentsOf: ",\"\(column.name)\":\(isQuoted ? "\"" : "")".utf8)
      return Field(form: form, key: start..<keys.count, isQuoted: isQuoted)
    }
    self.keys = keys
  }

  /// - Parameter columns: in column order; nil: all.
  func write<R: Rows & ~Copyable>(
    _ rows: borrowing R, row: Int, columns: [Int]? = nil, into output: inout [UInt8]
  ) {
    let start = output.count
    let count = columns?.count ?? fields.count
    var place = 0
    // Most rows fit one piece; a longer field gets one of its own.
    while place < count {
      let next = columns?[place] ?? place
      let room = max(Self.piece, fields[next].room(rows.cell(row, next)))
      output.append(addingCapacity: room) { text in
        while place < count {
          let column = columns?[place] ?? place
          let cell = rows.cell(row, column)
          let field = fields[column]
          guard field.mostRoom(cell) <= text.freeCapacity || field.room(cell) <= text.freeCapacity
          else { return }
          let isNull = cell.isEmpty && rows.isNull(row, column)
          write(field, isNull: isNull, cell, into: &text)
          place += 1
        }
      }
    }
    output.append(UInt8(ascii: "}"))
    // In place of the first key's comma.
    output[start] = UInt8(ascii: "{")
  }

  private static let piece = 2048

  @inline(__always)
  private func write(
    _ field: Field, isNull: Bool, _ cell: Span<UInt8>, into output: inout OutputSpan<UInt8>
  ) {
    let key = keys.span.extracting(field.key)
    if isNull {
      output.append(key.extracting(droppingLast: field.isQuoted ? 1 : 0))
      return output.append(Self.null.span)
    }
    output.append(key)
    switch field.form {
    case .text: output.appendEscaped(cell)
    case .uuid: UUIDText.write(cell, into: &output)
    case .timestamp:
      // A column whose type was changed has other cells: readiness says so, nothing ends for it.
      guard cell.count == 8 else { break }
      Timestamp.write(Int64(bitPattern: EightBytes(cell, at: 0).bigEndian), into: &output)
    case .textArray: return Self.writeTextArray(cell, into: &output)
    // The first byte is the format's version (src/backend/utils/adt/jsonb.c, jsonb_send).
    case .objects: return output.append(cell.extracting(droppingFirst: 1))
    }
    output.append(UInt8(ascii: "\""))
  }

  /// The elements of every dimension in one list (src/backend/utils/adt/arrayfuncs.c, array_send).
  private static func writeTextArray(_ cell: Span<UInt8>, into output: inout OutputSpan<UInt8>) {
    output.append(UInt8(ascii: "["))
    let dimensions = Int(cell.bigEndian(Int32.self) ?? 0)
    var position = 12 + 8 * dimensions
    var isFirst = true
    while let length = cell.bigEndian(Int32.self, at: position) {
      position += 4
      if !isFirst { output.append(UInt8(ascii: ",")) }
      isFirst = false
      if length < 0 {
        output.append(null.span)
      } else {
        let element = cell.extracting(position..<position + Int(length))
        output.append(UInt8(ascii: "\""))
        output.appendEscaped(element)
        output.append(UInt8(ascii: "\""))
        position += Int(length)
      }
    }
    output.append(UInt8(ascii: "]"))
  }

  private static let null = Array("null".utf8)
}
