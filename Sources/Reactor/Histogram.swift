/// Counts of values by upper bound, as Prometheus takes them
/// (https://prometheus.io/docs/concepts/metric_types/#histogram).
struct Histogram: Sendable, Equatable {
  /// Upper bounds, rising; one bucket more than bounds takes the rest.
  struct Scale: Sendable {
    let bounds: [UInt64]
    /// As `le` says them, in the metric's unit.
    let labels: [String]

    /// Of times in nanoseconds, said in seconds.
    static let seconds = Scale(
      bounds: [
        500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000,
        250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000, 10_000_000_000,
      ],
      labels: [
        "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1",
        "2.5", "5", "10",
      ])

    /// Of small numbers of things.
    static let sizes = Scale(
      bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
      labels: ["1", "2", "4", "8", "16", "32", "64", "128", "256", "512"])
  }

  /// Per bucket, not cumulative.
  private(set) var counts: [UInt64]
  private(set) var sum: UInt64 = 0

  init(_ scale: Scale) { counts = [UInt64](repeating: 0, count: scale.bounds.count + 1) }

  var count: UInt64 { counts.reduce(0, +) }

  mutating func add(_ value: UInt64, _ scale: Scale) {
    var bucket = 0
    while bucket < scale.bounds.count, value > scale.bounds[bucket] { bucket += 1 }
    counts[bucket] += 1
    sum += value
  }

  static func += (one: inout Histogram, other: Histogram) {
    for bucket in one.counts.indices { one.counts[bucket] += other.counts[bucket] }
    one.sum += other.sum
  }
}
