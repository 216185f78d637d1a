internal import CFastCGI
internal import Glibc

/// The listening socket: systemd's, or one bound here. Always a unix socket: peers are the web
/// server only, and the file's permissions say who that is.
@safe public final class Listener {
  /// The socket that `accept` takes connections from.
  public let descriptor: Int32
  /// What was bound here; nil for an inherited socket.
  private let path: String?
  /// Of the file that was bound: its device and its number there.
  private let file: (device: dev_t, number: ino_t)?

  /// Why there is no socket, and the remedy.
  public struct Failure: Error, CustomStringConvertible {
    /// One line: what, why, and the remedy.
    public let description: String
  }

  /// Connections that wait in the kernel before `accept`.
  private static let backlog: Int32 = 4096
  private static let streamType =
    Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)

  private init(_ descriptor: Int32, path: String?) {
    self.descriptor = descriptor
    self.path = path
    file = path.flatMap(Self.file)
  }

  deinit { close(descriptor) }

  /// Whether it was bound here.
  public var isOwned: Bool { path != nil }

  /// Takes the socket that systemd passes as descriptor 3 (sd_listen_fds(3)).
  public static func inherited() throws(Failure) -> Listener {
    let descriptor: Int32 = 3
    var accepts: Int32 = 0
    var family: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    let isListener = unsafe getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &size) == 0
    size = socklen_t(MemoryLayout<Int32>.size)
    let hasFamily = unsafe getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0
    guard isListener, hasFamily, accepts != 0, family == AF_UNIX else {
      throw Failure(
        description: "the socket passed in LISTEN_FDS is not a listening unix socket: "
          + "use ListenStream=/run/erp-back/fcgi.sock in the .socket unit")
    }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    return Listener(descriptor, path: nil)
  }

  /// Binds `path`.
  ///
  /// - Parameters:
  ///   - mode: of the file, such as `0o660`.
  ///   - group: owns the file; nil leaves it.
  public static func bind(_ path: String, mode: UInt32, group: String?) throws(Failure) -> Listener
  {
    guard var address = unixAddress(path) else {
      throw Failure(
        description: "\(path): a unix socket's path has 1 to 107 bytes: set a shorter ERP_SOCKET")
    }
    try clear(path, &address)
    let descriptor = socket(AF_UNIX, streamType, 0)
    guard descriptor >= 0 else { throw Failure(description: "\(SystemError("socket"))") }
    // Nobody else may connect between bind and chmod: Linux gives the file the socket's own mode, less
    // the umask (unix_bind in net/unix/af_unix.c). The umask itself is all threads'.
    let bound = unsafe withAddress(&address) { address, size in
      fchmod(descriptor, 0o600) == 0 ? unsafe Glibc.bind(descriptor, address, size) : -1
    }
    let code = errno
    guard bound == 0 else {
      close(descriptor)
      let remedy =
        code == ENOENT || code == ENOTDIR
        ? "create its directory or set ERP_SOCKET" : "check the directory's owner or set ERP_SOCKET"
      throw Failure(description: "\(path): \(SystemError.text(code)): \(remedy)")
    }
    let listener = Listener(descriptor, path: path)
    do throws(Failure) {
      try listener.open(path, mode, group)
    } catch {
      listener.unlinkPath()
      throw error
    }
    return listener
  }

  /// Lets the web server in.
  private func open(_ path: String, _ mode: UInt32, _ group: String?) throws(Failure) {
    if let group {
      guard let entry = unsafe getgrnam(group) else {
        throw Failure(description: "ERP_SOCKET_GROUP: there is no group \(group)")
      }
      guard unsafe chown(path, uid_t.max, entry.pointee.gr_gid) == 0 else {
        throw Failure(
          description: "\(path): cannot give it to group \(group): \(SystemError.text(errno)): "
            + "run as a member of that group or unset ERP_SOCKET_GROUP")
      }
    }
    guard unsafe chmod(path, mode) == 0, listen(descriptor, Self.backlog) == 0 else {
      throw Failure(description: "\(path): \(SystemError.text(errno))")
    }
  }

  /// Removes what a process that is gone left at `path`; refuses everything else.
  private static func clear(_ path: String, _ address: inout sockaddr_un) throws(Failure) {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw Failure(
        description: "\(path) is there and is not a socket: remove it or set another ERP_SOCKET")
    }
    let probe = socket(AF_UNIX, streamType, 0)
    defer { close(probe) }
    let answer = unsafe withAddress(&address) { address, size in
      unsafe connect(probe, address, size)
    }
    switch answer == 0 ? 0 : errno {
    case ECONNREFUSED: break
    case EACCES, EPERM:
      throw Failure(
        description: "\(path) is there and may not be connected to: "
          + "remove it when nobody listens there, or set another ERP_SOCKET")
    case EPROTOTYPE:
      throw Failure(
        description: "\(path) is another kind of socket: remove it or set another ERP_SOCKET")
    default:
      throw Failure(
        description:
          "\(path) is in use: stop the process that listens there, or set another ERP_SOCKET")
    }
    guard unsafe unlink(path) == 0 || errno == ENOENT else {
      throw Failure(
        description: "\(path) is left over and cannot be removed: \(SystemError.text(errno)): "
          + "remove it, or set another ERP_SOCKET")
    }
  }

  /// The next connection; nil when none waits.
  ///
  /// - Throws: what else `accept4` fails with, such as EMFILE.
  public func accept() throws(SystemError) -> Connection? {
    while true {
      // Non-blocking, since nothing may wait: libfcgi reads a request when all of it is there. A
      // time limit on a blocking one (SO_RCVTIMEO) is two system calls more and a worse promise.
      let accepted = accept4(
        descriptor, nil, nil, Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue))
      if accepted >= 0 { return Connection(accepted) }
      switch errno {
      case EAGAIN: return nil
      case EINTR, ECONNABORTED: continue
      default: throw SystemError("accept4")
      }
    }
  }

  /// Removes the file of a socket bound here; not what another process has bound in its place.
  public func unlinkPath() {
    guard let path, let file, let now = Self.file(path), now == file else { return }
    _ = unsafe unlink(path)
  }

  private static func file(_ path: String) -> (device: dev_t, number: ino_t)? {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return nil }
    return (status.st_dev, status.st_ino)
  }

  private static func unixAddress(_ path: String) -> sockaddr_un? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    let fits = unsafe withUnsafeMutableBytes(of: &address.sun_path) { room in
      guard !bytes.isEmpty, bytes.count < room.count else { return false }
      unsafe room.copyBytes(from: bytes)
      return true
    }
    return fits ? address : nil
  }

  private static func withAddress(
    _ address: inout sockaddr_un, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    unsafe withUnsafePointer(to: &address) { pointer in
      // sockaddr_un begins as every sockaddr does.
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe body(address, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}
