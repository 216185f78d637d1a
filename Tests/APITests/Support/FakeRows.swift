@testable import API

/// Rows as the database would send them: cells in PostgreSQL's binary format, nil for NULL.
struct FakeRows: Rows {
  private var bytes: [UInt8] = []
  private var ranges: [[Range<Int>?]] = []
  var isCut = false

  init(_ rows: [[[UInt8]?]]) {
    for row in rows {
      ranges.append(
        row.map { cell in
          guard let cell else { return nil }
          bytes += cell
          return bytes.count - cell.count..<bytes.count
        })
    }
  }

  static let none = FakeRows([])

  var count: Int { ranges.count }

  func isNull(_ row: Int, _ column: Int) -> Bool { ranges[row][column] == nil }

  @_lifetime(borrow self)
  func cell(_ row: Int, _ column: Int) -> Span<UInt8> {
    bytes.span.extracting(ranges[row][column] ?? 0..<0)
  }
}

/// Cells of every kind.
enum Cell {
  static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

  static func number(_ number: some FixedWidthInteger) -> [UInt8] {
    stride(from: number.bitWidth - 8, through: 0, by: -8).map {
      UInt8(truncatingIfNeeded: number >> $0)
    }
  }

  /// array_send: dimensions, whether NULLs are in it, the type, length, lower bound, elements.
  static func textArray(_ elements: [String?]) -> [UInt8] {
    guard !elements.isEmpty else { return number(Int32(0)) + number(Int32(0)) + number(Int32(25)) }
    let hasNulls: Int32 = elements.contains(nil) ? 1 : 0
    let header = [1, hasNulls, 25, Int32(elements.count), 1].flatMap { number($0) }
    return elements.reduce(header) { cell, element in
      guard let element else { return cell + number(Int32(-1)) }
      return cell + number(Int32(element.utf8.count)) + text(element)
    }
  }

  static func jsonb(_ text: String) -> [UInt8] { [1] + text.utf8 }

  /// 00000000-0000-4000-8000-0000000000nn
  static func uuid(_ last: UInt8) -> [UInt8] {
    [0, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, last]
  }

  /// A client with its `xmin`; NULL where a column may be.
  static func client(_ last: UInt8, name: String = "Wash", city: String? = nil, at: Int64 = 0)
    -> [[UInt8]?]
  {
    [
      uuid(last), text("company"), text(name), nil, nil, nil, nil, nil, nil, nil,
      city.map { text($0) }, text("active"), textArray([]), nil, jsonb("[]"), number(at),
      number(at), number(UInt32(7)),
    ]
  }
}
