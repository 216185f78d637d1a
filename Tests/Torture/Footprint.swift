import Foundation
import Testing

@testable import Harness

/// What the responder holds while nobody asks for anything: taken before hostile peers come, and
/// compared when they have gone.
struct Footprint {
  let process: Child
  /// Those that are no connection: neither the web server's nor the database's.
  let descriptors: Int
  /// From peers at the socket, the one that asks included.
  let connections: Int
  /// KiB.
  let resident: Int

  /// All from one answer, which a single thread wrote at a stretch.
  init(of site: Site) throws {
    process = try #require(site.responder.process)
    let output = try #require(try site.responder.request("GET", "/metrics").answers.first).output
    let text = try #require(output.range(of: "\r\n\r\n").map { String(output[$0.upperBound...]) })
    let samples = try Samples(text)
    connections = Int(samples.sum("erp_back_connections"))
    descriptors =
      Int(samples.sum("process_open_fds")) - connections
      - Int(samples.sum("erp_back_pool_connections"))
    resident = Int(samples.sum("process_resident_memory_bytes")) / 1024
  }

  /// Whether a figure of /proc/PID/status, in KiB, such as `VmHWM`.
  func memory(_ name: String) throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(process.pid)/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") }
    return try #require(line.flatMap { Int($0.filter(\.isNumber)) })
  }

  /// Begins the high-water mark of resident memory anew (proc(5), clear_refs).
  func forgetPeak() throws {
    try "5".write(toFile: "/proc/\(process.pid)/clear_refs", atomically: false, encoding: .utf8)
  }

  /// Seconds of processor time that the process has used.
  func processorTime() throws -> Double {
    let stat = try String(contentsOfFile: "/proc/\(process.pid)/stat", encoding: .utf8)
    let words = (stat.split(separator: ")").last ?? "").split(separator: " ")
    return (Double(words[11]) ?? 0) / 100 + (Double(words[12]) ?? 0) / 100
  }
}

extension Site {
  /// KiB of resident memory that may stay behind: what the allocator keeps of small pieces, and the
  /// buffers of ended exchanges, which wait for the next.
  static let residue = 8192

  /// Gives hostile peers' `work` a site, and looks at what is left of them: the next request is
  /// served, by the same process, with the descriptors, the connections and the memory of before.
  ///
  /// - Parameter residue: KiB, of all rounds together. Where it is more than the usual, `work` is done
  ///   again until a round leaves no more than the usual behind: what is lost is lost in every round,
  ///   while a crowd that happens to be held at once by more exchanges than the one before needs them
  ///   only once.
  static func withstanding(
    _ name: String, residue: Int = Site.residue, _ work: (Site, Footprint) throws -> String
  ) throws {
    try Site.accountable { site in
      try site.warmUp()
      let first = try Footprint(of: site)
      let told = try work(site, first)
      Scene.report(name, "\(told); \(try site.checkRestored(first, name, residue: residue))")
      guard residue > Site.residue else { return }
      var growths: [Int] = []
      while growths.last ?? .max > Site.residue && growths.count < 4 {
        let before = try Footprint(of: site)
        let more = try work(site, before)
        let restored = try site.checkRestored(first, "\(name), again", residue: residue)
        func growth() throws -> Int { try Footprint(of: site).resident - before.resident }
        // What is not given back by then counts.
        try? eventually("it is given back", within: 5) { try growth() <= Site.residue }
        growths.append(try growth())
        Scene.report("\(name), again", "\(more); \(restored)")
      }
      let last = growths.last ?? .max
      #expect(last <= Site.residue, "\(name): each round more KiB of memory, \(growths)")
    }
  }

  /// Lets everything be allocated that ordinary work needs.
  fileprivate func warmUp() throws {
    let body = Array(Harness.client(["city": "chauffe"]).text.utf8)
    for _ in 0..<100 {
      _ = try responder.request("POST", "/clients/", body: body)
      _ = try responder.request("GET", "/clients/?limit=100")
      _ = try responder.request("GET", nobody)
    }
    // nginx keeps those of the questions whether the site is ready for 10 s. Where there is no time
    // for that, they are a tolerance of one or two.
    guard Scene.isLong else { return }
    try eventually("nginx has let go", within: 20) {
      try Footprint(of: self).connections == 1
    }
  }

  /// One request of others, while something is done to the responder.
  func serves(_ target: String, _ status: Int) throws {
    let answer = try responder.request("GET", target)
    #expect(answer.status == status, "GET \(target)")
  }

  /// What it is afterwards; see ``withstanding(_:residue:_:)``.
  func checkRestored(_ before: Footprint, _ name: String, residue: Int) throws -> String {
    for (method, target, status) in [
      ("GET", "/health/live", 200), ("GET", "/clients/?limit=1", 200), ("GET", nobody, 404),
      ("DELETE", nobody, 404),
    ] {
      #expect(try responder.request(method, target).status == status, "\(name): \(target)")
    }
    #expect(before.process.isRunning && responder.process === before.process, "\(name)")
    var after = try Footprint(of: self)
    let deadline = Deadline(seconds: 20)
    while !after.isLike(before, residue: residue) && !deadline.hasPassed {
      Thread.sleep(forTimeInterval: 0.05)
      after = try Footprint(of: self)
    }
    #expect(after.descriptors == before.descriptors, "\(name): descriptors")
    #expect(after.connections <= before.connections, "\(name): connections")
    #expect(after.resident <= before.resident + residue, "\(name): KiB of memory")
    #expect(!responder.log().contains("Fatal error"))
    return "descriptors \(before.descriptors), then \(after.descriptors), "
      + "memory \(before.resident / 1024) MB, then \(after.resident / 1024)"
  }
}

extension Footprint {
  fileprivate func isLike(_ before: Footprint, residue: Int) -> Bool {
    descriptors == before.descriptors && connections <= before.connections
      && resident <= before.resident + residue
  }
}
