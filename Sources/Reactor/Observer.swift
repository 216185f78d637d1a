internal import API

/// The one place that decides what is counted and what is worth a line.
final class Observer {
  private(set) var tally: Tally
  private let log: @Sendable (Observation) -> Void
  private let board: Board
  private let routes: [String]
  /// From this many nanoseconds on a request is slow.
  private let slowLimit: UInt64
  private let logsAccess: Bool

  init(
    _ application: Application, _ settings: Settings, _ board: Board,
    log: @escaping @Sendable (Observation) -> Void
  ) {
    routes = application.routes
    tally = Tally(routes: routes.count)
    self.board = board
    self.log = log
    slowLimit = settings.slow == 0 ? .max : UInt64(settings.slow) * 1_000_000
    logsAccess = settings.logsAccess
  }

  /// Of a 503 that the database's rows make, and nothing that went wrong.
  private static let revisionCause = "another revision: see /health/ready"

  /// A request has its answer.
  func answered(_ exchange: Exchange, _ response: borrowing Response, now: UInt64) {
    let status = response.status
    let elapsed = now - min(exchange.started, now)
    tally.add(
      Tally.Answer(
        route: exchange.plan.route, method: exchange.plan.method, status: status,
        nanoseconds: elapsed, bodyBytes: exchange.request.body.count,
        responseBytes: response.head.count + response.body.count))
    let isSlow = elapsed >= slowLimit
    if isSlow { tally.slowRequests += 1 }
    guard status >= 500 || isSlow || logsAccess else { return }
    let line = Observation.Answer(
      requestID: exchange.request.id, method: Application.methods[exchange.plan.method],
      route: routes[exchange.plan.route], status: status,
      milliseconds: Int(elapsed / 1_000_000), bytes: response.body.count)
    if status >= 500 {
      log(.failed(line, cause: exchange.cause ?? Self.revisionCause))
    } else if isSlow {
      log(.slow(line))
    } else {
      log(.answered(line))
    }
  }

  func abandoned() { tally.abandonedRequests += 1 }

  func badPeer() {
    tally.badPeers += 1
    log(.badPeer)
  }

  func acceptPaused(reason: String) {
    tally.acceptPauses += 1
    log(.acceptPaused(reason: reason))
  }

  func validationGap(sqlState: String, requestID: String) {
    tally.validationGaps += 1
    log(.validationGap(sqlState: sqlState, requestID: requestID))
  }

  /// - Parameter reason: nil when a lane has the database back.
  func databaseChanged(lane: String, lost reason: String?) {
    guard board.laneChanged(isLost: reason != nil) else { return }
    if let reason { _ = board.isNews(reason) }
    log(reason.map { .databaseLost(lane: lane, reason: $0) } ?? .databaseBack)
  }

  /// A lost database is said once, and again when there is another reason: a server that starts at
  /// last may refuse for good.
  func databaseRefused(lane: String, reason: String) {
    if board.isNews(reason) { log(.databaseStillLost(lane: lane, reason: reason)) }
  }

  func stoppedAtOnce(left: Int) { log(.stoppedAtOnce(left: left)) }
}
