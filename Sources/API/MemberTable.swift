/// Which slot a member of a JSON object goes to.
struct MemberTable: Sendable {
  struct Entry: Sendable {
    let name: [UInt8]
    let slot: Int
    /// 0 for the first spelling of a slot, 1 for the second.
    let spelling: Int
  }
  let entries: [Entry]
  let slotCount: Int

  init(_ names: [(name: String, slot: Int)]) {
    var seen: [Int: Int] = [:]
    entries = names.map { name, slot in
      let spelling = seen[slot, default: 0]
      seen[slot] = spelling + 1
      return Entry(name: Array(name.utf8), slot: slot, spelling: spelling)
    }
    slotCount = seen.count
  }

  /// Compares as bytes; the tables are short, so length and first byte settle nearly all.
  func find(_ bytes: Span<UInt8>, _ name: Range<Int>) -> (slot: Int, spelling: Int)? {
    search: for entry in entries where entry.name.count == name.count {
      for offset in entry.name.indices
      where entry.name[offset] != bytes[name.lowerBound + offset] {
        continue search
      }
      return (entry.slot, entry.spelling)
    }
    return nil
  }
}
