import Foundation

@testable import FastCGI

/// Hands `body` the address of the unix socket at `path`, and its size.
func withUnixAddress<Value>(
  _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Value
) -> Value {
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
  return withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
    }
  }
}

/// The web server's end of a connection.
final class Peer {
  let descriptor: Int32

  /// Connects to the unix socket at `path`; nil when nobody listens.
  init?(_ path: String) {
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    let descriptor = descriptor
    let status = withUnixAddress(path) { connect(descriptor, $0, $1) }
    guard status == 0 else { return nil }
  }

  deinit {
    // A program that another test starts holds a copy until its exec.
    shutdown(descriptor, Int32(SHUT_RDWR))
    close(descriptor)
  }

  /// False unless all of it fitted the queue.
  func send(_ bytes: [UInt8]) -> Bool {
    Foundation.send(descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT)) == bytes.count
  }

  /// What has come, up to `limit` bytes; never waits.
  func receive(_ limit: Int = 1 << 24) -> [UInt8] {
    var found: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while found.count < limit {
      let count = recv(
        descriptor, &buffer, min(buffer.count, limit - found.count), Int32(MSG_DONTWAIT))
      guard count > 0 else { break }
      found += buffer[..<count]
    }
    return found
  }

  func shutdownWriting() { shutdown(descriptor, Int32(SHUT_WR)) }
}

/// A listener at a path of its own, and a connection through it.
struct Bench {
  static let names = ["REQUEST_METHOD", "REQUEST_URI", "CONTENT_LENGTH", "HTTP_X"].map {
    Array($0.utf8)
  }
  private static let library: Void = Connection.initializeLibrary()

  let path: String
  let listener: Listener
  let peer: Peer
  let connection: Connection

  init() throws {
    Self.library
    path = Self.freshPath()
    listener = try Listener.bind(path, mode: 0o600, group: nil)
    guard let peer = Peer(path), let connection = try listener.accept() else {
      throw Unreachable()
    }
    self.peer = peer
    self.connection = connection
    listener.unlinkPath()
  }

  struct Unreachable: Error {}

  static func freshPath() -> String {
    FileManager.default.temporaryDirectory.appendingPathComponent("erp-\(UUID().uuidString)").path
  }

  func arrival() -> Arrival? {
    var scratch = [UInt8](repeating: 0, count: Connection.peekSize)
    return connection.arrival(&scratch)
  }

  /// A request as it was read: values by name, and the body.
  struct Received: Equatable {
    enum Body: Equatable {
      case whole([UInt8])
      case wrongLength, tooLarge, dropped
    }
    var values: [String]
    var body: Body
  }

  func read(limit: Int = 1 << 20) -> Received? {
    var bytes: [UInt8] = [1, 2, 3]
    var values = [Range<Int>](repeating: 0..<3, count: Self.names.count)
    guard
      let body = connection.read(
        Self.names, into: &bytes, values: &values, limit: limit, contentLength: 2)
    else { return nil }
    let texts = values.map { String(decoding: bytes[$0], as: UTF8.self) }
    return switch body {
    case .whole(let range): Received(values: texts, body: .whole(Array(bytes[range])))
    case .wrongLength: Received(values: texts, body: .wrongLength)
    case .tooLarge: Received(values: texts, body: .tooLarge)
    case .dropped: Received(values: texts, body: .dropped)
    }
  }
}
