/// One HTTP answer as it came over the wire.
struct Answer: Sendable {
  let status: Int
  /// Names in lower case, in the order of the wire, duplicates kept.
  let headers: [(name: String, value: String)]
  let body: [UInt8]
  /// The body when it is JSON, else ``JSON/absent``.
  let json: JSON

  /// Nil while the answer is not complete. At the end of the stream (`atEnd`) what is there counts.
  init?(_ bytes: [UInt8], isBodyless: Bool, atEnd: Bool) throws {
    guard let (head, start) = Self.head(of: bytes) else {
      if atEnd { throw Failure("the connection closed before an answer: \(bytes.count) bytes") }
      return nil
    }
    let lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)
    let words = lines[0].split(separator: " ", maxSplits: 2)
    guard words.count > 1, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
      throw Failure("not a status line: \(lines[0])")
    }
    self.status = status
    headers = try lines.dropFirst().map { line in
      guard let colon = line.firstIndex(of: ":") else { throw Failure("not a header: \(line)") }
      let value = line[line.index(after: colon)...]
      return (line[..<colon].lowercased(), String(value.drop { $0 == " " }))
    }
    let rest = Array(bytes[start...])
    let lengths = headers.filter { $0.name == "content-length" }.compactMap { Int($0.value) }
    let isChunked = headers.contains { $0.name == "transfer-encoding" && $0.value == "chunked" }
    if isBodyless || status == 204 || status == 304 {
      guard atEnd else { return nil }  // so that a body that must not be there is seen
      body = rest
    } else if isChunked {
      guard let whole = try Self.unchunked(rest) else {
        if atEnd { throw Failure("the connection closed inside a chunked body") }
        return nil
      }
      body = whole
    } else if let length = lengths.first {
      guard rest.count >= length else {
        if atEnd { throw Failure("\(rest.count) of \(length) bytes of the body came") }
        return nil
      }
      guard lengths.count == 1, rest.count == length else { throw Failure("more than one body") }
      body = rest
    } else {
      guard atEnd else { return nil }
      body = rest
    }
    json = JSON(body) ?? .absent
  }

  /// The value of the header, its lines joined by a comma; nil when absent.
  subscript(name: String) -> String? {
    let values = headers.filter { $0.name == name.lowercased() }.map(\.value)
    return values.isEmpty ? nil : values.joined(separator: ", ")
  }

  var text: String { String(decoding: body, as: UTF8.self) }

  /// The words of a comma separated header.
  func list(_ name: String) -> Set<String> {
    Set((self[name] ?? "").split(separator: ",").map { String($0.drop { $0 == " " }) })
  }

  private static func head(of bytes: [UInt8]) -> (String, Int)? {
    let end: [UInt8] = [13, 10, 13, 10]
    guard let range = bytes.firstRange(of: end) else { return nil }
    return (String(decoding: bytes[..<range.lowerBound], as: UTF8.self), range.upperBound)
  }

  private static func unchunked(_ bytes: [UInt8]) throws -> [UInt8]? {
    var body: [UInt8] = []
    var rest = bytes[...]
    while let line = rest.firstRange(of: [13, 10]) {
      let digits = String(decoding: rest[..<line.lowerBound], as: UTF8.self)
      guard let size = Int(digits, radix: 16) else { throw Failure("not a chunk: \(digits)") }
      rest = rest[line.upperBound...]
      guard rest.count >= size + 2 else { return nil }
      if size == 0 { return body }
      body += rest.prefix(size)
      rest = rest.dropFirst(size + 2)
    }
    return nil
  }
}

extension Answer: CustomStringConvertible {
  var description: String { "\(status) \(text.prefix(600))" }
}
