/// Variables that nothing reads: misspelt, as a rule.
public enum Spelling {
  /// A warning for each name of `given` that looks like one of `known` and is none.
  public static func findings(given: some Sequence<String>, known: [String]) -> [Finding] {
    given.sorted().compactMap { name in
      // The backup's own variables stand in the same file.
      guard !known.contains(name), !name.hasPrefix("ERP_BACKUP_") else { return nil }
      let nearest = known.map { (name: $0, distance: distance(name, $0)) }
        .min { $0.distance < $1.distance }
      let isNear = (nearest?.distance ?? .max) <= max(2, name.count / 4)
      guard name.hasPrefix("ERP_") || isNear && (nearest?.distance ?? 0) <= 2 else { return nil }
      let remedy =
        isNear
        ? "did you mean \(nearest?.name ?? "")?" : "remove it: erp-back serve --help lists them"
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
