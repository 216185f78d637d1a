/// What a client does next.
enum Action: String, CaseIterable, Sendable {
  case get, list, post, put, patch, delete

  var method: String { self == .list ? "GET" : rawValue.uppercased() }
  var success: Int { self == .post ? 201 : 200 }
  /// RFC 9110, 9.2.2.
  var isIdempotent: Bool { self != .post && self != .patch }
}

/// How connections to the web server are used.
enum ConnectionUse: String, CaseIterable, Sendable {
  /// A new one for every request.
  case fresh
  /// One for all: what a client does that does not think of ends.
  case kept
  /// Kept for what may be sent twice (RFC 9110, 9.2.2), new for POST and PATCH.
  case mixed
}

/// How the clients behave and what they put up with.
struct Settings: Sendable {
  var address: Address
  /// Six letters and digits that no other run has.
  var run: String
  var clients = 16
  var weights: [(Action, Int)] = [
    (.get, 40), (.list, 10), (.post, 20), (.put, 12), (.patch, 8), (.delete, 10),
  ]
  /// Of a hundred POST and PUT, how many are large.
  var largeShare = 25
  var largeBytes = 20_480
  var connections = ConnectionUse.mixed
  /// Seconds.
  var timeout = 20.0
  /// Statuses other than success that are no failure.
  var allowed: Set<Int> = []
  /// Statuses of 500 and above after which a write is known not to have been done.
  var certain: Set<Int> = []

  /// The status column of the run's rows: what the audit reads them by.
  var status: String { "ledger-\(run)" }
  var clientsPath: String { address.prefix + "/clients/" }
}
