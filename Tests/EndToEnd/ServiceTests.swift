import Testing

@testable import Harness

extension EndToEnd {
  /// The routes about the service itself.
  @Suite struct ServiceTests {
    let site: Site
    init() throws { site = try Site.shared() }

    @Test func rootAnswersAsItAlwaysDid() throws {
      let answer = try site.get("/")
      #expect(answer.status == 200)
      #expect(answer.text == #"{"message":"ERP Wash&Go API","status":"running"}"#)
    }

    @Test(arguments: ["/health", "/health/"])
    func healthAnswersWhatMonitorsExpect(_ target: String) throws {
      let answer = try site.get(target)
      #expect(answer.status == 200)
      #expect(answer.text.wholeMatch(of: /\{"status":"ok","version":"[^"]+"\}/) != nil)
    }

    @Test(arguments: ["/health/live", "/health/live/", "/health/ready", "/health/ready/"])
    func aHealthySiteIsLiveAndReady(_ target: String) throws {
      #expect(try site.get(target).status == 200)
    }

    @Test(arguments: ["/", "/health", "/health/live", "/health/ready"])
    func serviceRoutesAreReadOnly(_ target: String) throws {
      let refusal = try site.send("POST", target, json: [:])
      #expect(refusal.status == 405)
      #expect(refusal.json["code"] == "method_not_allowed")
      #expect(refusal.list("Allow") == ["GET", "HEAD", "OPTIONS"])
    }

    @Test func everyAnswerForbidsSniffing() throws {
      let answers = try [
        site.get("/"), site.get("/clients/"), site.get(nobody), site.get("/clients/%zz"),
        site.get("/" + String(repeating: "a", count: 20_000)),
      ]
      for answer in answers { #expect(answer["X-Content-Type-Options"] == "nosniff", "\(answer)") }
    }
  }
}
