/// One request: what it is for, and what is sent.
struct Request: Sendable {
  let action: Action
  let method: Method
  /// Below the clients' path.
  var target = ""
  var json: String?
  var type = "application/json"
  /// The value of If-Match.
  var tag: String?

  /// - Parameters:
  ///   - mark: the request's id.
  ///   - isAlone: whether its connection ends with it.
  func bytes(_ settings: Settings, mark: String, isAlone: Bool) -> [UInt8] {
    var head =
      "\(method.rawValue) \(settings.clientsPath)\(target) HTTP/1.1\r\n"
      + "Host: \(settings.address.host)\r\nX-Request-Id: \(mark)\r\n"
    if isAlone { head += "Connection: close\r\n" }
    if let tag { head += "If-Match: \(tag)\r\n" }
    guard let json else { return Array((head + "\r\n").utf8) }
    head += "Content-Type: \(type)\r\nContent-Length: \(json.utf8.count)\r\n\r\n"
    var bytes = Array((head + json).utf8)
    if action == .cut { bytes.removeLast((json.utf8.count + 1) / 2) }
    return bytes
  }
}
