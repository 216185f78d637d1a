import Glibc

/// One client: a request at a time over rows of its own, so that it knows what each must hold.
final class Client {
  private let index: Int
  private let settings: Settings
  private let goesOn: () -> Bool
  private var connection: HTTPConnection?
  private var random = SystemRandomNumberGenerator()
  private var number = 0
  /// Indices of entries whose row is there for certain.
  private var live: [Int] = []
  private(set) var entries: [Entry] = []
  private(set) var record = Record()

  /// Above it a client deletes instead of creating: the table stays small in a long run.
  private static let rowLimit = 300

  /// - Parameter goesOn: asked before every request.
  init(_ index: Int, _ settings: Settings, while goesOn: @escaping () -> Bool) {
    self.index = index
    self.settings = settings
    self.goesOn = goesOn
  }

  func run() {
    while goesOn() {
      number += 1
      switch choose() {
      case .post: create()
      case .list: read(.list, "?limit=10")
      case .get: readOwn()
      case .put: update(.put)
      case .patch: update(.patch)
      case .delete: remove()
      }
    }
  }

  private func choose() -> Action {
    let total = settings.weights.reduce(0) { $0 + $1.1 }
    var point = Int.random(in: 0..<total, using: &random)
    for (action, weight) in settings.weights {
      point -= weight
      guard point < 0 else { continue }
      if live.isEmpty && action != .list { return .post }
      return action == .post && live.count >= Self.rowLimit ? .delete : action
    }
    return .list
  }

  // MARK: requests

  private var mark: String { "\(settings.run)-\(index)-\(number)" }

  private var maybeLong: LongText? {
    Int.random(in: 0..<100, using: &random) < settings.largeShare
      ? LongText(mark: mark, bytes: settings.largeBytes) : nil
  }

  private func create() {
    let values = Values(city: mark, lastService: mark, address: maybeLong)
    var entry = Entry(name: mark)
    let (outcome, answer) = send(
      .post, "",
      #"{"type":"company","name":"\#(mark)","status":"\#(settings.status)","city":"\#(mark)","#
        + #""lastService":"\#(mark)"\#(Self.member(values.address))}"#)
    entry.id = answer.flatMap { Self.id(in: $0) }
    entry.enter(values, outcome)
    entries.append(entry)
    if outcome == .acknowledged {
      if entry.id == nil {
        record.fail(mark, .post, "a 201 without an id")
      } else {
        live.append(entries.count - 1)
      }
    }
  }

  private func readOwn() {
    let entry = entries[live[pick()]]
    guard let id = entry.id, let values = entry.values else { return }
    let answer = read(.get, id)
    if let answer, answer.status == 200,
      !answer.contains(#""last_service":"\#(values.lastService)""#)
    {
      record.fail(mark, .get, "not the last acknowledged values: wanted \(values.lastService)")
    }
  }

  @discardableResult
  private func read(_ action: Action, _ target: String) -> HTTPAnswer? {
    send(action, target, nil).answer
  }

  /// PUT changes three columns, PATCH one.
  private func update(_ action: Action) {
    let place = pick()
    let entry = entries[live[place]]
    guard let id = entry.id, var values = entry.values else { return }
    values.lastService = mark
    var members = #""lastService":"\#(mark)""#
    if action == .put {
      values.city = mark
      members += #","city":"\#(mark)""#
      if let long = maybeLong {
        values.address = long
        members += Self.member(long)
      }
    }
    enter(place, values, send(action, id, "{\(members)}").outcome)
  }

  private func remove() {
    let place = pick()
    guard let id = entries[live[place]].id else { return }
    enter(place, nil, send(.delete, id, nil).outcome)
  }

  private func enter(_ place: Int, _ values: Values?, _ outcome: Entry.Outcome) {
    entries[live[place]].enter(values, outcome)
    // Gone, or not certain any more.
    if entries[live[place]].values == nil { live.swapAt(place, live.count - 1); live.removeLast() }
  }

  private func pick() -> Int { Int.random(in: live.indices, using: &random) }

  private static func member(_ long: LongText?) -> String {
    long.map { #","address":"\#($0.text)""# } ?? ""
  }

  private static func id(in answer: HTTPAnswer) -> String? {
    let start = Array(#"{"success":true,"data":{"id":""#.utf8)
    guard answer.body.starts(with: start), answer.body.count > start.count + 36 else { return nil }
    return String(decoding: answer.body[start.count..<start.count + 36], as: UTF8.self)
  }

  // MARK: sending

  /// One request, entered into the record; nothing is sent twice but for the one case that RFC
  /// 9112 (9.3.1, 9.5) has in mind: a kept connection that the server closed while idle, before
  /// any byte of an answer, under a request that may be repeated.
  private func send(
    _ action: Action, _ target: String, _ json: String?
  ) -> (outcome: Entry.Outcome, answer: HTTPAnswer?) {
    let request = bytes(action, target, json)
    let start = Clock.monotonic
    let wall = Clock.wall
    let deadline = start + UInt64(settings.timeout * 1e9)
    var isRepeated = false
    while true {
      let isReused = connection != nil && !isAlone(action)
      do throws(HTTPConnection.Failure) {
        let answer = try exchange(action, request, until: deadline)
        record.count(action, "\(answer.status)", at: wall, took: Clock.monotonic - start)
        return (judge(answer, action, isRepeated: isRepeated, at: wall), answer)
      } catch {
        connection = nil
        if error == .closed(bytes: 0) && isReused && action.isIdempotent && !isRepeated {
          isRepeated = true
          record.repeated += 1
          continue
        }
        return (fail(error, action, at: wall, took: Clock.monotonic - start), nil)
      }
    }
  }

  private func exchange(
    _ action: Action, _ request: [UInt8], until deadline: UInt64
  ) throws(HTTPConnection.Failure) -> HTTPAnswer {
    if isAlone(action) {
      return try HTTPConnection(settings.address).exchange(request, until: deadline)
    }
    if connection == nil { connection = try HTTPConnection(settings.address) }
    guard let connection else { throw .connect(0) }
    let answer = try connection.exchange(request, until: deadline)
    if !connection.isOpen { self.connection = nil }
    return answer
  }

  /// Whether it goes over a connection of its own.
  private func isAlone(_ action: Action) -> Bool {
    settings.connections == .fresh || (settings.connections == .mixed && !action.isIdempotent)
  }

  private func judge(
    _ answer: HTTPAnswer, _ action: Action, isRepeated: Bool, at wall: UInt64
  ) -> Entry.Outcome {
    if let flaw = answer.flaw(requestID: mark) {
      record.fail(mark, action, "\(answer.status): \(flaw)", at: wall)
    }
    if answer.status == action.success { return .acknowledged }
    // The first of the two was done: the row is gone, as was asked.
    if action == .delete && answer.status == 404 && isRepeated { return .acknowledged }
    if !settings.allowed.contains(answer.status) {
      record.miss(mark, action, "\(answer.status)", breaks: answer.status == 502, at: wall)
    }
    if answer.status >= 500 && !settings.certain.contains(answer.status) { return .unknown }
    return .refused
  }

  private func fail(
    _ failure: HTTPConnection.Failure, _ action: Action, at wall: UInt64, took: UInt64
  ) -> Entry.Outcome {
    let word: String
    var outcome = Entry.Outcome.unknown
    switch failure {
    case .connect(let code):
      word = "connect-errno-\(code)"
      outcome = .refused
    case .closed(let bytes): word = bytes == 0 ? "closed" : "cut"
    case .timeout: word = "time-out"
    case .malformed(let what): word = "malformed: \(what)"
    }
    record.count(action, word, at: wall, took: took)
    if case .closed = failure {
      record.miss(mark, action, word, breaks: true, at: wall)
    } else {
      record.miss(mark, action, word, breaks: false, at: wall)
    }
    usleep(10_000)  // where nobody listens, a failure takes no time
    return outcome
  }

  private func bytes(_ action: Action, _ target: String, _ json: String?) -> [UInt8] {
    var head =
      "\(action.method) \(settings.clientsPath)\(target) HTTP/1.1\r\nHost: \(settings.address.host)\r\n"
      + "X-Request-Id: \(mark)\r\n"
    if isAlone(action) { head += "Connection: close\r\n" }
    if let json {
      head += "Content-Type: application/json\r\nContent-Length: \(json.utf8.count)\r\n"
    }
    return Array((head + "\r\n" + (json ?? "")).utf8)
  }
}
