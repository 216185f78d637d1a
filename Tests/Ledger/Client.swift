import Glibc

/// One client: a request at a time over rows of its own, so that it knows what each must hold.
final class Client {
  private let index: Int
  private let settings: Settings
  private let sender: Sender
  private let goesOn: () -> Bool
  private var random = SystemRandomNumberGenerator()
  private var number = 0
  /// Indices of entries whose row is there for certain.
  private var live: [Int] = []
  /// Ids of rows that were deleted for certain, the last few.
  private var deleted: [String] = []
  private(set) var entries: [Entry] = []

  var record: Record { sender.record }

  /// Above it a client deletes instead of creating: the table stays small in a long run.
  private static let rowLimit = 300
  private static let deletedLimit = 50

  /// - Parameter goesOn: asked before every request.
  init(_ index: Int, _ settings: Settings, while goesOn: @escaping () -> Bool) {
    self.index = index
    self.settings = settings
    self.goesOn = goesOn
    sender = Sender(settings)
  }

  func run() {
    while goesOn() {
      number += 1
      let action = choose()
      switch action {
      case .post: create()
      // One in five longer than the usual: its rows come another way.
      case .list:
        send(Request(action: .list, method: .get, target: "?limit=\(isChosen(20) ? 200 : 10)"))
      case .get: readOwn()
      case .put, .patch: update(action)
      case .delete: remove()
      case .gone: readDeleted()
      case .conflict, .invalid, .stale, .absent, .method, .media, .large, .cut: refused(action)
      }
    }
  }

  private func choose() -> Action {
    let total = settings.weights.reduce(0) { $0 + $1.1 }
    var point = Int.random(in: 0..<total, using: &random)
    for (action, weight) in settings.weights {
      point -= weight
      guard point < 0 else { continue }
      switch action {
      case .list, .absent, .method, .media, .large, .cut: return action
      case .gone where !deleted.isEmpty: return action
      case _ where live.isEmpty: return .post
      case .gone: return .get
      case .post where live.count >= Self.rowLimit: return .delete
      default: return action
      }
    }
    return .list
  }

  @discardableResult
  private func send(_ request: Request) -> (outcome: Entry.Outcome, answer: HTTPAnswer?) {
    sender.send(request, mark: mark)
  }

  // MARK: what is done

  private var mark: String { "\(settings.run)-\(index)-\(number)" }

  private func isChosen(_ share: Int) -> Bool {
    Int.random(in: 0..<100, using: &random) < share
  }

  private var maybeLong: LongText? {
    isChosen(settings.largeShare) ? LongText(mark: mark, bytes: settings.largeBytes) : nil
  }

  /// A quarter has an e-mail address: the index of addresses would hide that the others were
  /// created twice.
  private func create() {
    let values = Values(city: mark, lastService: mark, address: maybeLong)
    var entry = Entry(name: mark)
    entry.email = isChosen(25) ? "\(mark)@ledger.example" : nil
    let (outcome, answer) = send(
      Request(action: .post, method: .post, json: body(values, email: entry.email)))
    entry.id = answer.flatMap { Self.id(in: $0) }
    entry.tag = answer?["etag"]
    entry.enter(values, outcome)
    entries.append(entry)
    guard outcome == .acknowledged else { return }
    check(answer, .post, holds: values)
    if entry.id == nil {
      sender.fail(mark, .post, "a 201 without an id")
    } else {
      live.append(entries.count - 1)
    }
  }

  private func readOwn() {
    let entry = entries[live[pick()]]
    guard let id = entry.id, let values = entry.values else { return }
    let answer = send(Request(action: .get, method: .get, target: id)).answer
    if answer?.status == 200 { check(answer, .get, holds: values) }
  }

  private func readDeleted() {
    guard let id = deleted.randomElement(using: &random) else { return }
    send(Request(action: .gone, method: .get, target: id))
  }

  /// PUT changes three columns, PATCH one.
  private func update(_ action: Action) {
    let place = pick()
    let entry = entries[live[place]]
    guard let id = entry.id, var values = entry.values else { return }
    values.lastService = mark
    var members = #""lastService":"\#(mark)"\#(lastName)"#
    if action == .put {
      values.city = mark
      members += #","city":"\#(mark)""#
      if let long = maybeLong {
        values.address = long
        members += Self.member(long)
      }
    }
    let (outcome, answer) = send(
      Request(
        action: action, method: action == .put ? .put : .patch, target: id, json: "{\(members)}"))
    if outcome == .acknowledged {
      check(answer, action == .put ? .put : .patch, holds: values)
      entries[live[place]].staleTag = entry.tag
      entries[live[place]].tag = answer?["etag"]
    }
    enter(place, values, outcome)
  }

  private func remove() {
    let place = pick()
    guard let id = entries[live[place]].id else { return }
    let outcome = send(Request(action: .delete, method: .delete, target: id)).outcome
    if outcome == .acknowledged {
      deleted.append(id)
      if deleted.count > Self.deletedLimit { deleted.removeFirst() }
    }
    enter(place, nil, outcome)
  }

  private func enter(_ place: Int, _ values: Values?, _ outcome: Entry.Outcome) {
    entries[live[place]].enter(values, outcome)
    // Gone, or not certain any more.
    if entries[live[place]].values == nil { leaveAlone(place) }
  }

  private func leaveAlone(_ place: Int) {
    entries[live[place]].forget()
    live.swapAt(place, live.count - 1)
    live.removeLast()
  }

  /// What an answer of success says the row holds now.
  private func check(_ answer: HTTPAnswer?, _ method: Method, holds values: Values) {
    guard let answer else { return }
    for member in [#""last_service":"\#(values.lastService)""#, #""city":"\#(values.city)""#]
    where !answer.contains(member) {
      sender.fail(mark, method, "not the last acknowledged values: wanted \(member)")
    }
  }

  // MARK: what must be refused

  /// Sends what must never leave a trace: no row may hold its mark, and the row it is about keeps
  /// what it holds, whatever the answer is and if none comes.
  private func refused(_ action: Action) {
    entries.append(Entry(refused: mark, action))
    let values = Values(city: mark, lastService: mark, address: nil)
    let whole = body(values, email: nil)
    let change = #"{"city":"\#(mark)","lastService":"\#(mark)"\#(lastName)"#
    switch action {
    case .conflict:
      let (place, request) = conflict(whole, change, values)
      // Who has not said so may do it yet, once the other row is gone.
      if send(request).outcome == .unknown { leaveAlone(place) }
    case .invalid:
      if isChosen(50) {
        send(
          Request(
            action: action, method: .patch, target: entries[live[pick()]].id ?? "",
            json: change + ",\"siret\":\"123456789012345678901\"}"))
      } else {
        send(Request(action: action, method: .post, json: body(values, email: "no address")))
      }
    case .stale:
      let entry = entries[live[pick()]]
      let method = [Method.put, .patch, .delete].randomElement(using: &random) ?? .put
      send(
        Request(
          action: action, method: method, target: entry.id ?? "",
          json: method == .delete ? nil : change + "}",
          tag: entry.staleTag ?? #""00000000000000000000000000000000""#))
    case .absent:
      send(
        Request(
          action: action, method: isChosen(50) ? .put : .patch, target: Self.randomID(&random),
          json: whole))
    case .method: send(Request(action: action, method: .put, json: whole))
    case .media: send(Request(action: action, method: .post, json: whole, type: "text/plain"))
    case .large:
      let padding = settings.bodyLimit + 1 - whole.utf8.count - #","padding":"""#.utf8.count
      let text = String(repeating: "x", count: max(0, padding))
      send(
        Request(
          action: action, method: .post, json: whole.dropLast() + ",\"padding\":\"\(text)\"}"))
    case .cut: send(Request(action: action, method: .post, json: whole))
    case .get, .list, .post, .put, .patch, .delete, .gone: break
    }
  }

  /// A write that meets another row of this client's, and the place of that row among the live ones.
  private func conflict(
    _ whole: String, _ change: String, _ values: Values
  ) -> (place: Int, request: Request) {
    guard let place = live.indices.first(where: { entries[live[$0]].email != nil }),
      let email = entries[live[place]].email?.uppercased()
    else {
      // None has an address yet: it takes the id of another row instead.
      let place = pick()
      let json = "{\"id\":\"\(entries[live[place]].id ?? "")\",\(whole.dropFirst())"
      return (place, Request(action: .conflict, method: .post, json: json))
    }
    let third = live.indices.first { $0 != place }.flatMap { entries[live[$0]].id }
    guard let third, isChosen(50) else {
      return (
        place, Request(action: .conflict, method: .post, json: body(values, email: email))
      )
    }
    let json = change + ",\"email\":\"\(email)\"}"
    return (place, Request(action: .conflict, method: .patch, target: third, json: json))
  }

  private func pick() -> Int { Int.random(in: live.indices, using: &random) }

  /// Of a row with this client's next mark.
  private func body(_ values: Values, email: String?) -> String {
    #"{"type":"company","name":"\#(mark)"\#(lastName),"status":"\#(settings.status)""#
      + #","city":"\#(values.city)","lastService":"\#(values.lastService)"\#(Self.member(values.address))"#
      + (email.map { #","email":"\#($0)""# } ?? "") + "}"
  }

  private var lastName: String { settings.lastName.map { #","lastName":"\#($0)""# } ?? "" }

  private static func member(_ long: LongText?) -> String {
    long.map { #","address":"\#($0.text)""# } ?? ""
  }

  private static func id(in answer: HTTPAnswer) -> String? {
    let start = Array(#"{"success":true,"data":{"id":""#.utf8)
    guard answer.body.starts(with: start), answer.body.count > start.count + 36 else { return nil }
    return String(decoding: answer.body[start.count..<start.count + 36], as: UTF8.self)
  }

  /// A UUID v4.
  private static func randomID(_ random: inout SystemRandomNumberGenerator) -> String {
    func digits(_ count: Int) -> String {
      String((0..<count).map { _ in "0123456789abcdef".randomElement(using: &random) ?? "0" })
    }
    return "\(digits(8))-\(digits(4))-4\(digits(3))-8\(digits(3))-\(digits(12))"
  }
}
