@testable import FastCGI

/// The bytes of FastCGI records (FastCGI Specification 1.0, sections 3.3 to 5).
enum Wire {
  static func record(
    _ type: UInt8, id: Int = 1, _ content: [UInt8] = [], padding: Int = 0, version: UInt8 = 1
  ) -> [UInt8] {
    [
      version, type, UInt8(id >> 8), UInt8(id & 255), UInt8(content.count >> 8),
      UInt8(content.count & 255), UInt8(padding), 0,
    ] + content + [UInt8](repeating: 0xee, count: padding)
  }

  static func begin(id: Int = 1, role: UInt8 = 1, keep: Bool = true, padding: Int = 0) -> [UInt8] {
    record(1, id: id, [0, role, keep ? 1 : 0, 0, 0, 0, 0, 0], padding: padding)
  }

  /// Section 3.4: a length below 128 is one byte, else four.
  static func pairs(_ parameters: KeyValuePairs<String, String>) -> [UInt8] {
    func length(_ text: String) -> [UInt8] {
      let count = text.utf8.count
      guard count > 127 else { return [UInt8(count)] }
      return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) | ($0 == 24 ? 0x80 : 0) }
    }
    return parameters.flatMap {
      length($0.key) + length($0.value) + Array("\($0.key)\($0.value)".utf8)
    }
  }

  /// A stream: its content in records of `chunk` bytes, ended by an empty one.
  static func stream(_ type: UInt8, id: Int = 1, _ content: [UInt8], chunk: Int = 65_535) -> [UInt8]
  {
    stride(from: 0, to: content.count, by: chunk).flatMap {
      record(type, id: id, Array(content[$0..<min($0 + chunk, content.count)]))
    } + record(type, id: id)
  }

  static func request(
    _ parameters: KeyValuePairs<String, String>, body: [UInt8] = [], id: Int = 1, keep: Bool = true,
    chunk: Int = 65_535
  ) -> [UInt8] {
    begin(id: id, keep: keep) + stream(4, id: id, pairs(parameters), chunk: chunk)
      + stream(5, id: id, body, chunk: chunk)
  }

  /// What a peer reads: the content of STDOUT, and the request that ended.
  struct Answer: Equatable {
    var content: [UInt8] = []
    var id = 0
    /// Content lengths of the STDOUT records, the empty last one too.
    var lengths: [Int] = []
  }

  /// Nil unless the bytes are exactly one answer.
  static func parse(_ bytes: [UInt8]) -> Answer? {
    var answer = Answer()
    var position = 0
    while position + 8 <= bytes.count {
      let length = Int(bytes[position + 4]) << 8 | Int(bytes[position + 5])
      let content = position + 8..<position + 8 + length
      let next = content.upperBound + Int(bytes[position + 6])
      let id = Int(bytes[position + 2]) << 8 | Int(bytes[position + 3])
      guard bytes[position] == 1, next <= bytes.count, answer.id == 0 || answer.id == id else {
        return nil
      }
      answer.id = id
      switch bytes[position + 1] {
      case 6 where answer.lengths.last != 0:
        answer.content += bytes[content]
        answer.lengths.append(length)
      case 3 where answer.lengths.last == 0 && length == 8:
        let isComplete = bytes[content].allSatisfy { $0 == 0 }
        return isComplete && next == bytes.count ? answer : nil
      default: return nil
      }
      position = next
    }
    return nil
  }
}
