import Testing

@testable import Harness

/// The contract through the real nginx, the real responder and the real PostgreSQL.
///
/// Every suite is nested here, so that one condition tells whether the run has its workbench.
@Suite(.enabled(if: Workbench.current != nil, Comment(rawValue: Workbench.missing)))
struct EndToEnd {}
