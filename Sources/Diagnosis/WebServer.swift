/// What came back for a GET through nginx.
public enum WebAnswer: Sendable, Equatable {
  case answered(status: Int, body: String)
  case refused
  /// No answer within the limit, or none that is HTTP.
  case unreadable(String)

  /// - Parameter bytes: all that was sent.
  public init(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    let head = text.prefix { $0 != "\r\n" && $0 != "\n" }.split(separator: " ")
    guard head.count >= 2, head[0].hasPrefix("HTTP/"), let status = Int(head[1]) else {
      self = .unreadable(bytes.isEmpty ? "closed without an answer" : "what came is not HTTP")
      return
    }
    let body = text.firstRange(of: "\r\n\r\n").map { String(text[$0.upperBound...]) } ?? ""
    self = .answered(status: status, body: body)
  }

  /// - Parameter address: such as `http://127.0.0.1:8000/health/ready`.
  public func findings(_ address: String) -> [Finding] {
    switch self {
    case .answered(200, _): return [.ok("GET \(address): 200, ready")]
    case .answered(401, _):
      return [
        .skipped(
          "GET \(address): nginx wants a password there",
          remedy: "curl -i -u NAME \(address) must answer 200")
      ]
    case .answered(let status, let body):
      let reason = Self.error(in: body)
      let remedy =
        switch (status, reason) {
        case (502, _): "nginx found nobody at the socket: see the sections socket and systemd"
        case (503, .some): "see the section database, or journalctl -u erp-back"
        case (500, .some): "journalctl -u erp-back names the reason"
        default:
          "another program or another site answers there: see nginx -T, and nginx/erp-back-server.conf"
        }
      return [
        .failure("GET \(address): \(status)\(reason.map { ": \($0)" } ?? "")", remedy: remedy)
      ]
    case .refused:
      return [
        .failure(
          "GET \(address): nothing listens there",
          remedy: "systemctl start nginx\nand see that sites-enabled/ holds erp-back-server.conf")
      ]
    case .unreadable(let reason):
      return [
        .failure(
          "GET \(address): \(reason)",
          remedy: "journalctl -u erp-back; tail /var/log/nginx/error.log")
      ]
    }
  }

  /// The member `error` of the API's envelope.
  static func error(in body: String) -> String? {
    let head = "\"error\":\""
    guard let start = body.firstRange(of: head) else { return nil }
    var text = ""
    var isEscaped = false
    for character in body[start.upperBound...] {
      if isEscaped {
        text.append(character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else if character == "\"" {
        return text
      } else {
        text.append(character)
      }
    }
    return nil
  }
}

extension NginxConfiguration {
  /// Whether requests find their way to `socket`.
  public func findings(socket: String) -> [Finding] {
    guard !passages.isEmpty else {
      let others = Set(sockets).sorted()
      return [
        .failure(
          "nginx's configuration hands nothing to \(socket)"
            + (others.isEmpty ? "" : " (it names \(others.joined(separator: ", ")))"),
          remedy: others.isEmpty
            ? "install the files of nginx/: the guide's first deploy has the commands, then systemctl reload nginx"
            : others.contains { $0.hasSuffix(socket) }
              ? "enable the site: ln -s ../sites-available/erp-back-server.conf /etc/nginx/sites-enabled/, then systemctl reload nginx"
              : "make the server lines of conf.d/erp-back-upstream.conf and ERP_SOCKET agree, then systemctl reload nginx"
        )
      ]
    }
    let listens = Set(passages.flatMap(\.listens)).sorted().joined(separator: ", ")
    return [.ok("nginx hands requests from \(listens) to \(socket)")]
  }

  /// What `Limits` compares.
  public func complete(_ limits: inout Limits) {
    limits.read = passages.map(\.readTimeout).min()
    let sizes = passages.map(\.bodySize)
    if let least = sizes.min(), let most = sizes.max() { limits.bodySizes = least...most }
  }
}
