import Testing

@testable import Harness

/// What is done to the service on purpose, with requests running and a ledger of every write.
///
/// Every suite is nested here, so that one condition tells whether the run has its workbench.
@Suite(.serialized, .enabled(if: Workbench.current != nil, Comment(rawValue: Workbench.missing)))
struct Torture {}
