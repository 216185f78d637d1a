/// HTTP/1.1 over a socket of its own per request, with a say over every byte: URLSession mends the
/// targets, headers and bodies that the tests send broken.
struct HTTPClient: Sendable {
  let port: UInt16

  /// One request. `Host` and `Connection: close` are added, and `Content-Length` when there is a
  /// body; `headers` are written as they stand.
  func request(
    _ method: String, _ target: String, _ headers: [String] = [], body: [UInt8]? = nil,
    within seconds: Double = 20
  ) throws -> Answer {
    var lines = ["\(method) \(target) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Connection: close"]
    lines += headers
    if let body { lines.append("Content-Length: \(body.count)") }
    let head = lines.joined(separator: "\r\n") + "\r\n\r\n"
    return try exchange(Array(head.utf8) + (body ?? []), isHead: method == "HEAD", within: seconds)
  }

  /// Sends `bytes` as they are and reads one answer.
  func exchange(
    _ bytes: [UInt8], isHead: Bool = false, within seconds: Double = 20
  ) throws -> Answer {
    let socket = try Socket(port: port)
    socket.send(bytes)  // a refusal may come before the last byte is taken
    let deadline = Deadline(seconds: seconds)
    var received: [UInt8] = []
    while true {
      let more = try socket.receive(until: deadline)
      received += more
      if let answer = try Answer(received, isBodyless: isHead, atEnd: more.isEmpty) {
        return answer
      }
      if more.isEmpty { throw Failure("the connection closed without an answer") }
    }
  }
}

/// A segment of a path or a value of a query: every byte but the unreserved ones as `%XX`.
func percentEncoded(_ text: String) -> String {
  let digits = Array("0123456789ABCDEF")
  return text.utf8.reduce(into: "") { result, byte in
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      result.unicodeScalars.append(Unicode.Scalar(byte))
    default:
      result += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
    }
  }
}
