/// What one check found.
public struct Finding: Sendable, Equatable {
  /// From best to worst, but for what could not be checked.
  public enum Outcome: String, Sendable, CaseIterable {
    case ok, skipped, warning, failure
  }

  /// How it stands.
  public let outcome: Outcome
  /// One line: what was looked at, and how it is.
  public let text: String
  /// What to do; one command a line.
  public let remedy: String?

  /// All is as it must be.
  public static func ok(_ text: String) -> Finding {
    Finding(outcome: .ok, text: text, remedy: nil)
  }

  /// It could not be checked.
  public static func skipped(_ text: String, remedy: String? = nil) -> Finding {
    Finding(outcome: .skipped, text: text, remedy: remedy)
  }

  /// It works, and may not for long, or not as meant.
  public static func warning(_ text: String, remedy: String) -> Finding {
    Finding(outcome: .warning, text: text, remedy: remedy)
  }

  /// It does not work.
  public static func failure(_ text: String, remedy: String) -> Finding {
    Finding(outcome: .failure, text: text, remedy: remedy)
  }

  private init(outcome: Outcome, text: String, remedy: String?) {
    self.outcome = outcome
    self.text = Self.printable(text, keepsLines: false)
    self.remedy = remedy.map { Self.printable($0, keepsLines: true) }
  }

  /// Names and messages come from the server, from files and from nginx: nothing in them may
  /// reach a terminal as a control sequence.
  private static func printable(_ text: String, keepsLines: Bool) -> String {
    var output = ""
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator:
        if scalar == "\n" && keepsLines {
          output += "\n"
        } else {
          output +=
            scalar == "\n" || scalar == "\t" ? " " : "\\u{\(String(scalar.value, radix: 16))}"
        }
      default: output.unicodeScalars.append(scalar)
      }
    }
    return output
  }
}
