/// The parameters of one statement in PostgreSQL's binary format, reused from statement to
/// statement.
public struct Parameters: Sendable {
  /// The values, one after the other.
  public private(set) var bytes: [UInt8] = []
  /// Where each value stands in `bytes`; nil is NULL.
  public private(set) var ranges: [Range<Int>?] = []

  /// No parameters yet.
  public init() {}

  mutating func reset() {
    trim()
    bytes.removeAll(keepingCapacity: true)
    ranges.removeAll(keepingCapacity: true)
  }

  /// Gives their memory back if it is much; they are of no more use then.
  mutating func trim() {
    if bytes.capacity > 65_536 { bytes = [] }
  }

  /// Makes room at once for what a body becomes.
  mutating func reserve(bytes byteCount: Int, count: Int) {
    bytes.reserveCapacity(byteCount)
    ranges.reserveCapacity(count)
  }

  mutating func appendNull() { ranges.append(nil) }

  mutating func append(_ number: Int64) {
    let start = bytes.count
    bytes.appendBigEndian(number)
    ranges.append(start..<bytes.count)
  }

  /// Puts a number in place of the parameter at `index`, which is one of eight bytes.
  mutating func replace(_ index: Int, with number: Int64) {
    guard let range = ranges[index] else { return }
    bytes.replaceBigEndian(number, at: range.lowerBound)
  }

  mutating func append(text: String) { write { $0.append(contentsOf: text.utf8) } }

  /// One parameter whose bytes `write` appends.
  mutating func write(_ write: (inout [UInt8]) -> Void) {
    let start = bytes.count
    write(&bytes)
    ranges.append(start..<bytes.count)
  }

  /// One parameter that `write` appends unless it returns false: then nothing is.
  mutating func writeChecked(_ write: (inout [UInt8]) -> Bool) -> Bool {
    let start = bytes.count
    guard write(&bytes) else {
      bytes.removeSubrange(start...)
      return false
    }
    ranges.append(start..<bytes.count)
    return true
  }

  /// Drops all parameters but the first.
  mutating func keepFirst() {
    ranges.removeSubrange(1...)
    bytes.removeSubrange((ranges[0]?.upperBound ?? 0)...)
  }
}
