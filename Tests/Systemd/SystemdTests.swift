import Testing

/// The shipped units, nginx files and binary under a real systemd, with the ledger's clients at them.
///
/// One box for all, hence one test at a time.
@Suite(
  .serialized, .enabled(if: Box.missing == nil, Comment(rawValue: Box.missing ?? "")))
struct SystemdTests {}

extension LedgerLine {
  /// Nothing failed, nothing was lost, and every write is accounted for.
  func checkNothingLost(sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(status == 0 && failed == 0 && lost == 0, "\(self)", sourceLocation: sourceLocation)
    #expect(ledger?.exact == true, "\(self)", sourceLocation: sourceLocation)
    #expect(ledger?.maybe == 0, "\(self)", sourceLocation: sourceLocation)
  }
}
