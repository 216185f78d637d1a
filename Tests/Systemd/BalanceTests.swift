import Testing

@testable import ledger

/// The ledger's own arithmetic.
@Suite struct BalanceTests {
  private static let values = Values(city: "c", lastService: "s", address: nil)
  private static let later = Values(
    city: "c", lastService: "t", address: LongText(mark: "m", bytes: 600))

  private func entry(_ writes: [(Values?, Entry.Outcome)]) -> Entry {
    var entry = Entry(name: "n")
    for (values, outcome) in writes { entry.enter(values, outcome) }
    return entry
  }

  private func row(_ values: Values, _ name: String = "n") -> Balance.Row {
    Balance.Row(
      name: name, city: values.city, lastService: values.lastService, address: values.address?.text)
  }

  @Test func whatWasAcknowledgedLastIsThere() {
    let created = entry([(Self.values, .acknowledged)])
    let changed = entry([
      (Self.values, .acknowledged), (Self.later, .refused), (Self.later, .acknowledged),
    ])
    #expect(Balance([created], against: [row(Self.values)]).isExact)
    #expect(Balance([changed], against: [row(Self.later)]).isExact)
    #expect(Balance([changed], against: [row(Self.values)]).different == 1)
    #expect(Balance([changed], against: []).missing == 1)
    #expect(Balance([changed], against: [row(Self.later), row(Self.later)]).twice == 1)
    #expect(Balance([changed], against: [row(Self.later), row(Self.later, "o")]).unknown == 1)
  }

  @Test func whatWasDeletedOrRefusedIsNot() {
    let deleted = entry([(Self.values, .acknowledged), (nil, .acknowledged)])
    let refused = entry([(Self.values, .refused)])
    for entry in [deleted, refused] {
      #expect(Balance([entry], against: []).isExact)
      #expect(Balance([entry], against: [row(Self.values)]).undead == 1)
    }
  }

  @Test func whatHasNoAnswerMayBeThereOnce() {
    let maybe = entry([(Self.values, .unknown)])
    #expect(Balance([maybe], against: []).isExact)
    let done = Balance([maybe], against: [row(Self.values)])
    #expect(done.isExact && done.maybe == 1 && done.maybeDone == 1)
    #expect(Balance([maybe], against: [row(Self.later)]).different == 1)
    #expect(Balance([maybe], against: [row(Self.values), row(Self.values)]).twice == 1)
    let gone = entry([(Self.values, .acknowledged), (nil, .unknown)])
    #expect(Balance([gone], against: []).isExact)
    #expect(Balance([gone], against: [row(Self.values)]).isExact)
    #expect(Balance([gone], against: [row(Self.later)]).different == 1)
  }

  @Test func percentilesAreByTheNearestRank() {
    let samples = (1...200).map { Record.Sample(start: 0, nanoseconds: UInt64($0) * 1_000_000) }
    let latency = Latency(samples.shuffled())
    #expect(latency.p50 == 100 && latency.p95 == 190 && latency.p99 == 198 && latency.max == 200)
  }

  @Test func lossesCountOnlyInAWindow() throws {
    var record = Record()
    func miss(_ name: String, breaks: Bool, _ at: UInt64, _ seen: UInt64) {
      record.miss(
        name, .post, "closed", breaks: breaks, at: at * 1_000_000, seen: seen * 1_000_000)
    }
    miss("a", breaks: true, 10_500, 10_600)
    miss("began long before", breaks: true, 9000, 10_100)
    miss("seen before", breaks: true, 9000, 9700)
    miss("hung through it", breaks: true, 9000, 19_000)
    miss("b", breaks: true, 20_000, 20_100)
    miss("c", breaks: false, 10_500, 10_600)
    let settings = Settings(address: try #require(Address("http://127.0.0.1:1")), run: "r")
    let windows = Windows("10.0 11.0\n")
    let strict = Summary(settings, record, seconds: 1, windows: windows, allowsLoss: false)
    #expect(strict.failed == 6 && strict.lost == 0 && !strict.isGood)
    let lenient = Summary(settings, record, seconds: 1, windows: windows, allowsLoss: true)
    #expect(lenient.failed == 4 && lenient.lost == 2)
  }

  @Test func aFailureOutsideTheEnvelopeIsAFlaw() throws {
    func flaw(_ type: String, _ body: String, _ more: String = "") throws -> String? {
      let text =
        "HTTP/1.1 503 X\r\nContent-Type: \(type)\r\nX-Request-Id: a-b\r\n\(more)"
        + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
      return try #require(try HTTPAnswer(Array(text.utf8))).flaw(requestID: "a-b")
    }
    let envelope =
      #"{"success":false,"data":null,"error":"x","code":"y","detail":"x","request_id":"a-b"}"#
    #expect(try flaw("application/json", envelope, "Retry-After: 2\r\n") == nil)
    #expect(try flaw("application/json", envelope) == "no Retry-After")
    #expect(try flaw("text/html", envelope) == "not JSON")
    #expect(try flaw("application/json", "{}") == "not the envelope")
  }

  @Test(
    arguments: ["", "X-Note: the-secret\r\n"],
    ["", "the-secre", "tt-the-the-secret", "the-secret "])
  func aSecretIsAFlaw(_ field: String, _ body: String) throws {
    let text =
      "HTTP/1.1 200 X\r\nX-Request-Id: a-b\r\n\(field)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    let flaw = try #require(try HTTPAnswer(Array(text.utf8))).flaw(
      requestID: "a-b", secret: "the-secret")
    #expect((flaw == "the secret is in it") == text.contains("the-secret"))
  }
}
