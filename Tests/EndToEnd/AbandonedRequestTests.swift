import Foundation
import Testing

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
      }
    }
  }
}
