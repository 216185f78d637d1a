import Testing

@testable import API

@Suite struct ReadinessTests {
  private static let needed = "2025_10_31_000001_create"

  private func ready() -> Exchange { Exchange("GET", "/health/ready") }

  @Test func `readiness asks the database`() {
    let exchange = ready()
    #expect(exchange.decision == .query)
    #expect(exchange.plan.statement?.isRead == true)
    #expect(exchange.parameters.isEmpty)
  }

  @Test func `the revision needed is ready`() {
    var exchange = ready()
    exchange.render(FakeRows([[Cell.text(Self.needed)]]))
    #expect(exchange.response.status == 200)
    #expect(exchange.code.isEmpty)
  }

  @Test(arguments: ["2025_10_30_000001_older", "2026_01_01_000001_newer"])
  func `another revision is named`(_ live: String) throws {
    var exchange = ready()
    exchange.render(FakeRows([[Cell.text(live)]]))
    #expect(exchange.response.status == 503)
    #expect(exchange.values("Retry-After").count == 1)
    let reason = try #require(exchange.json["error"] as? String)
    #expect(reason.contains(live))
    #expect(reason.contains(Self.needed))
    #expect(reason.contains("downgrade") == (live > Self.needed))
    #expect(reason.contains("upgrade head") == (live < Self.needed))
  }

  @Test func `a database that was never migrated is told to be`() throws {
    var exchange = ready()
    exchange.render(FakeRows.none)
    #expect(exchange.response.status == 503)
    #expect(exchange.text.contains("upgrade head"))
    for state in ["42P01", "3F000"] {
      exchange.render(.refused(ServerError(sqlState: state, detail: "", constraint: "")))
      #expect(exchange.response.status == 503)
      #expect(exchange.text.contains("upgrade head"))
    }
  }

  @Test(arguments: [DatabaseFailure.unavailable, .timeout])
  func `a database that is away is a 503`(_ failure: DatabaseFailure) {
    var exchange = ready()
    exchange.render(failure)
    #expect(exchange.response.status == 503)
    #expect(exchange.values("Retry-After").count == 1)
    #expect(exchange.text.hasPrefix(#"{"success":false,"data":null,"error":""#))
  }
}
