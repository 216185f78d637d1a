import Foundation
import Testing

@testable import Harness

/// What the responder and nginx's workers hold at a moment.
struct SiteFootprint: CustomStringConvertible {
  let responderKilobytes: Int
  let nginxKilobytes: Int
  let descriptors: Int

  init(_ site: Site) throws {
    let responder = try #require(site.responder.process).pid
    responderKilobytes = try ProcessStatus.number("VmRSS", of: responder)
    nginxKilobytes = try site.nginxWorkers().reduce(0) {
      try $0 + ProcessStatus.number("VmRSS", of: $1)
    }
    descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(responder)/fd").count
  }

  var description: String {
    "\(responderKilobytes / 1024) MB responder, \(nginxKilobytes / 1024) MB nginx, "
      + "\(descriptors) descriptors"
  }

  /// Expects the memory and the descriptors of `before` again, give or take what a few more
  /// connections to the database and from nginx hold; says both.
  ///
  /// - Parameters:
  ///   - megabytes: that each may have more.
  ///   - nginx: that nginx may have more, where that is another number.
  func isBack(
    _ site: Site, slack megabytes: Int = 24, nginx: Int? = nil, within seconds: Double = 15
  ) throws -> String {
    var now = self
    let deadline = Deadline(seconds: seconds)
    while true {
      now = try SiteFootprint(site)
      let isBack =
        now.responderKilobytes <= responderKilobytes + megabytes * 1024
        && now.nginxKilobytes <= nginxKilobytes + (nginx ?? megabytes) * 1024
        && now.descriptors < descriptors + 20
      if isBack { break }
      if deadline.hasPassed { throw Failure("\(self) before, \(now) \(seconds) s after") }
      Thread.sleep(forTimeInterval: 0.05)
    }
    return "\(self) before, \(now) after"
  }
}

extension Site {
  /// The worker processes of the site's nginx.
  func nginxWorkers() throws -> [pid_t] {
    let master = try nginxMaster()
    let tasks = "/proc/\(master)/task/\(master)/children"
    return try String(contentsOfFile: tasks, encoding: .utf8).split(separator: " ")
      .compactMap { pid_t($0) }
  }

  /// The master process of the site's nginx.
  func nginxMaster() throws -> pid_t {
    let place = URL(fileURLWithPath: nginxConfiguration).deletingLastPathComponent()
    let text = try String(contentsOf: place.appendingPathComponent("nginx.pid"), encoding: .utf8)
    guard let pid = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw Failure("no nginx: \(text)")
    }
    return pid
  }

  /// Requests that the responder has answered, without those that ask for it.
  func served() throws -> Int {
    let samples = try metrics()
    let name = "erp_back_http_requests_total"
    return Int(samples.sum(name) - samples.sum(name, ["route": "/metrics"]))
  }

  /// Nobody was told of a fault: neither the responder's log nor nginx's has a 5xx but `allowed`.
  func hadNoFault(allowing allowed: Set<Int> = []) throws {
    _ = try Stretch(self)  // so that all of it is in the log
    let statuses = accessLog().split(separator: "\n").compactMap { line in
      line.firstMatch(of: #/ ([0-9]{3}) [0-9]+ [0-9.]+ [0-9.,: -]+ /#).flatMap { Int($0.1) }
    }
    let faults = statuses.filter { $0 >= 500 && !allowed.contains($0) }
    #expect(faults.isEmpty, "\(faults)")
    #expect(!responder.log().contains("level=error"), "\(responder.log().suffix(2000))")
  }
}
