import Foundation
import Synchronization

@testable import Harness

/// Stands between the service and the database server, and can keep back what the server says.
final class Relay: Sendable {
  /// What a URL names as `host`.
  let directory: String
  private let server: String
  private let listener: Int32
  private let isHolding = Atomic<Bool>(false)
  private let isOver = Atomic<Bool>(false)
  private let asked = Atomic<Int>(0)

  /// - Parameter database: behind it; its URL names a directory as `host`.
  init(_ database: Database) throws {
    directory = "\(try Workbench.require().directory)/relay-\(unique())"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    guard let host = database.url.firstMatch(of: /host=([^&]+)/)?.1.removingPercentEncoding else {
      throw Failure("no host in \(database.url)")
    }
    server = host + "/.s.PGSQL.5432"
    listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = Self.address("\(directory)/.s.PGSQL.5432")
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard bound == 0, listen(listener, 64) == 0 else { throw Failure("listen: errno \(errno)") }
    Thread.detachNewThread { self.accept() }
  }

  /// The database's URL by way of the relay.
  func url(of database: Database) -> String {
    database.url.replacing(/host=[^&]+/, with: "host=\(percentEncoded(directory))")
  }

  /// From now on nothing that the server says gets through.
  func hold() { isHolding.store(true, ordering: .relaxed) }

  /// What was kept back gets through.
  func release() { isHolding.store(false, ordering: .relaxed) }

  /// How often anything was said to the server.
  var count: Int { asked.load(ordering: .relaxed) }

  func end() {
    isOver.store(true, ordering: .relaxed)
    shutdown(listener, Int32(SHUT_RDWR))
  }

  private func accept() {
    while true {
      let client = Glibc.accept(listener, nil, nil)
      guard client >= 0 else { break }
      let back = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      var address = Self.address(server)
      let connected = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(back, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      guard connected == 0 else {
        close(client)
        close(back)
        continue
      }
      Thread.detachNewThread { self.pass(client, back) }
    }
    close(listener)
  }

  /// Carries bytes both ways until either end is gone.
  private func pass(_ client: Int32, _ server: Int32) {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    loop: while !isOver.load(ordering: .relaxed) {
      let holds = isHolding.load(ordering: .relaxed)
      var sides = [
        pollfd(fd: client, events: Int16(POLLIN), revents: 0),
        pollfd(fd: holds ? -1 : server, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&sides, 2, 10) >= 0 || errno == EINTR else { break }
      for (side, other) in [(0, server), (1, client)] where sides[side].revents != 0 {
        let count = read(sides[side].fd, &buffer, buffer.count)
        guard count > 0 else { break loop }
        if side == 0 { asked.add(1, ordering: .relaxed) }
        var sent = 0
        while sent < count {
          let more = buffer.withUnsafeBytes {
            send(other, $0.baseAddress.map { $0 + sent }, count - sent, Int32(MSG_NOSIGNAL))
          }
          guard more > 0 else { break loop }
          sent += more
        }
      }
    }
    close(client)
    close(server)
  }

  private static func address(_ path: String) -> sockaddr_un {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { room in
      room.copyBytes(from: path.utf8.prefix(room.count - 1))
    }
    return address
  }
}
