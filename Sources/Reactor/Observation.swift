public import Logging

/// Everything that may become a line in the log. Never a body, a name, an e-mail address or the
/// database URL: of a path only its template is told.
public enum Observation: Sendable {
  /// A request and its answer.
  public struct Answer: Sendable {
    let requestID: String
    let method: String
    /// Such as `/clients/{id}`; empty: no route.
    let route: String
    let status: Int
    let milliseconds: Int
    /// Of the body.
    let bytes: Int
  }

  case started(version: String, reactors: Int)
  case stopping(signal: String)
  case stopped(requests: UInt64)
  case stoppedAtOnce(left: Int)
  case databaseLost(lane: String, reason: String)
  /// It is still away, and for another reason.
  case databaseStillLost(lane: String, reason: String)
  case databaseBack
  /// An answer of 5xx.
  case failed(Answer, cause: String)
  /// It took ERP_SLOW_MS or longer.
  case slow(Answer)
  /// Any other, when ERP_ACCESS_LOG asks for it.
  case answered(Answer)
  /// The database refused a value that validation let through.
  case validationGap(sqlState: String, requestID: String)
  /// A peer that does not speak FastCGI as a web server does.
  case badPeer
  /// No descriptor to accept with.
  case acceptPaused(reason: String)

  /// Writes its line.
  public func log(to logger: Logger) {
    switch self {
    case .started(let version, let reactors):
      logger.notice("started", metadata: ["version": "\(version)", "reactors": "\(reactors)"])
    case .stopping(let signal): logger.notice("stopping", metadata: ["signal": "\(signal)"])
    case .stopped(let requests):
      logger.notice("stopped", metadata: ["requests": "\(requests)"])
    case .stoppedAtOnce(let left):
      logger.warning("stopped before every answer was sent", metadata: ["exchanges": "\(left)"])
    case .databaseLost(let lane, let reason):
      logger.error("database lost", metadata: ["lane": "\(lane)", "reason": "\(reason)"])
    case .databaseStillLost(let lane, let reason):
      logger.error("database still lost", metadata: ["lane": "\(lane)", "reason": "\(reason)"])
    case .databaseBack: logger.notice("database back")
    case .failed(let answer, let cause):
      logger.error(
        "request failed", metadata: answer.metadata.merging(["cause": "\(cause)"]) { $1 })
    case .slow(let answer): logger.warning("slow request", metadata: answer.metadata)
    case .answered(let answer): logger.info("request", metadata: answer.metadata)
    case .validationGap(let sqlState, let requestID):
      logger.warning(
        "validation gap", metadata: ["sqlstate": "\(sqlState)", "request_id": "\(requestID)"])
    case .badPeer: logger.warning("connection closed: not a FastCGI responder request")
    case .acceptPaused(let reason):
      logger.error("accepting paused for 100 ms", metadata: ["reason": "\(reason)"])
    }
  }
}

extension Observation.Answer {
  fileprivate var metadata: Logger.Metadata {
    [
      "request_id": "\(requestID)", "method": "\(method)", "route": "\(route)",
      "status": "\(status)", "ms": "\(milliseconds)", "bytes": "\(bytes)",
    ]
  }
}
