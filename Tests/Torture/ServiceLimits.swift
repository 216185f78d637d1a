@testable import Harness

/// The service's limits: as they ship in the long form, in their order and a fifth of that in the
/// short one.
struct ServiceLimits {
  /// Seconds.
  let poolWait: Double
  let lock: Double
  let statement: Double
  let deadline: Double

  /// When whoever meets the deadline has an answer, on a busy machine; nobody meets it twice.
  var latest: Double { min(2 * deadline - 0.1, Scene.Load().timeout) }

  static let current =
    Scene.isLong
    ? ServiceLimits(poolWait: 2, lock: 2, statement: 5, deadline: 7)
    : ServiceLimits(poolWait: 0.4, lock: 0.4, statement: 1, deadline: 1.4)

  var options: Site.Options {
    func text(_ seconds: Double) -> String { "\(Int(seconds * 1000))" }
    return .init(
      environment: [
        "ERP_POOL_WAIT_MS": text(poolWait), "ERP_LOCK_TIMEOUT_MS": text(lock),
        "ERP_STATEMENT_TIMEOUT_MS": text(statement), "ERP_DEADLINE_MS": text(deadline),
      ], ownsCluster: true)
  }
}
