/// What `/metrics` told: samples of Prometheus' text format.
struct Samples {
  private var values: [(name: String, labels: [String: String], value: Double)] = []

  init(_ text: String) throws {
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      guard
        let match = line.wholeMatch(of: /([a-z_:]+)(\{(.*)\})? ([0-9.e+-]+)/),
        let value = Double(match.4)
      else { throw Failure("not a sample: \(line)") }
      var labels: [String: String] = [:]
      for label in (match.3 ?? "").matches(of: /([a-z]+)="([^"]*)"/) {
        labels[String(label.1)] = String(label.2)
      }
      values.append((String(match.1), labels, value))
    }
  }

  /// The sum of the samples of `name` that carry these labels; 0 when there is none.
  func sum(_ name: String, _ labels: [String: String] = [:]) -> Double {
    values.filter { sample in
      sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value }
    }.reduce(0) { $0 + $1.value }
  }

  /// Values of one label of a metric.
  func labels(_ name: String, _ label: String) -> Set<String> {
    Set(values.filter { $0.name == name }.compactMap { $0.labels[label] })
  }
}

extension Site {
  func metrics() throws -> Samples { try Samples(try get("/metrics").text) }
}
