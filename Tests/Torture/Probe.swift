import Foundation
import Synchronization

@testable import Harness

/// Asks for the same things again and again beside a load, one after the other, and keeps what came.
final class Probe: Sendable {
  struct Sighting: Sendable {
    let request: String
    /// The status, and the `code` of a failure.
    let answer: String
    let seconds: Double
  }

  private let sightings: Mutex<[Sighting]> = Mutex([])
  private let failure: Mutex<(any Error)?> = Mutex(nil)
  private let isTold = Atomic<Bool>(false)
  private let hasEnded = Atomic<Bool>(false)

  /// - Parameter requests: such as `GET /health`; a POST creates a client.
  init(_ site: Site, _ requests: [String]) {
    Thread.detachNewThread { [self] in
      do {
        while !isTold.load(ordering: .relaxed) {
          for request in requests { try ask(site, request) }
          Thread.sleep(forTimeInterval: 0.002)
        }
      } catch {
        failure.withLock { $0 = error }
      }
      hasEnded.store(true, ordering: .releasing)
    }
  }

  private func ask(_ site: Site, _ request: String) throws {
    let words = request.split(separator: " ").map(String.init)
    let start = ContinuousClock.now
    let answer = try words[0] == "POST" ? site.create(client()) : site.send(words[0], words[1])
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let code = answer.json["code"].string.map { " \($0)" } ?? ""
    sightings.withLock {
      $0.append(Sighting(request: request, answer: "\(answer.status)\(code)", seconds: seconds))
    }
  }

  /// Ends it; what came, in order.
  func end() throws -> [Sighting] {
    isTold.store(true, ordering: .relaxed)
    try eventually("the probe ends", within: 20) { hasEnded.load(ordering: .acquiring) }
    if let failure = failure.withLock({ $0 }) { throw failure }
    return sightings.withLock { $0 }
  }
}

extension [Probe.Sighting] {
  /// Every answer to `request`.
  func answers(_ request: String) -> Set<String> {
    Set(filter { $0.request == request }.map(\.answer))
  }

  /// Milliseconds that this share of the answers took at most, by the nearest rank.
  func milliseconds(_ share: Double) -> Double {
    let sorted = map(\.seconds).sorted()
    guard !sorted.isEmpty else { return .infinity }
    return sorted[Swift.max(0, Int((share * Double(sorted.count)).rounded(.up)) - 1)] * 1000
  }
}
