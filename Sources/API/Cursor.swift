/// The opaque place in a list that a `next` link carries: the sort keys of the last row as
/// PostgreSQL sent them, in base64url (RFC 4648 section 5) behind a fingerprint of the order.
struct Cursor: Equatable {
  /// Binary values of the sort keys; nil is NULL.
  var keys: [[UInt8]?]

  /// Tells the cursors of one order from those of another.
  static func fingerprint(_ resource: Resource, _ order: [SortKey]) -> UInt32 {
    var hash = FNV1a()
    hash.add(resource.name)
    for key in order {
      hash.add(resource.columns[key.column].name)
      hash.add(key.descending ? 1 : 0)
    }
    return hash.hash32
  }

  /// Appends the cursor behind `row` of `rows`.
  static func write<R: Rows & ~Copyable>(
    _ rows: borrowing R, row: Int, _ resource: Resource, _ order: [SortKey],
    into output: inout [UInt8]
  ) {
    var bytes: [UInt8] = []
    bytes.appendBigEndian(fingerprint(resource, order))
    for key in order {
      if rows.isNull(row, key.column) {
        bytes.appendBigEndian(UInt16.max)
      } else {
        let cell = rows.cell(row, key.column)
        bytes.appendBigEndian(UInt16(truncatingIfNeeded: cell.count))
        bytes.append(cell)
      }
    }
    Base64URL.encode(bytes, into: &output)
  }

  /// Nil for anything that `write` did not make for this order.
  init?(_ text: [UInt8], _ resource: Resource, _ order: [SortKey]) {
    guard let bytes = Base64URL.decode(text),
      bytes.span.bigEndian(UInt32.self) == Self.fingerprint(resource, order)
    else { return nil }
    keys = []
    var position = 4
    for key in order {
      guard let length = bytes.span.bigEndian(UInt16.self, at: position) else { return nil }
      position += 2
      let column = resource.columns[key.column]
      if length == .max {
        guard column.isNullable else { return nil }
        keys.append(nil)
        continue
      }
      guard position + Int(length) <= bytes.count else { return nil }
      let range = position..<position + Int(length)
      guard Self.isValue(bytes.span, range, of: column.kind) else { return nil }
      keys.append(Array(bytes[range]))
      position = range.upperBound
    }
    guard position == bytes.count else { return nil }
  }

  private static func isValue(
    _ bytes: Span<UInt8>, _ range: Range<Int>, of kind: Column.Kind
  ) -> Bool {
    switch kind {
    case .uuid: range.count == 16
    case .timestamp:
      range.count == 8
        && bytes.bigEndian(Int64.self, at: range.lowerBound).map(Timestamp.isValue) ?? false
    case .text: UTF8Sequence.isText(bytes, range)
    case .textArray, .objects: false
    }
  }
}

/// Base64 with the URL-safe alphabet and no padding (RFC 4648 section 5).
enum Base64URL {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  static func encode(_ bytes: [UInt8], into output: inout [UInt8]) {
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
      for index in 0...group.count { output.append(alphabet[bits >> (18 - 6 * index) & 63]) }
    }
  }

  /// Nil for another alphabet, a wrong length, or spare bits that are not zero.
  static func decode(_ text: [UInt8]) -> [UInt8]? {
    guard text.count % 4 != 1 else { return nil }
    var bytes: [UInt8] = []
    var bits = 0
    var count = 0
    for character in text {
      guard let value = alphabet.firstIndex(of: character) else { return nil }
      bits = (bits << 6 | value) & 0xffff
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> count))
      }
    }
    guard bits & (1 << count - 1) == 0 else { return nil }
    return bytes
  }
}
