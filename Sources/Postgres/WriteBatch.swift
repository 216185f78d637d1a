/// The outcomes of the writes of one batch, kept until its Sync came back: before that they are not
/// committed, and a deferred constraint or a serialization failure may still undo them
/// (https://www.postgresql.org/docs/15/protocol-flow.html#PROTOCOL-FLOW-PIPELINING).
///
/// Writes of one batch commit together or not at all.
struct WriteBatch {
  /// How a write came out.
  enum Verdict {
    case done(Held)
    case refused(ServerError)
    /// Rolled back or not run, because of another of its batch.
    case aborted
  }

  /// The rows that a write returned.
  final class Held {
    private var rows: Result?

    init(_ rows: consuming Result) { self.rows = consume rows }

    /// The first time; nil after that.
    func take() -> Result? { rows.take() }
  }

  private var outcomes = FIFO<(tag: Int, verdict: Verdict)>()
  /// Those at the front that stand.
  private var settled = 0

  mutating func append(_ tag: Int, _ verdict: Verdict) { outcomes.append((tag, verdict)) }

  /// The commit was refused: what had run is undone.
  mutating func refuseAll(_ error: ServerError) {
    for index in settled..<outcomes.count { outcomes[index].verdict = .refused(error) }
  }

  /// The Sync came back: one write has its own verdict; of several, one that was refused has undone
  /// the others, and each is to be tried alone.
  mutating func settle() {
    let batch = settled..<outcomes.count
    settled = outcomes.count
    let isUndone = batch.contains { if case .done = outcomes[$0].verdict { false } else { true } }
    guard batch.count > 1, isUndone else { return }
    for index in batch { outcomes[index].verdict = .aborted }
  }

  /// Whether anybody waits for one of them.
  var isAwaited: Bool { outcomes.contains { $0.tag >= 0 } }

  /// The next outcome that stands.
  mutating func popSettled() -> (tag: Int, verdict: Verdict)? {
    guard settled > 0 else { return nil }
    settled -= 1
    return outcomes.popFirst()
  }

  /// The tags of all, settled or not; the connection is given up.
  mutating func takeTags() -> [Int] {
    var tags: [Int] = []
    while let outcome = outcomes.popFirst() { if outcome.tag >= 0 { tags.append(outcome.tag) } }
    settled = 0
    return tags
  }

  /// Nobody waits for the outcome of `tag` any more.
  mutating func orphan(_ tag: Int) {
    for index in 0..<outcomes.count where outcomes[index].tag == tag { outcomes[index].tag = -1 }
  }
}
