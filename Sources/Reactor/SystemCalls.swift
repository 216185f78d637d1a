internal import CLinux
internal import FastCGI
internal import Glibc

/// The system calls that are needed beside the event loop's own.
enum SystemCalls {
  /// Writes to standard error in one call: lines of several threads do not mix.
  ///
  /// - Returns: false when it is a socket, as the journal's is, and full: nothing was written.
  static func writeError(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    var count = unsafe send(
      STDERR_FILENO, bytes, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
    if count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) { return false }
    if count < 0 { count = 0 }
    // A file, a pipe or a terminal; or the rest of a line that a socket took a part of.
    if count < bytes.count {
      unsafe bytes.withUnsafeBytes { buffer in
        let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[count...])
        _ = unsafe write(STDERR_FILENO, rest.baseAddress, rest.count)
      }
    }
    return true
  }

  // MARK: the process

  /// Seconds of the Unix epoch.
  static var wallClock: Double { seconds(CLOCK_REALTIME) }

  /// Seconds of processor time, user and system, of all threads.
  static var processorTime: Double { seconds(CLOCK_PROCESS_CPUTIME_ID) }

  private static func seconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// Bytes.
  static var pageSize: Int { sysconf(Int32(_SC_PAGESIZE)) }

  /// Pages in memory: the second number of statm (proc(5)).
  static var residentPages: Int {
    let words = String(decoding: contents(of: "/proc/self/statm") ?? [], as: UTF8.self)
      .split(separator: " ")
    return words.count > 1 ? Int(words[1]) ?? 0 : 0
  }

  /// How many descriptors are open.
  static var openDescriptors: Int {
    guard let directory = unsafe opendir("/proc/self/fd") else { return 0 }
    defer { unsafe closedir(directory) }
    var count = 0
    while let _ = unsafe readdir(directory) { count += 1 }
    return max(count - 3, 0)  // `.`, `..` and the directory's own
  }

  /// RLIMIT_NOFILE.
  static var maxDescriptors: Int {
    var limit = rlimit()
    unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return Int(clamping: limit.rlim_cur)
  }

  /// Keeps signals from the calling thread and those it starts.
  static func block(_ numbers: [Int32]) {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for number in numbers { unsafe sigaddset(&set, number) }
    unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  /// All of a file; nil when it cannot be opened.
  static func contents(of path: String) -> [UInt8]? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = unsafe read(descriptor, &part, part.count)
      guard count > 0 else { return bytes }
      bytes.append(contentsOf: part[..<count])
    }
  }

  /// Sends one datagram to a unix socket; `@` at the start of the path is an abstract one.
  static func sendDatagram(_ text: String, to path: String) {
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var name = Array(path.utf8)
    if name.first == UInt8(ascii: "@") { name[0] = 0 }
    let room = MemoryLayout.size(ofValue: address.sun_path)
    guard name.count < room else { return }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size - room + name.count)
    let bytes = Array(text.utf8)
    unsafe withUnsafePointer(to: &address) { pointer in
      // sockaddr_un begins as every sockaddr does.
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        _ = unsafe sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), address, size)
      }
    }
  }
}

/// A thread that runs one closure and can be waited for.
@safe final class Thread {
  private var handle = pthread_t()

  private final class Job {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
  }

  /// - Parameter body: what it captures is the thread's from here on.
  init(_ body: @escaping () -> Void) throws(SystemError) {
    let job = unsafe Unmanaged.passRetained(Job(body))
    let code = unsafe pthread_create(
      &handle, nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        // Balances passRetained.
        unsafe Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, job.toOpaque())
    guard code == 0 else {
      unsafe job.release()
      throw SystemError("pthread_create", code: code)
    }
  }

  /// Waits for its end.
  func join() { pthread_join(handle, nil) }
}
