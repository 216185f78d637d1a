/// Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/).
struct MetricsText {
  enum Kind: String {
    case counter, gauge, histogram
  }

  typealias Labels = [(name: String, value: String)]

  private(set) var text = ""

  /// One metric without labels.
  mutating func write(_ name: String, _ kind: Kind, _ help: String, _ value: some Numeric) {
    family(name, kind, help)
    sample(name, [], value)
  }

  /// The head of a metric; its samples follow.
  mutating func family(_ name: String, _ kind: Kind, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
  }

  mutating func sample(_ name: String, _ labels: Labels, _ value: some Numeric) {
    text += name
    if !labels.isEmpty {
      text += "{"
      text += labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
      text += "}"
    }
    text += " \(value)\n"
  }

  /// - Parameter unit: of a bucket's bound in the metric's own.
  mutating func sample(
    _ name: String, _ labels: Labels, _ histogram: Histogram, _ scale: Histogram.Scale,
    unit: Double
  ) {
    var total: UInt64 = 0
    for (count, label) in zip(histogram.counts, scale.labels + ["+Inf"]) {
      total += count
      sample("\(name)_bucket", labels + [("le", label)], total)
    }
    sample("\(name)_sum", labels, Double(histogram.sum) * unit)
    sample("\(name)_count", labels, total)
  }

  private static func escaped(_ value: String) -> String {
    var output = ""
    for character in value {
      switch character {
      case "\\": output += "\\\\"
      case "\"": output += "\\\""
      case "\n": output += "\\n"
      default: output.append(character)
      }
    }
    return output
  }
}
