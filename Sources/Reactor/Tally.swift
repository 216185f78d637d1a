internal import API
internal import Postgres

/// What one reactor has counted since it started: plain numbers of its own thread.
struct Tally: Sendable {
  /// One answer, in numbers.
  struct Answer {
    /// Index of `Application.routes`.
    let route: Int
    /// Index of `Application.methods`.
    let method: Int
    let status: Int
    let nanoseconds: UInt64
    let bodyBytes: Int
    let responseBytes: Int
  }

  private static let methodCount = Application.methods.count
  /// Every status that is sent, and 0 for any other.
  static let statuses = Application.statuses + [0]
  /// Place in `statuses` by status.
  private static let placeOf: [UInt8] = (0..<600).map { status in
    UInt8(statuses.firstIndex(of: status) ?? statuses.count - 1)
  }

  /// By route, method and place of the status.
  private var answers: [UInt64]
  /// By route and method.
  private var durations: [Histogram]
  private(set) var bodyBytes: UInt64 = 0
  private(set) var responseBytes: UInt64 = 0
  var slowRequests: UInt64 = 0
  /// Whose client left before the answer.
  var abandonedRequests: UInt64 = 0
  var badPeers: UInt64 = 0
  var acceptPauses: UInt64 = 0
  var validationGaps: UInt64 = 0

  init(routes: Int) {
    answers = [UInt64](repeating: 0, count: routes * Self.methodCount * Self.statuses.count)
    durations = Array(repeating: Histogram(.seconds), count: routes * Self.methodCount)
  }

  mutating func add(_ answer: Answer) {
    let place = answer.route * Self.methodCount + answer.method
    let status = Int(Self.placeOf[min(max(answer.status, 0), 599)])
    answers[place * Self.statuses.count + status] += 1
    durations[place].add(answer.nanoseconds, .seconds)
    bodyBytes += UInt64(answer.bodyBytes)
    responseBytes += UInt64(answer.responseBytes)
  }

  func answers(route: Int, method: Int, status: Int) -> UInt64 {
    answers[(route * Self.methodCount + method) * Self.statuses.count + status]
  }

  /// Answers of all routes and methods with this status.
  func answers(status: Int) -> UInt64 {
    let place = Int(Self.placeOf[status])
    return stride(from: place, to: answers.count, by: Self.statuses.count).reduce(0) {
      $0 + answers[$1]
    }
  }

  func durations(route: Int, method: Int) -> Histogram {
    durations[route * Self.methodCount + method]
  }

  static func += (one: inout Tally, other: Tally) {
    for index in one.answers.indices { one.answers[index] += other.answers[index] }
    for index in one.durations.indices { one.durations[index] += other.durations[index] }
    one.bodyBytes += other.bodyBytes
    one.responseBytes += other.responseBytes
    one.slowRequests += other.slowRequests
    one.abandonedRequests += other.abandonedRequests
    one.badPeers += other.badPeers
    one.acceptPauses += other.acceptPauses
    one.validationGaps += other.validationGaps
  }
}

/// The figures of one reactor at one moment.
struct Figures: Sendable {
  var tally: Tally
  /// Connections from the web server.
  var connections: Int
  /// Requests that wait for the database.
  var waiting: Int
  var lanes: [LaneFigures]

  static func += (one: inout Figures, other: Figures) {
    one.tally += other.tally
    one.connections += other.connections
    one.waiting += other.waiting
    for index in one.lanes.indices { one.lanes[index] += other.lanes[index] }
  }
}

/// The figures of one lane.
struct LaneFigures: Sendable {
  let name: String
  var state: PoolState.Figures
  var counts: Pool.Counts
  var batches: Histogram

  init(_ pool: Pool, batches: Histogram) {
    name = pool.name
    state = pool.figures
    counts = pool.counts
    self.batches = batches
  }

  static func += (one: inout LaneFigures, other: LaneFigures) {
    one.state += other.state
    one.counts += other.counts
    one.batches += other.batches
  }
}
