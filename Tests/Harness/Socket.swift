import Glibc

/// A blocking stream socket to this machine, with a deadline on every wait.
final class Socket {
  private var descriptor: Int32

  /// Connects to `port` of the loopback address.
  init(port: UInt16) throws {
    var address = Self.loopback(port)
    let outcome = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Self.open(AF_INET, connectingTo: $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    descriptor = try outcome.get()
  }

  /// Connects to the unix socket at `path`.
  init(path: String) throws {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { room in
      room.copyBytes(from: path.utf8.prefix(room.count - 1))
    }
    let outcome = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Self.open(AF_UNIX, connectingTo: $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    descriptor = try outcome.get()
  }

  deinit { close() }

  /// Ends the connection now; nothing else may be called after it.
  func close() {
    if descriptor >= 0 {
      // A program that another test starts holds a copy until its exec.
      shutdown(descriptor, Int32(SHUT_RDWR))
      Glibc.close(descriptor)
    }
    descriptor = -1
  }

  /// True when every byte was taken; false when the peer has gone or takes nothing for 10 s.
  @discardableResult
  func send(_ bytes: some Collection<UInt8>) -> Bool {
    var rest = ArraySlice(Array(bytes))
    while !rest.isEmpty {
      let sent = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if sent < 0 && errno == EINTR { continue }
      guard sent > 0 else { return false }
      rest = rest.dropFirst(sent)
    }
    return true
  }

  /// The bytes that came next; empty at the end of the stream or after a reset.
  func receive(until deadline: Deadline) throws -> [UInt8] {
    var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    var ready = poll(&wait, 1, deadline.milliseconds)
    while ready < 0 && errno == EINTR { ready = poll(&wait, 1, deadline.milliseconds) }
    guard ready > 0 else { throw Failure("nothing came before the deadline") }
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
    return count > 0 ? Array(buffer[..<count]) : []
  }

  /// Everything up to the end of the stream.
  func receiveAll(within seconds: Double = 10) throws -> [UInt8] {
    try receive(within: seconds) { _ in false }
  }

  /// Bytes until `isWhole` says that they are enough, or the end of the stream.
  func receive(within seconds: Double = 10, until isWhole: ([UInt8]) -> Bool) throws -> [UInt8] {
    let deadline = Deadline(seconds: seconds)
    var all: [UInt8] = []
    while !isWhole(all) {
      let bytes = try receive(until: deadline)
      if bytes.isEmpty { return all }
      all += bytes
    }
    return all
  }

  /// Tells the peer that no more bytes come; it may still answer.
  func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// A port of the loopback address that nobody listened on a moment ago.
  static func freePort() throws -> UInt16 {
    var address = loopback(0)
    let descriptor = open(AF_INET)
    defer { Glibc.close(descriptor) }
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let outcome = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard outcome else { throw Failure("no free port: errno \(errno)") }
    return UInt16(bigEndian: address.sin_port)
  }

  private static func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return address
  }

  private static func open(_ family: Int32) -> Int32 {
    socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
  }

  private static func open(
    _ family: Int32, connectingTo address: UnsafePointer<sockaddr>, _ length: socklen_t
  ) -> Result<Int32, Failure> {
    let descriptor = open(family)
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    if connect(descriptor, address, length) == 0 { return .success(descriptor) }
    defer { Glibc.close(descriptor) }
    return .failure(Failure("connect: errno \(errno)"))
  }
}
