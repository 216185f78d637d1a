internal import Glibc

/// What systemd is told, by its notification protocol (sd_notify(3)). Without systemd: nothing.
@safe public struct ServiceManager: Sendable {
  private let path: String?
  /// Milliseconds between two signs of life: half of what systemd allows; nil: none are wanted.
  public let watchdogInterval: Int?

  /// - Parameter environment: NOTIFY_SOCKET and WATCHDOG_USEC are read.
  public init(_ environment: [String: String]) {
    path = environment["NOTIFY_SOCKET"]
    watchdogInterval = environment["WATCHDOG_USEC"].flatMap { Int($0) }.map { max($0 / 2000, 1) }
  }

  /// Sends such as `READY=1`.
  public func notify(_ state: String) {
    guard let path else { return }
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var name = Array(path.utf8)
    // An abstract socket begins with NUL.
    if name.first == UInt8(ascii: "@") { name[0] = 0 }
    let room = MemoryLayout.size(ofValue: address.sun_path)
    guard name.count < room else { return }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size - room + name.count)
    let bytes = Array(state.utf8)
    unsafe withUnsafePointer(to: &address) { pointer in
      // sockaddr_un begins as every sockaddr does.
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        _ = unsafe sendto(
          descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), address, size)
      }
    }
  }
}

extension ServiceManager {
  /// The credential that LoadCredential= passes (systemd.exec(5)); nil when there is none.
  public static func credential(_ name: String, _ environment: [String: String]) -> String? {
    guard let directory = environment["CREDENTIALS_DIRECTORY"] else { return nil }
    let descriptor = unsafe open("\(directory)/\(name)", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = unsafe read(descriptor, &part, part.count)
      guard count > 0 else { break }
      bytes.append(contentsOf: part[..<count])
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
