import Glibc

/// Where the API is: `http://HOST[:PORT][/PREFIX]`.
struct Address: Sendable {
  /// Of the Host header.
  let host: String
  /// Before `/clients`; empty or such as `/api`.
  let prefix: String
  let family: Int32
  private let bytes: [UInt8]

  /// Nil when the URL is of another form or the host has no address.
  init?(_ url: String) {
    guard url.hasPrefix("http://") else { return nil }
    let rest = url.dropFirst(7)
    let authority = rest.prefix { $0 != "/" }
    var path = rest.dropFirst(authority.count)
    while path.last == "/" { path = path.dropLast() }
    let parts = authority.split(separator: ":", maxSplits: 1)
    guard let name = parts.first else { return nil }
    host = String(authority)
    prefix = String(path)

    var hints = addrinfo()
    hints.ai_family = AF_INET
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    defer { if let list { freeaddrinfo(list) } }
    guard getaddrinfo(String(name), parts.count > 1 ? String(parts[1]) : "80", &hints, &list) == 0,
      let first = list?.pointee, let address = first.ai_addr
    else { return nil }
    family = first.ai_family
    bytes = Array(UnsafeRawBufferPointer(start: address, count: Int(first.ai_addrlen)))
  }

  /// Gives `body` the address as connect(2) takes it.
  func withSocketAddress(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var storage = sockaddr_storage()
    withUnsafeMutableBytes(of: &storage) { $0.copyBytes(from: bytes) }
    return withUnsafePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(bytes.count)) }
    }
  }
}
