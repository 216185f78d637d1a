/// `application/json` and any `+json` (RFC 6839 section 3.1), parameters apart.
enum MediaType {
  private static let json = Array("application/json".utf8)

  static func isJSON(_ value: Span<UInt8>) -> Bool {
    if isPlainJSON(value) { return true }
    let bytes = value.indices.map { value[$0] }
    return isJSON(String(decoding: bytes, as: UTF8.self))
  }

  /// What nearly every client sends, for which no text is made.
  private static func isPlainJSON(_ value: Span<UInt8>) -> Bool {
    guard value.count >= json.count else { return false }
    for index in json.indices {
      let byte = value[index]
      let isCapital = 0x41...0x5a ~= byte
      if (isCapital ? byte | 0x20 : byte) != json[index] { return false }
    }
    if value.count == json.count { return true }
    // A mark behind the semicolon would make another Character of it.
    return value.count > json.count + 1 && value[json.count] == UInt8(ascii: ";")
      && value[json.count + 1] < 0x80
  }

  /// The same of any text.
  static func isJSON(_ value: String) -> Bool {
    let type = value.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)[0]
      .lowercased().filter { $0 != " " && $0 != "\t" }
    return type == "application/json" || type.hasSuffix("+json")
  }
}
