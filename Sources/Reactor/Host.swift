internal import CLinux
internal import FastCGI
internal import Glibc

/// What this machine says about its files, users and sockets, for commands at a terminal.
public enum Host {
  /// A file as lstat(2) tells it; of a link, what it leads to when asked.
  public struct File: Sendable {
    /// S_IFMT's bits.
    public let type: UInt32
    /// Permissions: the last twelve bits.
    public let mode: UInt32
    /// uid
    public let owner: UInt32
    /// gid
    public let group: UInt32
    /// Nanoseconds since 1970.
    public let modified: Int

    /// Whether it is a unix socket.
    public var isSocket: Bool { type == S_IFSOCK }
    /// Whether it is a directory.
    public var isDirectory: Bool { type == S_IFDIR }
    /// Whether it is an ordinary file.
    public var isRegular: Bool { type == S_IFREG }
  }

  /// What a file holds.
  public enum Content: Sendable, Equatable {
    case bytes([UInt8])
    case missing
    /// The system's reason.
    case unreadable(String)
  }

  /// One user.
  public struct User: Sendable {
    /// uid
    public let id: UInt32
    /// Its own group and those it was put into.
    public let groups: [UInt32]
  }

  /// nil: there is nothing, or it is not to be seen.
  public static func file(_ path: String, following: Bool = false) -> File? {
    var status = stat()
    let code = unsafe following ? stat(path, &status) : lstat(path, &status)
    guard code == 0 else { return nil }
    return File(
      type: status.st_mode & S_IFMT, mode: status.st_mode & 0o7777, owner: status.st_uid,
      group: status.st_gid,
      modified: status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec)
  }

  /// A path without links and dots, from the root; as it is when nothing is there.
  public static func absolute(_ path: String) -> String {
    guard let found = unsafe realpath(path, nil) else { return path }
    // realpath(3) allocated it.
    defer { unsafe free(found) }
    return unsafe String(cString: found)
  }

  /// All of a file.
  public static func contents(of path: String) -> Content {
    if let bytes = SystemCalls.contents(of: path) { return .bytes(bytes) }
    return errno == ENOENT || errno == ENOTDIR ? .missing : .unreadable(SystemCalls.text(errno))
  }

  /// What a symbolic link holds, in /proc too; nil: none, or it may not be read.
  public static func link(_ path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: 4096)
    let room = buffer.count
    let count = unsafe readlink(path, &buffer, room)
    guard count >= 0 else { return nil }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// nil: there is no such user, or, of a DynamicUser=, not while its service is stopped.
  public static func user(_ name: String) -> User? {
    // The one thread here; the entry is copied before the next call.
    guard let entry = unsafe getpwnam(name) else { return nil }
    let (id, group) = unsafe (entry.pointee.pw_uid, entry.pointee.pw_gid)
    var groups = [gid_t](repeating: group, count: 256)
    var count = Int32(groups.count)
    guard unsafe getgrouplist(name, group, &groups, &count) >= 0 else {
      return User(id: id, groups: [group])
    }
    return User(id: id, groups: Array(groups[..<Int(count)]))
  }

  /// A user's name, or its number.
  public static func name(ofUser id: UInt32) -> String {
    guard let entry = unsafe getpwuid(id), let name = unsafe entry.pointee.pw_name else {
      return "\(id)"
    }
    return unsafe String(cString: name)
  }

  /// A group's name, or its number.
  public static func name(ofGroup id: UInt32) -> String {
    guard let entry = unsafe getgrgid(id), let name = unsafe entry.pointee.gr_name else {
      return "\(id)"
    }
    return unsafe String(cString: name)
  }

  /// Whether there is a group of that name.
  public static func hasGroup(_ name: String) -> Bool { unsafe getgrnam(name) != nil }

  /// Whether this process is root's.
  public static var isRoot: Bool { geteuid() == 0 }

  /// Whether standard output is a terminal.
  public static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  /// Whether a program of that path may be run.
  public static func isExecutable(_ path: String) -> Bool { unsafe access(path, X_OK) == 0 }

  /// Why that path may not be read, in the system's words; nil: it may.
  public static func unreadable(_ path: String) -> String? {
    unsafe access(path, R_OK) == 0 ? nil : SystemError.text(errno)
  }

  /// Nanoseconds since 1970 at which the monotonic clock (in microseconds) stood so.
  public static func time(ofMonotonic microseconds: Int) -> Int {
    func now(_ clock: clockid_t) -> Int {
      var time = timespec()
      unsafe clock_gettime(clock, &time)
      return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
    return now(CLOCK_REALTIME) - now(CLOCK_MONOTONIC) + microseconds * 1000
  }

  /// Acts as another user while `body` runs: a server that asks the kernel who connects
  /// (`peer` in pg_hba.conf) is told the effective one.
  public static func acting<Value, Failure: Error>(
    as user: User, _ body: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    // Root's home is closed to the other: libpq looks for its files there.
    unsafe setenv("HOME", "/", 1)
    let (group, own) = (getegid(), geteuid())
    setegid(user.groups.first ?? group)
    seteuid(user.id)
    defer {
      seteuid(own)
      setegid(group)
    }
    return try body()
  }

  /// Puts variables of this process in the place of all that begin like them, for a library that
  /// reads them there. Call it while there is one thread.
  public static func replaceVariables(_ prefix: String, with variables: [String: String]) {
    for name in CommonGateway.environment().keys where name.hasPrefix(prefix) {
      unsafe unsetenv(name)
    }
    for (name, value) in variables where name.hasPrefix(prefix) { unsafe setenv(name, value, 1) }
  }

  /// Keeps the kernel from ever writing this process's memory down, which holds the database's
  /// password and people's data, wherever it is started.
  ///
  /// A limit of 1 and not 0: with 0 a program in kernel.core_pattern is started all the same, and
  /// systemd-coredump puts the environment into the journal; 1 keeps the kernel from starting it
  /// (fs/coredump.c, where it stands for a crash of that program itself). To a file there is no
  /// difference. Not PR_SET_DUMPABLE, which takes /proc/PID from the process's own user as well.
  public static func forgoCoreDumps() {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_CORE.rawValue)
    unsafe getrlimit(resource, &limit)
    limit.rlim_max = min(limit.rlim_max, 1)
    limit.rlim_cur = limit.rlim_max
    unsafe setrlimit(resource, &limit)
  }

  // MARK: sockets

  /// Why a connection could not be made.
  public struct ConnectionFailure: Sendable {
    private let code: Int32
    /// Whether it is certain that nobody listens.
    public var isRefusal: Bool { code == ECONNREFUSED || code == ENOENT || code == ENOTSOCK }
    /// The system's words.
    public var text: String { SystemCalls.text(code) }

    fileprivate init(_ code: Int32) { self.code = code }
  }

  /// Connects to a unix socket and hangs up; nil when somebody listens.
  public static func connectionError(_ path: String) -> ConnectionFailure? {
    let descriptor = socket(
      AF_UNIX,
      Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        | Int32(SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { return ConnectionFailure(errno) }
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
      return ConnectionFailure(ENAMETOOLONG)
    }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    let code = unsafe withUnsafePointer(to: &address) { pointer in
      // sockaddr_un begins as every sockaddr does.
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    // A full queue is a listener too.
    return code == 0 || errno == EAGAIN ? nil : ConnectionFailure(errno)
  }

  /// How a GET on this host's loopback went.
  public enum Answer: Sendable, Equatable {
    /// All that was sent.
    case bytes([UInt8])
    case refused
    /// The reason.
    case failed(String)
  }

  /// A GET in HTTP/1.0 over 127.0.0.1.
  ///
  /// - Parameters:
  ///   - host: the header of that name.
  ///   - limit: milliseconds, for all of it.
  public static func get(_ path: String, host: String, port: UInt16, limit: Int) -> Answer {
    let deadline = ContinuousClock.now + .milliseconds(limit)
    let descriptor = socket(
      AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return .failed(SystemCalls.text(errno)) }
    defer { close(descriptor) }
    // Bounds connect(2) too (socket(7)).
    var patience = timeval(tv_sec: (limit + 999) / 1000, tv_usec: 0)
    unsafe setsockopt(
      descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let code = unsafe withUnsafePointer(to: &address) { pointer in
      // sockaddr_in begins as every sockaddr does.
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else {
      return errno == ECONNREFUSED ? .refused : .failed(SystemCalls.text(errno))
    }
    let request = Array(
      "GET \(path) HTTP/1.0\r\nHost: \(host)\r\nUser-Agent: erp-back-check\r\n\r\n".utf8)
    guard unsafe send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count
    else { return .failed(SystemCalls.text(errno)) }
    var bytes: [UInt8] = []
    while bytes.count < 1_048_576 {
      let left = (deadline - .now) / .milliseconds(1)
      guard left > 0 else { return .failed("no answer within \(limit) ms") }
      var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard unsafe poll(&entry, 1, Int32(left) + 1) > 0 else { continue }
      var part = [UInt8](repeating: 0, count: 16_384)
      let count = unsafe recv(descriptor, &part, part.count, 0)
      guard count > 0 else { break }
      bytes.append(contentsOf: part[..<count])
    }
    return .bytes(bytes)
  }
}

extension SystemCalls {
  /// What the system calls an error number.
  static func text(_ code: Int32) -> String { SystemError.text(code) }
}
