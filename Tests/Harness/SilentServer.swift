import Foundation

/// A stand-in for a database server that hangs, which the real one cannot be made to: it takes
/// connections and never says anything.
final class SilentServer {
  /// What a URL names as `host`.
  let directory: String
  private let descriptor: Int32

  init(directory: String) throws {
    self.directory = directory
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { room in
      room.copyBytes(from: "\(directory)/.s.PGSQL.5432".utf8.prefix(room.count - 1))
    }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard bound == 0, listen(descriptor, 8) == 0 else { throw Failure("listen: errno \(errno)") }
  }

  deinit { close(descriptor) }
}
