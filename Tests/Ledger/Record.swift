/// What one client saw, request by request.
struct Record: Sendable {
  struct Sample: Sendable {
    /// Nanoseconds of ``Clock/wall``.
    let start: UInt64
    let nanoseconds: UInt64
  }

  /// A request that did not go as it should.
  struct Incident: Sendable {
    /// When it began, and when it was seen to have gone wrong; of ``Clock/wall``.
    let at: UInt64
    let seen: UInt64
    let requestID: String
    let method: String
    let what: String
    /// A connection that broke, or nginx's 502 for one: what the crash of the responder makes of
    /// the requests it was at.
    let breaks: Bool
  }

  private(set) var samples: [Sample] = []
  /// By method, then by status or what came instead.
  private(set) var counts: [String: [String: Int]] = [:]
  private(set) var incidents: [Incident] = []
  /// Requests sent again over another connection: see `Client.send`.
  var repeated = 0

  mutating func count(_ method: Method, _ word: String, at start: UInt64, took: UInt64) {
    samples.append(Sample(start: start, nanoseconds: took))
    counts[method.rawValue, default: [:]][word, default: 0] += 1
  }

  mutating func miss(
    _ requestID: String, _ method: Method, _ what: String, breaks: Bool, at time: UInt64,
    seen: UInt64 = Clock.wall
  ) {
    incidents.append(
      Incident(
        at: time, seen: seen, requestID: requestID, method: method.rawValue, what: what,
        breaks: breaks))
  }

  mutating func merge(_ other: Record) {
    samples += other.samples
    incidents += other.incidents
    repeated += other.repeated
    for (method, words) in other.counts {
      counts[method, default: [:]].merge(words, uniquingKeysWith: +)
    }
  }
}

/// Stretches of time with a name's worth of trouble in them: restarts, kills, reloads.
struct Windows: Sendable {
  private let spans: [ClosedRange<UInt64>]

  /// - Parameter text: a line `START END` for each, in seconds since 1970 as `date +%s.%N` prints.
  init(_ text: String) {
    spans = text.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: " ").compactMap { Double($0) }
      guard parts.count == 2, parts[0] <= parts[1] else { return nil }
      return UInt64(parts[0] * 1e9)...UInt64(parts[1] * 1e9)
    }
  }

  var count: Int { spans.count }

  /// Whether the time from `start` on overlaps one of them, or comes within `margin` of it.
  func touches(_ start: UInt64, _ nanoseconds: UInt64 = 0, margin: UInt64 = 0) -> Bool {
    let end = start + nanoseconds + margin
    return spans.contains { $0.lowerBound <= end && start <= $0.upperBound + margin }
  }
}

/// Percentiles of latencies, by the nearest rank.
struct Latency: Encodable, Sendable {
  let requests: Int
  let p50: Double
  let p95: Double
  let p99: Double
  let max: Double

  /// In milliseconds.
  init(_ samples: [Record.Sample]) {
    let sorted = samples.map(\.nanoseconds).sorted()
    func at(_ share: Double) -> Double {
      guard !sorted.isEmpty else { return 0 }
      let rank = Swift.max(1, Int((share * Double(sorted.count)).rounded(.up)))
      return (Double(sorted[rank - 1]) / 1e4).rounded() / 100
    }
    requests = sorted.count
    p50 = at(0.5)
    p95 = at(0.95)
    p99 = at(0.99)
    max = at(1)
  }
}
