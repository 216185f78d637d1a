/// All findings, in sections, and what they come to.
public struct Report: Sendable {
  /// Findings about one thing.
  public struct Section: Sendable {
    /// A word or two.
    public let title: String
    /// In the order of the checks.
    public var findings: [Finding]

    /// An empty `findings` is left out of what is printed.
    public init(_ title: String, _ findings: [Finding]) {
      self.title = title
      self.findings = findings
    }
  }

  /// What decides the exit status beyond the findings themselves (sysexits.h).
  public struct Verdict: Sendable {
    /// The configuration cannot be used: `serve` would not start with it.
    public var isUnusable = false
    /// There is no session with the database.
    public var isUnreachable = false

    /// Nothing is wrong yet.
    public init() {}
  }

  /// In the order in which they are printed.
  public var sections: [Section] = []
  /// What the checks came to.
  public var verdict = Verdict()

  /// Nothing checked yet.
  public init() {}

  /// 78: configuration unusable; 69: database out of reach; 1: another failure; else 0.
  public var exitStatus: Int32 {
    if verdict.isUnusable { return 78 }
    if verdict.isUnreachable { return 69 }
    return count(.failure) > 0 ? 1 : 0
  }

  /// How many findings came out like that.
  public func count(_ outcome: Finding.Outcome) -> Int {
    sections.reduce(0) { $0 + $1.findings.count { $0.outcome == outcome } }
  }

  /// For a person.
  ///
  /// - Parameter isQuiet: warnings and failures only.
  public func text(colours: Bool, isQuiet: Bool) -> String {
    var lines: [String] = []
    for section in sections {
      let findings = section.findings.filter {
        !isQuiet || $0.outcome == .warning || $0.outcome == .failure
      }
      guard !findings.isEmpty else { continue }
      lines.append(colours ? "\u{1b}[1m\(section.title)\u{1b}[0m" : section.title)
      for finding in findings {
        let word = finding.outcome.rawValue
        let padding = String(repeating: " ", count: 8 - word.count)
        lines.append(
          "  \(colours ? Self.coloured(finding.outcome) : word)\(padding)\(finding.text)")
        let remedy = (finding.remedy ?? "").split(separator: "\n")
        for (number, line) in remedy.enumerated() {
          lines.append((number == 0 ? "          remedy: " : "                  ") + line)
        }
      }
    }
    if !isQuiet || !lines.isEmpty { lines.append(closing) }
    return lines.map { $0 + "\n" }.joined()
  }

  /// Such as `12 ok, 1 warning, 0 failures, 2 skipped`.
  public var closing: String {
    func counted(_ outcome: Finding.Outcome) -> String {
      let count = count(outcome)
      return "\(count) \(outcome.rawValue)\(count == 1 ? "" : "s")"
    }
    let skipped = count(.skipped)
    return "\(count(.ok)) ok, \(counted(.warning)), \(counted(.failure))"
      + (skipped > 0 ? ", \(skipped) skipped" : "")
  }

  /// For a program: one object, one line.
  public var json: String {
    let sections = sections.map { section in
      let findings = section.findings.map { finding in
        "{\"outcome\":\"\(finding.outcome.rawValue)\",\"text\":\(Self.quoted(finding.text)),"
          + "\"remedy\":\(finding.remedy.map(Self.quoted) ?? "null")}"
      }
      return
        "{\"title\":\(Self.quoted(section.title)),\"findings\":[\(findings.joined(separator: ","))]}"
    }
    let counts = Finding.Outcome.allCases.map { "\"\($0.rawValue)\":\(count($0))" }
    return "{\"exit_status\":\(exitStatus),\"counts\":{\(counts.joined(separator: ","))},"
      + "\"sections\":[\(sections.joined(separator: ","))]}\n"
  }

  private static func coloured(_ outcome: Finding.Outcome) -> String {
    let code =
      switch outcome {
      case .ok: 32
      case .skipped: 36
      case .warning: 33
      case .failure: 31
      }
    return "\u{1b}[\(code)m\(outcome.rawValue)\u{1b}[0m"
  }

  private static func quoted(_ text: String) -> String {
    var output = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": output += "\\\""
      case "\\": output += "\\\\"
      case "\n": output += "\\n"
      default: output.unicodeScalars.append(scalar)  // `Finding` lets no other control in
      }
    }
    return output + "\""
  }
}
