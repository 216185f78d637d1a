import Foundation
import Testing

@testable import Harness

/// What a process takes of the machine, looked at again and again.
struct SoakFootprint {
  /// One look.
  struct Look {
    let requests: Int
    /// Bytes.
    let memory: Int
    let descriptors: Int
    let threads: Int
    /// Of PostgreSQL.
    let sessions: Int
  }

  private(set) var looks: [Look] = []

  mutating func look(at site: Site, _ process: Child, requests: Int) throws {
    let sessions = try site.database.psql(
      "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'erp-back'"
        + " AND datname = current_database()")
    looks.append(
      Look(
        requests: requests, memory: try ProcessStatus.number("VmRSS", of: process.pid) * 1024,
        descriptors: try FileManager.default.contentsOfDirectory(
          atPath: "/proc/\(process.pid)/fd"
        ).count, threads: try ProcessStatus.number("Threads", of: process.pid),
        sessions: try #require(Int(sessions))))
  }

  /// One figure over the looks after the first `warmUp` requests: the mean of the first and of the
  /// last quarter, and the most.
  struct Course: CustomStringConvertible {
    let first: Double
    let last: Double
    let most: Double

    init(_ values: [Double]) throws {
      try #require(values.count >= 8, "too few looks: \(values.count)")
      func mean(_ part: ArraySlice<Double>) -> Double { part.reduce(0, +) / Double(part.count) }
      first = mean(values.prefix(values.count / 4))
      last = mean(values.suffix(values.count / 4))
      most = values.max() ?? 0
    }

    var description: String {
      [first, last, most].map { String(format: "%.1f", $0) }.joined(separator: "/")
    }
  }

  func course(after warmUp: Int, _ figure: (Look) -> Double) throws -> Course {
    try Course(looks.filter { $0.requests >= warmUp }.map(figure))
  }
}
