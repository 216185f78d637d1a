import Glibc

/// Sends one client's requests, and keeps the record of what came of each.
final class Sender {
  private let settings: Settings
  private var connection: HTTPConnection?
  private(set) var record = Record()

  init(_ settings: Settings) { self.settings = settings }

  /// One request, entered into the record; nothing is sent twice but for the one case that RFC
  /// 9112 (9.3.1, 9.5) has in mind: a kept connection that the server closed while idle, before
  /// any byte of an answer, under a request that may be repeated.
  ///
  /// - Parameter mark: the request's id, and what a write leaves behind.
  func send(_ request: Request, mark: String) -> (outcome: Entry.Outcome, answer: HTTPAnswer?) {
    let isAlone = isAlone(request)
    let bytes = request.bytes(settings, mark: mark, isAlone: isAlone)
    let start = Clock.monotonic
    let wall = Clock.wall
    let deadline = start + UInt64(settings.timeout * 1e9)
    if request.action == .cut { return cut(request, bytes, mark: mark, at: wall, until: deadline) }
    var isRepeated = false
    while true {
      let isReused = connection != nil && !isAlone
      do throws(HTTPConnection.Failure) {
        let answer = try exchange(bytes, isAlone: isAlone, until: deadline)
        record.count(
          request.method, "\(answer.status)", at: wall, took: Clock.monotonic - start)
        return (judge(answer, request, mark, isRepeated: isRepeated, at: wall), answer)
      } catch {
        connection = nil
        if error == .closed(bytes: 0) && isReused && request.method.isIdempotent && !isRepeated {
          isRepeated = true
          record.repeated += 1
          continue
        }
        return (fail(error, request, mark, at: wall, took: Clock.monotonic - start), nil)
      }
    }
  }

  /// An answer that says something untrue.
  func fail(_ mark: String, _ method: Method, _ what: String) {
    record.miss(mark, method, what, breaks: false, at: Clock.wall)
  }

  private func exchange(
    _ bytes: [UInt8], isAlone: Bool, until deadline: UInt64
  ) throws(HTTPConnection.Failure) -> HTTPAnswer {
    if isAlone { return try HTTPConnection(settings.address).exchange(bytes, until: deadline) }
    if connection == nil { connection = try HTTPConnection(settings.address) }
    guard let connection else { throw .connect(0) }
    let answer = try connection.exchange(bytes, until: deadline)
    if !connection.isOpen { self.connection = nil }
    return answer
  }

  /// Whether it goes over a connection of its own.
  private func isAlone(_ request: Request) -> Bool {
    settings.connections == .fresh
      || (settings.connections == .mixed && !request.method.isIdempotent)
      || request.action == .cut
  }

  private func judge(
    _ answer: HTTPAnswer, _ request: Request, _ mark: String, isRepeated: Bool, at wall: UInt64
  ) -> Entry.Outcome {
    let method = request.method
    if let flaw = answer.flaw(requestID: mark, secret: settings.secret) {
      record.miss(mark, method, "\(answer.status): \(flaw)", breaks: false, at: wall)
    }
    if answer.status == request.action.expected {
      return request.action.isRefused ? .refused : .acknowledged
    }
    // The first of the two was done: the row is gone, as was asked.
    if request.action == .delete && answer.status == 404 && isRepeated { return .acknowledged }
    if (200..<300).contains(answer.status) {
      // Never allowed: what must be refused was taken, or a success is of another kind.
      record.miss(
        mark, method, "\(answer.status) for \(request.action)", breaks: false, at: wall)
      return .unknown
    }
    if !settings.allowed.contains(answer.status) {
      record.miss(mark, method, "\(answer.status)", breaks: answer.status == 502, at: wall)
    }
    // With the database away a refusal takes no time, and no client hammers like that.
    if answer.status == 503 { usleep(5000) }
    if answer.status < 500 || settings.certain.contains(answer.status) { return .refused }
    // Of a 502 or 503 the API says whether the write may have been done; nobody says it of a first try.
    let isSaidUndone = [502, 503].contains(answer.status) && !answer.contains("vérifiez")
    return isSaidUndone && !isRepeated ? .refused : .unknown
  }

  /// The body ends before its length, and the connection with it.
  private func cut(
    _ request: Request, _ bytes: [UInt8], mark: String, at wall: UInt64, until deadline: UInt64
  ) -> (Entry.Outcome, HTTPAnswer?) {
    let start = Clock.monotonic
    do throws(HTTPConnection.Failure) {
      try HTTPConnection(settings.address).put(bytes, until: deadline)
      record.count(request.method, "cut-short", at: wall, took: Clock.monotonic - start)
      return (.refused, nil)
    } catch {
      return (fail(error, request, mark, at: wall, took: Clock.monotonic - start), nil)
    }
  }

  private func fail(
    _ failure: HTTPConnection.Failure, _ request: Request, _ mark: String, at wall: UInt64,
    took: UInt64
  ) -> Entry.Outcome {
    let word: String
    var outcome = Entry.Outcome.unknown
    var breaks = false
    switch failure {
    case .connect(let code):
      word = "connect-errno-\(code)"
      outcome = .refused
    case .closed(let bytes):
      word = bytes == 0 ? "closed" : "cut"
      breaks = true
    case .timeout: word = "time-out"
    case .malformed(let what): word = "malformed: \(what)"
    }
    record.count(request.method, word, at: wall, took: took)
    record.miss(mark, request.method, word, breaks: breaks, at: wall)
    usleep(10_000)  // where nobody listens, a failure takes no time
    return outcome
  }
}
