internal import CFastCGI
internal import Glibc

/// One connection from the web server: it peeks at what has come, lets libfcgi read a whole
/// request, and sends the answer itself.
///
/// Legal order: `arrival` until `.whole` → `read` → `send` → (`flush` until sent) → `arrival` …
@safe public final class Connection {
  /// The accepted socket.
  public let descriptor: Int32
  /// libfcgi's streams point back to it: it must not move.
  private let request: UnsafeMutablePointer<FCGX_Request>
  /// What a short write left over, and how much of it went since.
  private var unsent: [UInt8] = []
  private var unsentStart = 0
  private var isReading = false
  /// libfcgi closes the descriptor of a request that it refuses.
  private var wasClosedByLibrary = false
  /// What was taken of a request that does not fit the receive queue.
  private var overflow: [UInt8] = []
  /// How far that was checked.
  private var overflowCheck = RecordCheck()
  private var isBodyDropped = false

  /// What became of a body.
  public enum Body: Sendable {
    case whole(Range<Int>)
    /// Its length is not what CONTENT_LENGTH says.
    case wrongLength
    /// Longer than the limit; read to its end and dropped.
    case tooLarge
    /// Not kept: see ``Connection/dropBody()``.
    case dropped
  }

  /// How far the answer has come.
  public enum Sending: Sendable {
    case sent
    /// The peer reads slowly: call `flush` when the descriptor is writable.
    case blocked
    case failed
  }

  /// From this many bytes on the receive queue is emptied: Linux stops a sender when what it has queued
  /// fills its send buffer, about 200 KB, and what lies behind comes only after reading.
  private static let fullQueue = min(98_304, sendBuffer / 2)

  /// What a socket's send buffer holds unless somebody asks for more (net.core.wmem_default), in bytes;
  /// the kernel counts its own management of it too.
  private static let sendBuffer: Int = {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var size: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    let result = unsafe getsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, &length)
    return result == 0 ? Int(size) : 212_992
  }()
  /// What is gathered of one request at most, in bytes.
  private static let largestRequest = 134_217_728
  /// What `arrival` needs room for.
  public static let peekSize = 262_144

  /// Takes over an accepted descriptor, which is non-blocking.
  init(_ descriptor: Int32) {
    self.descriptor = descriptor
    unsafe request = .allocate(capacity: 1)
    unsafe request.initialize(to: FCGX_Request())
  }

  deinit {
    finishReading()
    if !wasClosedByLibrary { close(descriptor) }
    unsafe request.deinitialize(count: 1)
    unsafe request.deallocate()
  }

  /// Looks at what has come without taking it, as long as it fits the receive queue; nil when the
  /// peer has closed.
  ///
  /// - Parameter scratch: `peekSize` bytes, contents lost.
  public func arrival(_ scratch: inout [UInt8]) -> Arrival? {
    guard overflow.isEmpty else { return gather(&scratch) }
    let count = receive(&scratch, Int32(MSG_PEEK))
    if count < 0 && (errno == EAGAIN || errno == EINTR) { return .nothing }
    guard count > 0 else { return nil }
    let arrival = Arrival(scratch.span.extracting(0..<count))
    if case .partial = arrival, count >= Self.fullQueue { return gather(&scratch) }
    return arrival
  }

  /// Takes what has come of a request that does not fit the receive queue.
  private func gather(_ scratch: inout [UInt8]) -> Arrival? {
    while overflow.count <= Self.largestRequest {
      let count = receive(&scratch, 0)
      if count < 0 && (errno == EAGAIN || errno == EINTR) {
        return checkOverflow()
      }
      guard count > 0 else { return checkOverflow() == .whole ? .whole : nil }
      overflow.append(contentsOf: scratch[..<count])
    }
    return .invalid
  }

  /// Bytes taken of a request that has not come whole.
  public var gatheredBytes: Int { overflow.count }

  /// Nothing more is kept of this request's body: it is to be refused, and the web server reads no
  /// answer before it has sent the whole of it.
  public func dropBody() {
    isBodyDropped = true
    dropInput()
  }

  private func dropInput() {
    let input = overflowCheck.skipInput()
    // A new array: the memory of the old one is what is wanted.
    overflow = overflow[..<input.lowerBound] + Array(overflow[input.upperBound...])
  }

  private func checkOverflow() -> Arrival {
    let gathered = overflow
    let arrival = overflowCheck.advance(gathered.span)
    if isBodyDropped { dropInput() }
    return arrival
  }

  private func receive(_ scratch: inout [UInt8], _ flags: Int32) -> Int {
    unsafe scratch.withUnsafeMutableBytes { buffer in
      unsafe recv(descriptor, buffer.baseAddress, buffer.count, flags | Int32(MSG_DONTWAIT))
    }
  }

  /// Reads the request that has arrived.
  ///
  /// - Parameters:
  ///   - names: the parameters wanted.
  ///   - bytes: replaced by their values and the body, one after the other.
  ///   - values: where each stands in `bytes`, by its place in `names`; empty when not sent.
  ///   - limit: of the body, in bytes.
  /// - Returns: nil when the connection is of no more use.
  public func read(
    _ names: [[UInt8]], into bytes: inout [UInt8], values: inout [Range<Int>], limit: Int,
    contentLength: Int
  ) -> Body? {
    bytes.removeAll(keepingCapacity: true)
    for index in values.indices { values[index] = 0..<0 }
    guard let source = source() else { return nil }
    unsafe FCGX_InitRequest(request, -1, 0)
    unsafe request.pointee.ipcFd = source
    // Accept_r begins with Finish_r, which closes the descriptor unless it is kept, and a refusal
    // closes it with a lingering poll unless it is detached.
    unsafe request.pointee.keepConnection = 1
    unsafe request.pointee.detached = 1
    isReading = true
    let isAccepted = unsafe FCGX_Accept_r(request) == 0
    let isClosed = unsafe !isAccepted && request.pointee.ipcFd < 0
    if source == descriptor { wasClosedByLibrary = isClosed }
    defer { if source != descriptor && !isClosed { close(source) } }
    // Cut-off PARAMS come back as success.
    guard isAccepted, unsafe FCGX_GetError(request.pointee.in) == 0 else { return nil }
    unsafe Parameters.copy(request.pointee.envp, names, into: &bytes, &values)
    let body = readBody(
      into: &bytes, declared: Parameters.number(bytes, values[contentLength]), limit: limit)
    defer { isBodyDropped = false }
    return isBodyDropped && body != nil ? .dropped : body
  }

  /// What libfcgi reads from: the socket, when the whole request waits in it, else a file in memory
  /// with what was gathered. So it never meets a record that was not checked, and never waits.
  private func source() -> Int32? {
    guard !overflow.isEmpty else { return descriptor }
    defer {
      overflow = []
      overflowCheck = RecordCheck()
    }
    let file = unsafe memfd_create("request", UInt32(MFD_CLOEXEC))
    guard file >= 0 else { return nil }
    var written = 0
    while written < overflow.count {
      let count = unsafe overflow.withUnsafeBytes { bytes in
        let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[written...])
        return unsafe write(file, rest.baseAddress, rest.count)
      }
      guard count > 0 else {
        close(file)
        return nil
      }
      written += count
    }
    lseek(file, 0, SEEK_SET)
    return file
  }

  /// Reads STDIN to its end, always: what stays would be parsed as records.
  private func readBody(into bytes: inout [UInt8], declared: Int?, limit: Int) -> Body? {
    let start = bytes.count
    var total = 0
    while true {
      if total > limit || (declared ?? 0) > limit { bytes.removeSubrange(start...) }
      let wanted = min(max((declared ?? 0) - total, 0) + 1, 65_536)
      var count: Int32 = 0
      bytes.append(addingCapacity: wanted) { output in
        unsafe output.withUnsafeMutableBufferPointer { buffer, initialized in
          unsafe buffer.withMemoryRebound(to: CChar.self) { chars in
            count = unsafe FCGX_GetStr(chars.baseAddress, Int32(wanted), request.pointee.in)
          }
          initialized = Int(max(count, 0))
        }
      }
      total += Int(max(count, 0))
      if Int(count) < wanted { break }
    }
    guard unsafe FCGX_GetError(request.pointee.in) == 0 else { return nil }
    guard total == declared ?? 0 else { return .wrongLength }
    return total > limit ? .tooLarge : .whole(start..<bytes.count)
  }

  /// Sends the answer: all of it in one system call, unless it is long or the peer is slow.
  public func send(head: [UInt8], body: [UInt8], with writer: ResponseWriter) -> Sending {
    let number = unsafe Int(request.pointee.requestId)
    return writer.send(to: descriptor, request: number, head: head, body: body, unsent: &unsent)
  }

  /// Sends more of what was left over.
  public func flush() -> Sending {
    while unsentStart < unsent.count {
      let sent = unsafe unsent.withUnsafeBytes { bytes in
        let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[unsentStart...])
        return unsafe Glibc.send(
          descriptor, rest.baseAddress, rest.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
      }
      guard sent >= 0 else { return errno == EAGAIN ? .blocked : .failed }
      unsentStart += sent
    }
    unsent = []
    unsentStart = 0
    return .sent
  }

  /// Ends the request that was answered.
  ///
  /// - Returns: whether the peer keeps the connection for another.
  public func finish() -> Bool {
    let isKept = unsafe request.pointee.keepConnection != 0
    finishReading()
    return isKept
  }

  /// Instead of FCGX_Finish_r: nothing of libfcgi's is to be sent.
  private func finishReading() {
    guard isReading else { return }
    isReading = false
    unsafe FCGX_Free(request, 0)
  }

  /// Loads libfcgi. It takes SIGPIPE, SIGUSR1 and SIGTERM where they are at their defaults:
  /// install handlers afterwards.
  public static func initializeLibrary() {
    FCGX_Init()
  }
}
