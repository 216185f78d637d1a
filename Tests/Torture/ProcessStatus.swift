import Foundation

@testable import Harness

/// What the kernel says of a process (https://man7.org/linux/man-pages/man5/proc_pid_status.5.html).
enum ProcessStatus {
  /// The number of a line such as `VmRSS`, which is in kB, or `Threads`.
  static func number(_ name: String, of process: pid_t) throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") }
    guard let word = line?.split(whereSeparator: \.isWhitespace).dropFirst().first,
      let number = Int(word)
    else { throw Failure("no \(name) of \(process)") }
    return number
  }
}
