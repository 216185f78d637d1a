internal import CLinux
internal import FastCGI
internal import Glibc

/// The system calls that are needed beside the event loop's own.
enum SystemCalls {
  /// Writes to standard error in one call: lines of several threads do not mix.
  static func writeError(_ text: String) {
    let bytes = Array(text.utf8)
    _ = unsafe write(STDERR_FILENO, bytes, bytes.count)
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
