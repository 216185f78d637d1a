import Foundation

@testable import Harness

/// The example authenticator of nginx/examples, with two tokens.
final class Authenticator {
  let writer = "writer-\(unique())\(unique())"
  let reader = "reader-\(unique())\(unique())"
  private let socket: String
  private let tokens: String
  private let output: String
  private(set) var child: Child

  init(_ site: Site) throws {
    // Where scripts/site puts it.
    let nginx = URL(fileURLWithPath: Guarded.directory(site))
    let directory = nginx.deletingLastPathComponent().path
    socket = directory + "/authenticator.sock"
    tokens = directory + "/tokens"
    output = directory + "/authenticator"
    var lines = "# NAME read|write SHA256\n"
    for (name, right, token) in [("maria", "write", writer), ("display", "read", reader)] {
      let sum = try Output.of("/usr/bin/sha256sum", [], input: Array(token.utf8)).out.prefix(64)
      lines += "\(name) \(right) \(sum)\n"
    }
    try lines.write(toFile: tokens, atomically: false, encoding: .utf8)
    child = try Self.start(socket, tokens, output)
  }

  deinit { child.end() }

  func start() throws { child = try Self.start(socket, tokens, output) }

  func kill() throws {
    child.signal(SIGKILL)
    _ = try child.wait()
  }

  /// What it has printed.
  func said() throws -> String {
    try [".out", ".err"].map { try String(contentsOfFile: output + $0, encoding: .utf8) }.joined()
  }

  private static func start(_ socket: String, _ tokens: String, _ output: String) throws -> Child {
    try? FileManager.default.removeItem(atPath: socket)
    let child = try Child(
      Guarded.example("erp-back-authenticator"), [socket, tokens], output: output + ".out",
      errors: output + ".err")
    do {
      try eventually("the authenticator listens") { (try? Socket(path: socket)) != nil }
      // The unit gives it nginx's group.
      try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: socket)
    } catch {
      child.end()
      throw error
    }
    return child
  }
}

/// A unix socket that keeps what it is sent and hangs up: what nginx would have told the responder.
final class Recorder {
  let path: String
  private let descriptor: Int32

  init(_ path: String) throws {
    self.path = path
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { room in
      room.copyBytes(from: path.utf8.prefix(room.count - 1))
    }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard bound == 0, listen(descriptor, 8) == 0 else { throw Failure("listen: errno \(errno)") }
    try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: path)
  }

  deinit { close(descriptor) }

  /// Waits a second for a peer, reads what it sends within half a second, and hangs up.
  func take() -> [UInt8]? {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&waiting, 1, 1000) == 1 else { return nil }
    let peer = accept(descriptor, nil, nil)
    defer { close(peer) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 65536)
    var entry = pollfd(fd: peer, events: Int16(POLLIN), revents: 0)
    while poll(&entry, 1, 500) == 1 {
      let count = recv(peer, &part, part.count, 0)
      guard count > 0 else { break }
      bytes += part[..<count]
    }
    return bytes
  }
}
