import Foundation
import Testing

@testable import Harness

extension Torture {
  /// A crash writes the memory of the process nowhere, however the limits and the kernel are set: it
  /// holds the password and the people of the last answers.
  @Suite(
    .enabled(if: CoreDump.isPossible, "this machine writes no core files, and so shows nothing"))
  struct CoreDumpTests {
    @Test func aCrashWritesNoMemoryDown() throws {
      let control = try CoreDump.control()
      try Site.new { site in
        var crashes = 0
        var cores = 0
        for signal in [SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGQUIT] {
          let place = "\(try Workbench.require().directory)/crash-\(unique())"
          try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
          let child = try CoreDump.start(
            [try Workbench.require().binary, "serve"], in: place,
            ["DATABASE_URL": site.database.url, "ERP_SOCKET": place + "/sock"])
          defer { child.end() }
          try eventually("it listens") { (try? Socket(path: place + "/sock")) != nil }
          let limits = try String(contentsOfFile: "/proc/\(child.pid)/limits", encoding: .utf8)
          let line = limits.split(separator: "\n").first { $0.hasPrefix("Max core") } ?? ""
          #expect(line.split(separator: " ").suffix(3).prefix(2) == ["1", "1"], "\(line)")
          child.signal(signal)
          #expect(try child.wait() == 128 + signal)
          #expect(!child.dumpedCore, "signal \(signal)")
          #expect(try CoreDump.files(in: place).isEmpty)
          if child.dumpedCore { cores += 1 }
          crashes += 1
        }
        Scene.report(
          "canary: crashes",
          "\(crashes) signals with `ulimit -c unlimited`: \(cores) cores; another program's, for comparison: "
            + control)
      }
    }
  }
}

/// Processes that may write core files.
private enum CoreDump {
  static let isPossible = (try? control()) != nil

  /// Starts a command without a limit on core files.
  static func start(
    _ words: [String], in place: String, _ environment: [String: String]
  ) throws -> Child {
    try Child(
      "/bin/bash",
      ["-c", "ulimit -c unlimited && cd \"$0\" && exec \"$@\"", place] + words,
      environment: environment, output: place + "/out", errors: place + "/err")
  }

  /// A program that does nothing about it: what its core file holds.
  static func control() throws -> String {
    let place = "\(try Workbench.require().directory)/crash-\(unique())"
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
    let secret = unique()
    let child = try start(["/bin/sleep", "60"], in: place, ["DATABASE_URL": secret])
    defer { child.end() }
    try eventually("it sleeps") {
      (try? String(contentsOfFile: "/proc/\(child.pid)/comm", encoding: .utf8)) == "sleep\n"
    }
    child.signal(SIGSEGV)
    _ = try child.wait()
    guard child.dumpedCore, let file = try files(in: place).first else {
      throw Failure("no core file of the comparison")
    }
    let bytes = try Data(contentsOf: URL(fileURLWithPath: place + "/" + file))
    guard bytes.range(of: Data(secret.utf8)) != nil else {
      throw Failure("the comparison's core file does not hold its environment")
    }
    return "\(bytes.count / 1024) KB with its environment in it"
  }

  static func files(in place: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: place).filter { $0.hasPrefix("core") }
  }
}
