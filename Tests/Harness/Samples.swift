/// What `/metrics` told: samples of Prometheus' text format.
struct Samples {
  /// Of each metric, in the order of the text. Labels are read when they are asked for: there are hundreds.
  private var values: [String: [(labels: Substring, value: Double)]] = [:]

  init(_ text: String) throws {
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let space = line.lastIndex(of: " ") ?? line.startIndex
      let name = line[..<space].prefix { $0 != "{" }
      let labels = line[..<space].dropFirst(name.count)
      let figure = line[space...].dropFirst()
      guard let value = Double(figure), figure.allSatisfy({ "0123456789.e+-".contains($0) }),
        !name.isEmpty, name.allSatisfy({ "a"..."z" ~= $0 || $0 == "_" }),
        labels.isEmpty || labels.hasPrefix("{") && labels.hasSuffix("}")
      else { throw Failure("not a sample: \(line)") }
      values[String(name), default: []].append((labels, value))
    }
  }

  /// The sum of the samples of `name` that carry these labels; 0 when there is none.
  func sum(_ name: String, _ labels: [String: String] = [:]) -> Double {
    (values[name] ?? []).filter { sample in
      guard !labels.isEmpty else { return true }
      let own = Self.read(sample.labels)
      return labels.allSatisfy { own[$0.key] == $0.value }
    }.reduce(0) { $0 + $1.value }
  }

  private static func read(_ text: Substring) -> [String: String] {
    var labels: [String: String] = [:]
    for label in text.matches(of: /([a-z]+)="([^"]*)"/) {
      labels[String(label.1)] = String(label.2)
    }
    return labels
  }

  /// Values of one label of a metric.
  func labels(_ name: String, _ label: String) -> Set<String> {
    Set((values[name] ?? []).compactMap { Self.read($0.labels)[label] })
  }
}

extension Site {
  func metrics() throws -> Samples { try Samples(try get("/metrics").text) }
}
