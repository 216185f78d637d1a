import Glibc

/// One HTTP/1.1 connection, used for one request after another by one client.
final class HTTPConnection {
  /// Why no answer came.
  enum Failure: Error, Equatable {
    case connect(Int32)
    /// The peer closed or reset; `bytes` of an answer had come.
    case closed(bytes: Int)
    case timeout
    case malformed(String)
  }

  private let descriptor: Int32
  private var buffer = [UInt8](repeating: 0, count: 65_536)
  /// Whether an answer has come over it before.
  private(set) var isReused = false
  /// Whether the next request may use it.
  private(set) var isOpen = true

  init(_ address: Address) throws(Failure) {
    descriptor = socket(
      address.family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), Int32(IPPROTO_TCP))
    guard descriptor >= 0 else { throw .connect(errno) }
    // Loopback accepts or refuses at once; a full listen queue shows as ETIMEDOUT.
    let outcome = address.withSocketAddress { Glibc.connect(descriptor, $0, $1) }
    guard outcome == 0 else {
      throw .connect(errno)  // deinit closes it
    }
    var one: Int32 = 1
    setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
  }

  deinit { close(descriptor) }

  /// Sends a request and reads its answer.
  ///
  /// - Parameter deadline: nanoseconds of ``Clock/monotonic``.
  func exchange(_ request: [UInt8], until deadline: UInt64) throws(Failure) -> HTTPAnswer {
    defer { isReused = true }
    isOpen = false
    try put(request, until: deadline)
    var received: [UInt8] = []
    while true {
      if let answer = try HTTPAnswer(received) {
        isOpen = answer.keepsConnection
        return answer
      }
      try wait(Int16(POLLIN), until: deadline)
      let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw .closed(bytes: received.count) }
      received += buffer[..<count]
    }
  }

  /// Sends bytes. A refusal may come before they are taken: then the rest is kept back.
  func put(_ bytes: [UInt8], until deadline: UInt64) throws(Failure) {
    var sent = 0
    while sent < bytes.count {
      try wait(Int16(POLLOUT), until: deadline)
      let count = bytes.withUnsafeBytes {
        send(descriptor, $0.baseAddress.map { $0 + sent }, $0.count - sent, Int32(MSG_NOSIGNAL))
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return }
      sent += count
    }
  }

  private func wait(_ events: Int16, until deadline: UInt64) throws(Failure) {
    while true {
      let now = Clock.monotonic
      guard now < deadline else { throw .timeout }
      var entry = pollfd(fd: descriptor, events: events, revents: 0)
      let ready = poll(&entry, 1, Int32((deadline - now) / 1_000_000 + 1))
      if ready > 0 { return }
      if ready < 0 && errno != EINTR { throw .closed(bytes: 0) }
    }
  }
}

/// The two clocks, in nanoseconds.
enum Clock {
  static var monotonic: UInt64 { read(CLOCK_MONOTONIC) }
  /// Since 1970: what `date +%s.%N` prints.
  static var wall: UInt64 { read(CLOCK_REALTIME) }

  private static func read(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
