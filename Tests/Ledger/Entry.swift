/// What one write puts into a row. A mark is `run-client-number`, and no two writes share one.
struct Values: Equatable, Sendable {
  var city: String
  var lastService: String
  var address: LongText?
}

/// Text of a given size that only its own mark makes, kept as the means to write it again.
struct LongText: Equatable, Sendable {
  let mark: String
  let bytes: Int

  /// At least `bytes` long: the mark, and three-byte characters, since the API counts code points.
  var text: String {
    let unit = mark + String(repeating: "€", count: 80)
    return String(repeating: unit, count: (bytes + unit.utf8.count - 1) / unit.utf8.count)
  }
}

/// One row that a client asked for, and how it may have ended.
///
/// While every write was answered there is one fate. A write whose answer never came leaves two,
/// and the row is left alone from then on: a later write would hide which one it was.
struct Entry: Sendable {
  /// The row's name, by which it is found however often it is there.
  let name: String
  var id: String?
  /// Its e-mail address; nil: it has none.
  var email: String?
  /// Its entity tag now, and one that it had before.
  var tag: String?
  var staleTag: String?
  /// The write that had to be refused, if it stands for one: no row may ever have its name.
  let refused: Action?
  /// Nil stands for a row that is not there.
  private(set) var fates: [Values?] = [nil]

  init(name: String) {
    self.name = name
    refused = nil
  }

  init(refused name: String, _ action: Action) {
    self.name = name
    refused = action
  }

  var isCertain: Bool { fates.count == 1 }
  /// What the row must hold now; nil when it is not there or not certain.
  var values: Values? { isCertain ? fates[0] : nil }

  /// What became of a write.
  enum Outcome: Sendable {
    /// It was answered with success.
    case acknowledged
    /// The answer, or a connection that was never made, says that it was not done.
    case refused
    /// Nobody can say.
    case unknown
  }

  /// Enters a write: `new` is what the row holds after it, nil when it was a deletion.
  mutating func enter(_ new: Values?, _ outcome: Outcome) {
    switch outcome {
    case .acknowledged: fates = [new]
    case .refused: break
    case .unknown: fates.append(new)
    }
  }

  /// Nothing more will be asked of the row.
  mutating func forget() { (id, tag, staleTag) = (nil, nil, nil) }
}

/// What the ledger and the rows that are there disagree about.
struct Balance: Sendable {
  struct Row: Sendable {
    let name: String
    let city: String?
    let lastService: String?
    let address: String?
    var email: String?
  }

  private(set) var rows = 0
  /// Rows with a mark that is in nobody's ledger.
  private(set) var unknown = 0
  private(set) var twice = 0
  /// Acknowledged, and not there.
  private(set) var missing = 0
  /// Deleted or refused, and there.
  private(set) var undead = 0
  /// There, with values other than the last acknowledged ones.
  private(set) var different = 0
  /// Writes without an answer: how many there were, and how many of them were done.
  private(set) var maybe = 0
  private(set) var maybeDone = 0
  /// Writes that had to be refused.
  private(set) var refused = 0
  /// A line for each disagreement.
  private(set) var lines: [String] = []

  var isExact: Bool { unknown + twice + missing + undead + different == 0 }

  init(_ entries: [Entry], against found: [Row]) {
    rows = found.count
    let byName = Dictionary(grouping: found, by: \.name)
    var known: Set<String> = []
    for entry in entries {
      known.insert(entry.name)
      judge(entry, byName[entry.name] ?? [])
    }
    for name in byName.keys where !known.contains(name) {
      unknown += 1
      lines.append("unknown name=\(name)")
    }
  }

  private mutating func judge(_ entry: Entry, _ rows: [Row]) {
    if !entry.isCertain { maybe += 1 }
    if entry.refused != nil { refused += 1 }
    if rows.count > 1 {
      twice += 1
      lines.append("twice name=\(entry.name) rows=\(rows.count)")
      return
    }
    let fate = entry.fates.firstIndex { Self.is(rows.first, $0, email: entry.email) }
    if let fate {
      if fate > 0 { maybeDone += 1 }
    } else if let row = rows.first {
      if entry.fates.allSatisfy({ $0 == nil }) {
        undead += 1
        lines.append("undead name=\(entry.name)" + (entry.refused.map { " \($0)" } ?? ""))
      } else {
        different += 1
        let wanted = entry.fates.map { $0?.lastService ?? "none" }.joined(separator: ",")
        lines.append(
          "different name=\(entry.name) wanted=\(wanted) last_service=\(row.lastService ?? "")"
            + " city=\(row.city ?? "") address_bytes=\(row.address?.utf8.count ?? 0)"
            + (row.email == entry.email ? "" : " another email"))
      }
    } else {
      missing += 1
      lines.append("missing name=\(entry.name)")
    }
  }

  private static func `is`(_ row: Row?, _ values: Values?, email: String?) -> Bool {
    guard let row, let values else { return row == nil && values == nil }
    return row.city == values.city && row.lastService == values.lastService
      && row.address == values.address?.text && row.email == email
  }
}
