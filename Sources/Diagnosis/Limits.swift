/// The limits that have to be in order, in milliseconds and bytes; nil: not known.
public struct Limits: Sendable {
  /// ERP_POOL_WAIT_MS
  public var poolWait: Int
  /// ERP_STATEMENT_TIMEOUT_MS
  public var statement: Int
  /// ERP_LOCK_TIMEOUT_MS
  public var lock: Int
  /// ERP_DEADLINE_MS
  public var deadline: Int
  /// ERP_DRAIN_MS
  public var drain: Int
  /// ERP_MAX_BODY
  public var maxBody: Int
  /// nginx's fastcgi_read_timeout where it hands on to us: the least of them.
  public var read: Int?
  /// nginx's client_max_body_size there: the least and the most; 0 is no limit.
  public var bodySizes: ClosedRange<Int>?
  /// The unit's TimeoutStopSec.
  public var stop: Int?

  /// What nginx and systemd say may be put in later.
  public init(poolWait: Int, statement: Int, lock: Int, deadline: Int, drain: Int, maxBody: Int) {
    self.poolWait = poolWait
    self.statement = statement
    self.lock = lock
    self.deadline = deadline
    self.drain = drain
    self.maxBody = maxBody
  }

  /// Whether each leaves the next its time.
  public var findings: [Finding] {
    var findings: [Finding] = []
    if poolWait >= statement {
      findings.append(
        .warning(
          "ERP_POOL_WAIT_MS (\(poolWait)) is not below ERP_STATEMENT_TIMEOUT_MS (\(statement))",
          remedy: "set ERP_POOL_WAIT_MS lower: waiting longer than a statement may run helps nobody"
        ))
    }
    if lock >= statement {
      findings.append(
        .warning(
          "ERP_LOCK_TIMEOUT_MS (\(lock)) is not below ERP_STATEMENT_TIMEOUT_MS (\(statement)): it never applies",
          remedy: "set ERP_LOCK_TIMEOUT_MS lower"))
    }
    if let read, read <= poolWait + deadline {
      findings.append(
        .warning(
          "nginx's fastcgi_read_timeout (\(read) ms) is not above ERP_POOL_WAIT_MS + ERP_DEADLINE_MS (\(poolWait + deadline) ms): nginx gives up first",
          remedy: "raise fastcgi_read_timeout in snippets/erp-back-params.conf, or lower the others"
        ))
    }
    if let sizes = bodySizes, sizes != maxBody...maxBody {
      let least = sizes.lowerBound == 0 ? "no limit" : "\(sizes.lowerBound) bytes"
      findings.append(
        .warning(
          "nginx's client_max_body_size (\(least)) is not ERP_MAX_BODY (\(maxBody) bytes): the lower one counts",
          remedy:
            "set client_max_body_size \(maxBody); in snippets/erp-back-params.conf, or ERP_MAX_BODY"
        ))
    }
    if drain <= deadline {
      findings.append(
        .warning(
          "ERP_DRAIN_MS (\(drain)) is not above ERP_DEADLINE_MS (\(deadline)): a stop gives up requests that still have time",
          remedy: "raise ERP_DRAIN_MS, or lower ERP_DEADLINE_MS"))
    }
    if let stop, stop <= drain {
      findings.append(
        .warning(
          "the unit's TimeoutStopSec (\(stop) ms) is not above ERP_DRAIN_MS (\(drain) ms): a stop kills what is under way",
          remedy: "lower ERP_DRAIN_MS, or raise TimeoutStopSec: systemctl edit erp-back"))
    }
    guard findings.isEmpty else { return findings }
    var chain = [
      "pool wait \(poolWait)", "statement \(statement)", "deadline \(deadline) ms",
    ]
    if let read { chain.append("nginx \(read) ms") }
    return [.ok("limits in order: \(chain.joined(separator: " < "))")]
  }
}
