/// Which slot a name stands for: a member of a JSON object, a parameter.
struct NameTable: Sendable {
  private struct Entry: Sendable {
    /// Of `names`.
    let name: Range<Int>
    let slot: Int
    /// 0 for the first spelling of a slot, 1 for the second.
    let spelling: Int
  }
  /// Shorter names first.
  private let entries: [Entry]
  /// Where in `entries` the names of each length are.
  private let ofLength: [Range<Int>]
  /// All names in one array: a search counts no references.
  private let names: [UInt8]
  let slotCount: Int

  init(_ names: [(name: String, slot: Int)]) {
    var seen: [Int: Int] = [:]
    var bytes: [UInt8] = []
    let all = names.map { name, slot in
      let spelling = seen[slot, default: 0]
      seen[slot] = spelling + 1
      let start = bytes.count
      bytes += name.utf8
      return Entry(name: start..<bytes.count, slot: slot, spelling: spelling)
    }
    self.names = bytes
    var entries: [Entry] = []
    ofLength = (0...(all.map(\.name.count).max() ?? 0)).map { length in
      let start = entries.count
      entries += all.filter { $0.name.count == length }
      return start..<entries.count
    }
    self.entries = entries
    slotCount = seen.count
  }

  /// Compares as bytes; length and first byte settle nearly all.
  func find(_ bytes: Span<UInt8>, _ name: Range<Int>) -> (slot: Int, spelling: Int)? {
    let sent = bytes.extracting(name)
    guard sent.count < ofLength.count else { return nil }
    search: for index in ofLength[sent.count] {
      let entry = entries[index]
      for offset in sent.indices where names[entry.name.lowerBound + offset] != sent[offset] {
        continue search
      }
      return (entry.slot, entry.spelling)
    }
    return nil
  }
}
