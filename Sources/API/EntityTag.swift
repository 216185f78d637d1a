/// Strong entity tags (RFC 9110 section 8.8.3): 32 hexadecimal digits in quotes, which name the
/// declaration (8), the transaction that wrote the row, `xmin` (8), and its `updated_at` (16).
/// A row changed in any way, by anybody, has another; a row restored from a dump too.
struct EntityTag: Equatable {
  let fingerprint: UInt32
  /// `xmin` of the row (https://www.postgresql.org/docs/15/ddl-system-columns.html).
  let transaction: UInt32
  /// Microseconds since 2000-01-01.
  let updated: Int64

  func write(into output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    output.appendHex(UInt64(fingerprint), digits: 8)
    output.appendHex(UInt64(transaction), digits: 8)
    output.appendHex(UInt64(bitPattern: updated), digits: 16)
    output.append(UInt8(ascii: "\""))
  }

  init(fingerprint: UInt32, transaction: UInt32, updated: Int64) {
    self.fingerprint = fingerprint
    self.transaction = transaction
    self.updated = updated
  }

  /// The tag inside the quotes; nil if it is none of ours.
  init?(_ digits: Span<UInt8>) {
    guard digits.count == 32 else { return nil }
    var halves: (UInt64, UInt64) = (0, 0)
    for index in digits.indices {
      // Ours are lower case, and opaque tags are compared as they stand.
      guard let nibble = hexValue(digits[index]), hexDigit(nibble) == digits[index] else {
        return nil
      }
      if index < 16 {
        halves.0 = halves.0 << 4 | UInt64(nibble)
      } else {
        halves.1 = halves.1 << 4 | UInt64(nibble)
      }
    }
    fingerprint = UInt32(halves.0 >> 32)
    transaction = UInt32(truncatingIfNeeded: halves.0)
    updated = Int64(bitPattern: halves.1)
    guard Timestamp.isValue(updated) else { return nil }
  }
}

/// The value of If-Match or If-None-Match (RFC 9110 sections 13.1.1 and 13.1.2).
enum EntityTagList: Equatable {
  case any
  /// Those that could be ours; what else was listed matches nothing.
  case tags([EntityTag])

  /// - Parameter weak: whether `W/"…"` counts, as it does for If-None-Match.
  init(_ bytes: Span<UInt8>, _ range: Range<Int>, weak: Bool) {
    if range.count == 1, bytes[range.lowerBound] == UInt8(ascii: "*") {
      self = .any
      return
    }
    var tags: [EntityTag] = []
    var index = range.lowerBound
    while index < range.upperBound {
      let byte = bytes[index]
      let isWeak =
        byte == UInt8(ascii: "W") && index + 2 < range.upperBound
        && bytes[index + 1] == UInt8(ascii: "/")
      if isWeak { index += 2 }
      guard bytes[index] == UInt8(ascii: "\"") else {
        index += 1
        continue
      }
      var end = index + 1
      while end < range.upperBound, bytes[end] != UInt8(ascii: "\"") { end += 1 }
      if end < range.upperBound, weak || !isWeak,
        let tag = EntityTag(bytes.extracting(index + 1..<end))
      {
        tags.append(tag)
      }
      index = end + 1
    }
    self = .tags(tags)
  }

  func matches(_ tag: EntityTag) -> Bool {
    switch self {
    case .any: true
    case .tags(let tags): tags.contains(tag)
    }
  }
}
