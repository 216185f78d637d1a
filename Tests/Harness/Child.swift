import Foundation
import Synchronization

/// A process that a test has started, noted in the run's `pids` folder until it has ended.
///
/// Foundation's `Process` learns of an end by a socket that the child inherits, so that it waits
/// for a daemon which a script left running; hence `posix_spawn` and `waitpid`.
final class Child: Sendable {
  let pid: pid_t
  /// As waitpid(2) tells it; nil while the process runs.
  private let status = Mutex<Int32?>(nil)
  private let note: String

  /// Starts `executable` with exactly `environment` (and PATH, HOME, LANG); `input`, `output` and
  /// `errors` are files.
  init(
    _ executable: String, _ arguments: [String], environment: [String: String] = [:],
    input: String = "/dev/null", output: String, errors: String
  ) throws {
    let directory = try Workbench.require().directory
    let variables = Self.base.merging(environment) { $1 }.map { "\($0)=\($1)" }
    pid = try Self.spawn(
      [executable] + arguments, variables, input: input, output: output, errors: errors)
    note = "\(directory)/pids/\(pid)"
    _ = FileManager.default.createFile(atPath: note, contents: nil)
  }

  var isRunning: Bool { exitStatus == nil }

  /// The exit status, 128 and the number for a signal; nil while the process runs.
  var exitStatus: Int32? {
    word.map { $0 & 0x7F == 0 ? $0 >> 8 & 0xFF : 128 + ($0 & 0x7F) }
  }

  /// Whether the kernel has written its memory down, or given it to a program that does.
  var dumpedCore: Bool { word.map { $0 & 0x80 != 0 } ?? false }

  private var word: Int32? {
    status.withLock { known in
      if known != nil { return known }
      var word: Int32 = 0
      guard waitpid(pid, &word, WNOHANG) == pid else { return nil }
      known = word
      try? FileManager.default.removeItem(atPath: note)
      return known
    }
  }

  /// Waits for the end; see ``exitStatus``.
  func wait(within seconds: Double = 60) throws -> Int32 {
    var ended: Int32?
    try eventually("process \(pid) ends", within: seconds) {
      ended = exitStatus
      return ended != nil
    }
    return ended ?? -1
  }

  /// Sends a signal, unless the process has ended: its id may then be another's.
  func signal(_ number: Int32) {
    if isRunning { kill(pid, number) }
  }

  /// Ends the process, by force when it does not go by itself.
  func end() {
    signal(SIGTERM)
    if (try? wait(within: 10)) == nil {
      signal(SIGKILL)
      _ = try? wait(within: 10)
    }
  }

  private static let base: [String: String] = {
    let own = ProcessInfo.processInfo.environment
    return ["LANG": "C.UTF-8"].merging(own.filter { ["PATH", "HOME"].contains($0.key) }) { $1 }
  }()

  /// The id of a process with these three files and with every signal as new.
  private static func spawn(
    _ words: [String], _ variables: [String], input: String, output: String, errors: String
  ) throws -> pid_t {
    var files = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&files)
    defer { posix_spawn_file_actions_destroy(&files) }
    posix_spawn_file_actions_addopen(&files, 0, input, O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&files, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    posix_spawn_file_actions_addopen(&files, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o644)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    var arguments = words.map { strdup($0) } + [nil]
    var environment = variables.map { strdup($0) } + [nil]
    defer { for pointer in arguments + environment { free(pointer) } }
    var pid: pid_t = 0
    let failure = posix_spawn(&pid, words[0], &files, &attributes, &arguments, &environment)
    guard failure == 0 else { throw Failure("cannot start \(words[0]): errno \(failure)") }
    return pid
  }
}

/// Twelve letters and digits that no other row, file or name of this run holds.
func unique() -> String {
  "t" + UUID().uuidString.replacing("-", with: "").lowercased().prefix(11)
}
