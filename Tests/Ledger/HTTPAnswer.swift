import Glibc

/// One answer, with a length that was said: what the API promises of every one.
struct HTTPAnswer: Sendable {
  let status: Int
  let body: [UInt8]
  let keepsConnection: Bool
  private let head: [(name: String, value: String)]

  /// Nil while bytes are missing.
  init?(_ bytes: [UInt8]) throws(HTTPConnection.Failure) {
    guard let end = Self.endOfHead(bytes) else { return nil }
    let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
    let words = lines.first?.split(separator: " ") ?? []
    guard words.count > 1, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
      throw .malformed("not a status line")
    }
    head = lines.dropFirst().map { line in
      let colon = line.firstIndex(of: ":") ?? line.endIndex
      return (line[..<colon].lowercased(), String(line[colon...].dropFirst().drop { $0 == " " }))
    }
    guard let text = Self.value("content-length", head), let length = Int(text) else {
      throw .malformed("no Content-Length")
    }
    guard bytes.count >= end + 4 + length else { return nil }
    guard bytes.count == end + 4 + length else { throw .malformed("more than one answer") }
    self.status = status
    body = Array(bytes[(end + 4)...])
    keepsConnection = Self.value("connection", head)?.lowercased() != "close"
  }

  subscript(name: String) -> String? { Self.value(name, head) }

  /// Whether the bytes of `text` stand somewhere in the body.
  func contains(_ text: String) -> Bool { body.firstRange(of: Array(text.utf8)) != nil }

  /// What a failure has to be, whoever made it: JSON in the API's envelope under the request's id,
  /// and with Retry-After when trying again makes sense. No answer holds `secret`. Nil when all is so.
  func flaw(requestID: String, secret: String? = nil) -> String? {
    if let secret, holds(secret) { return "the secret is in it" }
    guard self["x-request-id"] == requestID else { return "another X-Request-Id" }
    guard status >= 400 else { return nil }
    guard self["content-type"] == "application/json" else { return "not JSON" }
    let start = #"{"success":false,"data":null,"error":""#
    guard body.starts(with: start.utf8), contains(#""request_id":"\#(requestID)"}"#) else {
      return "not the envelope"
    }
    if [502, 503, 504].contains(status), Int(self["retry-after"] ?? "") == nil {
      return "no Retry-After"
    }
    return nil
  }

  /// Whether `text` stands in the body or in a header field. Not `contains`, which takes its time
  /// where a list is of megabytes.
  private func holds(_ text: String) -> Bool {
    if head.contains(where: { $0.value.contains(text) }) { return true }
    let wanted = Array(text.utf8)
    return body.withUnsafeBytes { bytes in
      guard var rest = bytes.baseAddress else { return false }
      let end = rest + bytes.count
      while let found = memchr(rest, Int32(wanted[0]), end - rest),
        end - UnsafeRawPointer(found) >= wanted.count
      {
        if memcmp(found, wanted, wanted.count) == 0 { return true }
        rest = UnsafeRawPointer(found) + 1
      }
      return false
    }
  }

  private static func value(_ name: String, _ head: [(name: String, value: String)]) -> String? {
    head.first { $0.name == name }?.value
  }

  /// Where the empty line begins.
  private static func endOfHead(_ bytes: [UInt8]) -> Int? {
    var index = 0
    while index + 3 < bytes.count {
      if bytes[index] == 13, bytes[index + 1] == 10, bytes[index + 2] == 13, bytes[index + 3] == 10
      {
        return index
      }
      index += 1
    }
    return nil
  }
}
