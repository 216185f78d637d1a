/// A file of variables by systemd's rules (EnvironmentFile= in systemd.exec(5)), which are not a
/// shell's: no `export`, no expansion, comments only where a line begins.
public struct EnvironmentFile: Equatable, Sendable {
  /// What a unit that reads the file is given. Of a name set twice the last counts.
  public private(set) var variables: [String: String] = [:]
  /// Lines that set nothing, by number from 1; systemd leaves them out without a word.
  public private(set) var ignored: [Int] = []

  /// Why a file is of no use: a unit that names it does not start.
  public struct Unusable: Error, Equatable {
    /// The reason alone.
    public let reason: String
  }

  /// systemd's states (src/basic/env-file.c):
  /// name → beforeValue → value … newline → beforeName; a quotation ends in beforeValue again.
  private enum State {
    case beforeName, name, beforeValue, value, valueEscape
    case singleQuoted, doubleQuoted, doubleQuotedEscape
    case comment, commentEscape
  }

  /// - Parameter bytes: the whole file.
  public init(_ bytes: [UInt8]) throws(Unusable) {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Unusable(reason: "it is not UTF-8")
    }
    var state = State.beforeName
    var name = String.UnicodeScalarView()
    var value = String.UnicodeScalarView()
    // What was quoted or escaped is not trimmed.
    var kept = 0
    var line = 1
    var start = 1

    for character in text.unicodeScalars {
      let endsLine = character == "\n" || character == "\r"
      switch state {
      case .beforeName:
        if character == "#" || character == ";" {
          state = .comment
        } else if !Self.isSpace(character) {
          state = .name
          start = line
          name.append(character)
        }
      case .name:
        if endsLine {
          ignored.append(start)
          name.removeAll()
          state = .beforeName
        } else if character == "=" {
          state = .beforeValue
        } else {
          name.append(character)
        }
      case .beforeValue, .value:
        if endsLine {
          set(&name, &value, start, keeping: state == .value ? kept : .max)
          kept = 0
          state = .beforeName
        } else if character == "\\" {
          state = .valueEscape
        } else if state == .beforeValue && character == "'" {
          state = .singleQuoted
        } else if state == .beforeValue && character == "\"" {
          state = .doubleQuoted
        } else if state == .value || !Self.isSpace(character) {
          state = .value
          value.append(character)
        }
      case .valueEscape:
        state = .value
        if !endsLine { value.append(character) }
        kept = value.count
      case .singleQuoted:
        if character == "'" { state = .beforeValue } else { value.append(character) }
      case .doubleQuoted:
        switch character {
        case "\"": state = .beforeValue
        case "\\": state = .doubleQuotedEscape
        default: value.append(character)
        }
      case .doubleQuotedEscape:
        state = .doubleQuoted
        if character == "\"" || character == "\\" || character == "`" || character == "$" {
          value.append(character)
        } else if character != "\n" {
          value.append("\\")
          value.append(character)
        }
      case .comment:
        if character == "\\" { state = .commentEscape } else if endsLine { state = .beforeName }
      case .commentEscape: state = .comment
      }
      if character == "\n" { line += 1 }
    }
    switch state {
    case .beforeName, .comment, .commentEscape: break
    case .name: ignored.append(start)
    default: set(&name, &value, start, keeping: state == .value ? kept : .max)
    }
  }

  private static func isSpace(_ character: Unicode.Scalar) -> Bool {
    character == " " || character == "\t" || character == "\n" || character == "\r"
  }

  private mutating func set(
    _ name: inout String.UnicodeScalarView, _ value: inout String.UnicodeScalarView, _ line: Int,
    keeping kept: Int
  ) {
    defer {
      name.removeAll()
      value.removeAll()
    }
    while let last = name.last, Self.isSpace(last) { name.removeLast() }
    while value.count > kept, let last = value.last, Self.isSpace(last) { value.removeLast() }
    let isName =
      !name.isEmpty && !("0"..."9" ~= name.first ?? "0")
      && name.allSatisfy {
        "a"..."z" ~= $0 || "A"..."Z" ~= $0 || "0"..."9" ~= $0 || $0 == "_"
      }
    guard isName else { return ignored.append(line) }
    variables[String(name)] = String(value)
  }
}
