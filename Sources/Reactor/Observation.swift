public import Logging

/// Everything that is worth a line in the log, decided here. Never a body, a name, an e-mail
/// address or the database URL.
public enum Observation: Sendable {
  case started(version: String, reactors: Int)
  case stopping(signal: String)
  case stopped(requests: UInt64)
  case stoppedAtOnce(left: Int)
  case databaseLost(lane: String, reason: String)
  case databaseBack(lane: String)
  /// An answer of 5xx.
  case failed(status: Int, requestID: String, method: String, cause: String)
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
    case .databaseBack(let lane): logger.notice("database back", metadata: ["lane": "\(lane)"])
    case .failed(let status, let requestID, let method, let cause):
      logger.error(
        "request failed",
        metadata: [
          "status": "\(status)", "request_id": "\(requestID)", "method": "\(method)",
          "cause": "\(cause)",
        ])
    case .validationGap(let sqlState, let requestID):
      logger.warning(
        "validation gap", metadata: ["sqlstate": "\(sqlState)", "request_id": "\(requestID)"])
    case .badPeer: logger.warning("connection closed: not a FastCGI responder request")
    case .acceptPaused(let reason):
      logger.error("accepting paused for 100 ms", metadata: ["reason": "\(reason)"])
    }
  }
}
