/// What a trigger runs, so that two spellings of one thing are equal.
struct TriggerFunction: Sendable, Equatable {
  /// With its schema, where it needs one.
  let name: String
  /// Such as `plpgsql`.
  let language: String
  /// Lower case, without comments, blanks that part nothing, and quotes around names; `:=` is `=`,
  /// and the time at which the transaction began has one name.
  let source: String

  /// - Parameters:
  ///   - source: its body, or for C and internal functions the symbol.
  ///   - arguments: as the trigger hands them on; empty: none.
  init(name: String, language: String, source: String, arguments: String) {
    self.name = name
    self.language = language
    let body = Self.normal(source)
    self.source = arguments.isEmpty ? body : "\(body)(\(arguments))"
  }

  /// The names are free.
  func does(_ other: TriggerFunction) -> Bool {
    language == other.language && source == other.source
  }

  /// Whether it speaks of every column that `other` sets: then it may do the same in its own way.
  func mayDo(_ other: TriggerFunction) -> Bool {
    let columns = other.columns
    return !columns.isEmpty && columns.allSatisfy { source.contains($0) }
  }

  /// What it sets: `new.updated_at=…`.
  var columns: [String] {
    source.split { $0 == ";" || $0 == " " }.compactMap { word in
      guard word.hasPrefix("new."), let equals = word.firstIndex(of: "=") else { return nil }
      return String(word[..<equals].dropFirst("new.".count))
    }
  }

  // MARK: spelling

  private static func normal(_ source: String) -> String {
    let words = words(source)
    var text = ""
    for (position, word) in words.enumerated() {
      let parts =
        position > 0 && isName(word) && isName(words[position - 1])
      text += (parts ? " " : "") + word
    }
    for (spelling, name) in spellings { text = text.replacing(spelling, with: name) }
    while text.hasSuffix(";") { text.removeLast() }
    return text
  }

  /// now(), CURRENT_TIMESTAMP and transaction_timestamp() are one
  /// (https://www.postgresql.org/docs/15/functions-datetime.html#FUNCTIONS-DATETIME-CURRENT).
  private static let spellings = [
    (":=", "="), ("pg_catalog.now()", "now()"), ("transaction_timestamp()", "now()"),
    ("current_timestamp;", "now();"),
  ]

  private static func isName(_ word: String) -> Bool {
    word.unicodeScalars.first.map {
      $0 == "_" || $0 == "'" || $0.properties.isAlphabetic
        || "0"..."9" ~= $0
    } ?? false
  }

  /// Names and numbers, strings with their quotes, and every other character by itself.
  private static func words(_ source: String) -> [String] {
    var words: [String] = []
    var rest = source.unicodeScalars[...]
    while let first = rest.first {
      if first.properties.isWhitespace {
        rest.removeFirst()
      } else if starts(rest, "--") {
        rest = rest.drop { $0 != "\n" }
      } else if starts(rest, "/*") {
        while !rest.isEmpty && !starts(rest, "*/") { rest.removeFirst() }
        rest = rest.dropFirst(2)
      } else if first == "'" || first == "\"" {
        let text = String(rest.dropFirst().prefix { $0 != first })
        rest = rest.dropFirst(text.unicodeScalars.count + 2)
        words.append(first == "'" ? "'\(text)'" : isPlain(text) ? text : "\"\(text)\"")
      } else {
        let name = rest.prefix { isName(String($0)) && $0 != "'" }
        words.append(name.isEmpty ? String(first) : String(name).lowercased())
        rest = rest.dropFirst(max(1, name.count))
      }
    }
    return words
  }

  private static func starts(_ text: Substring.UnicodeScalarView, _ mark: String) -> Bool {
    text.starts(with: mark.unicodeScalars)
  }

  /// Whether a quoted name is the same without its quotes.
  private static func isPlain(_ name: String) -> Bool {
    !name.isEmpty && !("0"..."9" ~= name.unicodeScalars.first ?? "0")
      && name.unicodeScalars.allSatisfy {
        $0 == "_" || "a"..."z" ~= $0 || "0"..."9" ~= $0
      }
  }
}
