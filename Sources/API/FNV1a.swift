/// FNV-1a, 64 bits (draft-eastlake-fnv, section 2): tells declarations apart, guards nothing.
struct FNV1a {
  private(set) var hash: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func add(_ text: String) {
    for byte in text.utf8 { add(byte) }
    add(0)
  }

  mutating func add(_ byte: UInt8) {
    hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
  }

  var hash32: UInt32 { UInt32(truncatingIfNeeded: hash ^ (hash >> 32)) }
}
