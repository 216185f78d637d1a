internal import Glibc

/// A program that is run to its end, with a limit in time, for commands at a terminal.
///
/// swift-subprocess is not used: it is async throughout, and the commands here are not; with it
/// `serve` would carry a second runtime of threads for the sake of `check`.
public struct Subprocess: Sendable {
  /// 128 and the number for a signal.
  public let status: Int32
  /// What it printed.
  public let output: String
  /// What it printed as errors.
  public let errors: String

  /// Why there is no outcome.
  public enum Failure: Error, Equatable {
    /// There is no such program, or it may not be run: the system's reason.
    case notStarted(String)
    /// It was ended by force.
    case tookTooLong
  }

  /// Runs a program in a process group of its own, with a plain environment, no input and the
  /// language C.
  ///
  /// - Parameter limit: milliseconds.
  public init(_ program: String, _ arguments: [String], limit: Int) throws(Failure) {
    var out: [Int32] = [-1, -1]
    var err: [Int32] = [-1, -1]
    guard unsafe pipe(&out) == 0 else { throw .notStarted("no descriptor is left") }
    defer { for end in out where end >= 0 { close(end) } }
    guard unsafe pipe(&err) == 0 else { throw .notStarted("no descriptor is left") }
    defer { for end in err where end >= 0 { close(end) } }
    // No other thread starts programs meanwhile.
    for end in out + err { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let pid = try Self.start(program, arguments, out[1], err[1])
    close(out[1])
    close(err[1])
    (out[1], err[1]) = (-1, -1)

    let deadline = ContinuousClock.now + .milliseconds(limit)
    var texts: [[UInt8]] = [[], []]
    var open = [out[0], err[0]]
    while open.contains(where: { $0 >= 0 }) {
      let left = (deadline - .now) / .milliseconds(1)
      guard left > 0 else { throw Self.end(pid) }
      // A negative descriptor is passed over.
      var entries = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      guard unsafe poll(&entries, 2, Int32(left) + 1) > 0 else { continue }
      for index in entries.indices where entries[index].revents != 0 {
        var part = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe read(open[index], &part, part.count)
        if count > 0 { texts[index].append(contentsOf: part[..<count]) } else { open[index] = -1 }
      }
    }
    var word: Int32 = 0
    while unsafe waitpid(pid, &word, WNOHANG) != pid {
      guard ContinuousClock.now < deadline else { throw Self.end(pid) }
      usleep(2000)
    }
    let signal = word & 0x7f
    status = signal == 0 ? word >> 8 & 0xff : 128 + signal
    output = String(decoding: texts[0], as: UTF8.self)
    errors = String(decoding: texts[1], as: UTF8.self)
  }

  private static func end(_ pid: pid_t) -> Failure {
    kill(-pid, SIGKILL)
    var word: Int32 = 0
    unsafe waitpid(pid, &word, 0)
    return .tookTooLong
  }

  private static func start(
    _ program: String, _ arguments: [String], _ out: Int32, _ err: Int32
  ) throws(Failure) -> pid_t {
    var files = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&files)
    defer { unsafe posix_spawn_file_actions_destroy(&files) }
    unsafe posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO)
    unsafe posix_spawn_file_actions_adddup2(&files, err, STDERR_FILENO)
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    unsafe posix_spawnattr_setpgroup(&attributes, 0)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    let variables = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"]
    let words = unsafe ([program] + arguments).map { unsafe strdup($0) } + [nil]
    let environment = unsafe variables.map { unsafe strdup($0) } + [nil]
    defer { unsafe (words + environment).forEach { unsafe free($0) } }
    var pid: pid_t = 0
    let code = unsafe posix_spawn(&pid, program, &files, &attributes, words, environment)
    guard code == 0 else { throw .notStarted(SystemCalls.text(code)) }
    return pid
  }
}
