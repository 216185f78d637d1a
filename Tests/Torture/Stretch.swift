import Foundation

@testable import Harness

/// A stretch of nginx's access log: what was logged between two requests that are known.
struct Stretch {
  /// One line: what of the request line may be logged, and how it was answered.
  struct Line {
    let request: String
    let status: Int
    /// Whether the responder was asked.
    let reachedResponder: Bool
  }

  private let site: Site
  private let start: String

  /// Begins now.
  init(_ site: Site) throws {
    self.site = site
    start = try Self.mark(site)
  }

  /// What was logged since, figures left out.
  func lines() throws -> [Line] {
    let end = try Self.mark(site)
    let log = site.accessLog()
    guard let from = log.range(of: start), let to = log.range(of: end) else {
      throw Failure("the marks are not in the log")
    }
    // From the end of one mark's line to the beginning of the other's.
    let text = log[from.upperBound..<to.lowerBound].split(separator: "\n").dropFirst().dropLast()
    return try text.compactMap { line in
      // 2026-11-22T20:12:55+00:00 127.0.0.1 GET /clients/ 200 53 0.001 0.000 438a64cd83b0d671…
      guard
        let match = line.wholeMatch(
          of: /\S+ \S+ (.*) ([0-9]{3}) [0-9]+ [0-9.]+ ([0-9.,: -]+) ([A-Za-z0-9._-]+)/),
        let status = Int(match.2)
      else { throw Failure("not a line of the log: \(line)") }
      if match.1.hasPrefix("GET /metrics") { return nil }
      return Line(
        request: String(match.1), status: status, reachedResponder: match.3.contains("."))
    }
  }

  private static func mark(_ site: Site) throws -> String {
    let name = "/mark-\(unique())"
    _ = try site.get(name)
    // nginx writes its buffer once a second, and when it is told to open its logs again.
    kill(try site.nginxMaster(), SIGUSR1)
    try eventually("\(name) is logged", within: 5) { site.accessLog().contains(name) }
    return name
  }
}

extension Sequence<Int> {
  /// How often each is there, for example `200: 3, 404: 1`.
  var counted: String {
    Dictionary(grouping: self) { $0 }.sorted { $0.key < $1.key }
      .map { "\($0.key): \($0.value.count)" }.joined(separator: ", ")
  }
}
