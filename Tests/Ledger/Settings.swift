/// A method of HTTP.
enum Method: String, Sendable {
  case get = "GET"
  case post = "POST"
  case put = "PUT"
  case patch = "PATCH"
  case delete = "DELETE"

  /// RFC 9110, 9.2.2.
  var isIdempotent: Bool { self != .post && self != .patch }
}

/// What a client does next.
enum Action: String, CaseIterable, Sendable {
  case get, list, post, put, patch, delete

  // What must be refused. Each of those that write carries a mark that no row may ever hold.

  /// A POST or PATCH with another row's e-mail address in capitals: 409.
  case conflict
  /// A POST or PATCH with a value that fits no rule: 422.
  case invalid
  /// A PUT, PATCH or DELETE under an entity tag that the row had before: 412.
  case stale
  /// A PUT or PATCH of an id that no row has: 404.
  case absent
  /// A GET of a row that was deleted: 404.
  case gone
  /// A PUT of the collection: 405.
  case method
  /// A POST of another type than JSON: 415.
  case media
  /// A POST with a byte more than the API takes: 413.
  case large
  /// A POST that ends in the middle of its body: nobody is left to answer.
  case cut

  /// The status of a request that goes as it should; nil: none comes.
  var expected: Int? {
    switch self {
    case .get, .list, .put, .patch, .delete: 200
    case .post: 201
    case .conflict: 409
    case .invalid: 422
    case .stale: 412
    case .absent, .gone: 404
    case .method: 405
    case .media: 415
    case .large: 413
    case .cut: nil
    }
  }

  /// Whether it never changes anything, whatever the answer and whether one comes.
  var isRefused: Bool {
    switch self {
    case .get, .list, .post, .put, .patch, .delete: false
    default: true
    }
  }
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
    (.conflict, 2), (.invalid, 2), (.stale, 2), (.absent, 1), (.gone, 1),
  ]
  /// Of a hundred POST and PUT, how many are large.
  var largeShare = 25
  var largeBytes = 20_480
  /// Bytes of the largest body that the API takes.
  var bodyLimit = 1_048_576
  var connections = ConnectionUse.mixed
  /// Seconds.
  var timeout = 20.0
  /// Statuses other than success that are no failure.
  var allowed: Set<Int> = []
  /// Statuses of 500 and above after which a write is known not to have been done, whatever they say.
  var certain: Set<Int> = []

  /// The last name in every body that may have one; nil: none has.
  var lastName: String?
  /// What no answer may hold.
  var secret: String?

  /// The status column of the run's rows: what the audit reads them by.
  var status: String { "ledger-\(run)" }
  var clientsPath: String { address.prefix + "/clients/" }
}
