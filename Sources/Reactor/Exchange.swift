internal import API
internal import FastCGI

/// One connection from the web server and the request that it carries now. Its buffers are
/// reused from request to request, and from connection to connection.
///
/// idle → waiting → sending → idle … ; an answer that needs no database skips `waiting`, one that
/// is sent at once skips `sending`.
final class Exchange {
  enum State {
    /// For a request, or for the rest of one.
    case idle
    /// For the database.
    case waiting
    /// For a slow reader.
    case sending
  }

  private(set) var index = 0
  private(set) var generation: UInt32 = 0
  /// Nil: plain CGI, answered on standard output.
  private(set) var connection: FastCGI.Connection?
  var state = State.idle
  /// When to give up, in nanoseconds; `never` while nothing is owed.
  var deadline = never
  /// When the request that it carries was taken up, in nanoseconds.
  var started: UInt64 = 0
  /// Why the answer is a failure of ours, for the log; nil: its rows are of another revision.
  var cause: String?
  /// The peer sends nothing more; it may still wait for an answer.
  var hasPeerClosed = false
  /// Something came while the last request was under way.
  var hasArrived = false
  /// Whether a request was answered on it: the web server then may see it close.
  var isUsed = false
  var request = Request()
  var plan = Plan()
  /// Index of the lane that has its statement.
  var lane = 0
  /// Bytes of the request, as long as it is not answered.
  var heldBytes = 0
  /// Whether the connection may carry another request.
  var isReusable = true

  static let never = UInt64.max

  /// Begins with a new connection.
  func open(_ index: Int, generation: UInt32, _ connection: FastCGI.Connection?) {
    self.index = index
    self.generation = generation
    self.connection = connection
    state = .idle
    deadline = Self.never
    cause = nil
    hasPeerClosed = false
    hasArrived = false
    isUsed = false
    isReusable = true
  }

  /// Ends the connection. Buffers are kept for another, unless they are large.
  func close() {
    connection = nil
    request.trim()
    plan.trim()
    deadline = Self.never
  }
}
