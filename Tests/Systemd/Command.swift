import Foundation

/// Runs a command to its end, its output in files: a daemon that a script leaves behind keeps no
/// pipe of ours open.
struct Command: Sendable {
  let status: Int32
  let out: String
  let errors: String

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// - Parameter seconds: after them it is killed, which is a failure.
  static func run(
    _ words: [String], environment: [String: String] = [:], within seconds: Double
  ) throws -> Command {
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("stage-" + UUID().uuidString).path
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let pid = try spawn(
      words, ProcessInfo.processInfo.environment.merging(environment) { $1 }, in: directory)
    let end = ContinuousClock.now + .seconds(seconds)
    var word: Int32 = 0
    while waitpid(pid, &word, WNOHANG) != pid {
      if ContinuousClock.now > end {
        kill(-pid, SIGKILL)
        waitpid(pid, &word, 0)
        throw Failure(
          description: "\(words.joined(separator: " ")): not done within \(seconds) s:"
            + " \(text(directory + "/out")) \(text(directory + "/err"))")
      }
      Thread.sleep(forTimeInterval: 0.005)
    }
    let signal = word & 0x7F
    return Command(
      status: signal == 0 ? word >> 8 & 0xFF : 128 + signal, out: text(directory + "/out"),
      errors: text(directory + "/err"))
  }

  private static func text(_ path: String) -> String {
    String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
  }

  private static func spawn(
    _ words: [String], _ environment: [String: String], in directory: String
  ) throws -> pid_t {
    var files = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&files)
    defer { posix_spawn_file_actions_destroy(&files) }
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&files, 1, directory + "/out", O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_addopen(&files, 2, directory + "/err", O_WRONLY | O_CREAT, 0o600)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    // A group of its own: its children end with it.
    posix_spawnattr_setflags(
      &attributes,
      Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
    var arguments = words.map { strdup($0) } + [nil]
    var variables = environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { for pointer in arguments + variables { free(pointer) } }
    var pid: pid_t = 0
    let code = posix_spawn(&pid, words[0], &files, &attributes, &arguments, &variables)
    guard code == 0 else { throw Failure(description: "\(words[0]): errno \(code)") }
    return pid
  }
}
