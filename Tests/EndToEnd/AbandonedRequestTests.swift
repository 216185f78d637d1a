import Foundation
import Testing

@testable import Harness

extension EndToEnd {
  /// Requests whose client has gone before the responder took them up.
  @Suite struct AbandonedRequestTests {
    /// nginx has answered 503 by then, and the client sends its write again: it must not be done
    /// twice.
    @Test func aWriteGivenUpWhileItWaitedIsNotDone() throws {
      try Site.new { site in
        let process = try #require(site.responder.process)
        process.signal(SIGSTOP)
        let body = Array(client(["city": "Nulle part"]).text.utf8)
        for _ in 0..<3 {
          let socket = try Socket(path: site.responder.socketPath)
          socket.send(
            FastCGIRecord.request(
              FastCGIRecord.parameters("POST", "/clients/", body), body: body))
          socket.close()
        }
        process.signal(SIGCONT)
        // Taken up after those three, and answered after them.
        #expect(try site.create(client(["city": "Nantes"])).status == 201)
        try eventually("no statement runs") {
          try site.database.psql(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'erp-back'"
              + " AND datname = current_database() AND state = 'active'") == "0"
        }
        #expect(try site.database.psql("SELECT string_agg(city, ' ') FROM clients") == "Nantes")
        // Another event loop's counts are seen within a second.
        try eventually("all are counted") {
          try site.metrics().sum("erp_back_abandoned_requests_total") == 3
        }
      }
    }

    /// Half closed is not gone: the answer is waited for.
    @Test func aPeerThatSendsNoMoreIsAnswered() throws {
      try Site.new { site in
        let body = Array(client(["city": "Nantes"]).text.utf8)
        let answer = try site.withStatement(waiting: 0.1) {
          let socket = try site.responder.send(
            FastCGIRecord.request(
              FastCGIRecord.parameters("POST", "/clients/", body), body: body))
          return String(decoding: try socket.receiveAll(), as: UTF8.self)
        }
        #expect(answer?.contains("Status: 201") == true, "\(answer ?? "")")
        #expect(try site.database.psql("SELECT city FROM clients") == "Nantes")
      }
    }
  }
}
