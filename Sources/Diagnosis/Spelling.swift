/// Words that nothing knows: misspelt, as a rule.
public enum Spelling {
  /// The one of `known` that was probably meant, and how many characters are different.
  public static func nearest(
    to word: String, among known: [String]
  ) -> (name: String, distance: Int)? {
    let nearest = known.map { (name: $0, distance: distance(word, $0)) }
      .min { $0.distance < $1.distance }
    return nearest.flatMap { $0.distance <= max(2, word.count / 4) ? $0 : nil }
  }

  /// A warning for each environment variable of `given` that looks like one of `known` and is none.
  public static func findings(given: some Sequence<String>, known: [String]) -> [Finding] {
    given.sorted().compactMap { name in
      // The backup's own variables stand in the same file.
      guard !known.contains(name), !name.hasPrefix("ERP_BACKUP_") else { return nil }
      let nearest = nearest(to: name, among: known)
      guard name.hasPrefix("ERP_") || (nearest?.distance ?? .max) <= 2 else { return nil }
      let remedy =
        nearest.map { "did you mean \($0.name)?" } ?? "remove it: erp-back serve --help lists them"
      return .warning("\(name): there is no such variable, and nothing reads it", remedy: remedy)
    }
  }

  /// Levenshtein's: characters to insert, delete or replace.
  static func distance(_ one: String, _ other: String) -> Int {
    let other = Array(other)
    var row = Array(0...other.count)
    for (line, character) in one.enumerated() {
      var diagonal = row[0]
      row[0] = line + 1
      for (column, candidate) in other.enumerated() {
        let replaced = diagonal + (character == candidate ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(replaced, row[column] + 1, diagonal + 1)
      }
    }
    return row[other.count]
  }
}
