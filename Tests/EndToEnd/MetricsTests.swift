import Foundation
import Testing

@testable import Harness

private let promtool = "/usr/bin/promtool"

extension EndToEnd {
  /// What `/metrics` counts.
  @Suite struct MetricsTests {
    @Test func requestsAreCountedByTemplateMethodAndStatus() throws {
      try Site.new { site in
        let target = try #require(try site.create(client())["Location"])
        for _ in 0..<3 { _ = try site.get(target) }
        _ = try site.get(target + "/")
        _ = try site.get(nobody)
        _ = try site.send("PUT", target, json: ["city": "Tours"])
        _ = try site.create([:])
        _ = try site.get("/clients/search/\(unique())")
        _ = try site.get("/clients/status/\(unique())")
        _ = try site.get("/\(unique())")
        _ = try site.send("OPTIONS", "/clients")
        let metrics = try site.metrics()
        func count(_ route: String, _ method: String, _ status: String) -> Double {
          metrics.sum(
            "erp_back_http_requests_total",
            ["route": route, "method": method, "status": status])
        }
        #expect(count("/clients/{id}", "GET", "200") == 4)
        #expect(count("/clients/{id}", "GET", "404") == 1)
        #expect(count("/clients/{id}", "PUT", "200") == 1)
        #expect(count("/clients", "POST", "201") == 1)
        #expect(count("/clients", "POST", "422") == 1)
        #expect(count("/clients", "OPTIONS", "204") == 1)
        #expect(count("/clients/search/{term}", "GET", "200") == 1)
        #expect(count("/clients/status/{status}", "GET", "200") == 1)
        #expect(count("", "GET", "404") == 1)
        #expect(
          metrics.sum(
            "erp_back_http_request_duration_seconds_count",
            ["route": "/clients/{id}", "method": "GET"]) == 5)
        #expect(
          metrics.sum(
            "erp_back_http_request_duration_seconds_bucket",
            ["route": "/clients/{id}", "method": "GET", "le": "+Inf"]) == 5)
        #expect(metrics.sum("erp_back_http_request_body_bytes_total") > 20)
        #expect(metrics.sum("erp_back_http_response_bytes_total") > 1000)
        #expect(metrics.sum("erp_back_build_info") == 1)
        #expect(metrics.sum("process_resident_memory_bytes") > 1_000_000)
        #expect(abs(metrics.sum("process_start_time_seconds") - Date().timeIntervalSince1970) < 60)
        #expect(metrics.sum("process_open_fds") > 5)
      }
    }

    /// A slow query takes its time in the histogram, and a fast one after idleness does not.
    @Test func durationsAreMeasured() throws {
      try Site.new { site in
        #expect(try site.withStatement(waiting: 0.4) { try site.get("/clients/").status } == 200)
        Thread.sleep(forTimeInterval: 1.5)  // idleness: the loop's clock must not stand still
        #expect(try site.get(nobody).status == 404)
        #expect(try site.get("/openapi.json").status == 200)
        let metrics = try site.metrics()
        let name = "erp_back_http_request_duration_seconds"
        #expect(metrics.sum(name + "_sum", ["route": "/clients"]) > 0.3)
        #expect(metrics.sum(name + "_bucket", ["route": "/clients", "le": "0.1"]) == 0)
        #expect(metrics.sum(name + "_sum", ["route": "/clients/{id}"]) < 1.4)
        // The work of the process itself counts too.
        #expect(metrics.sum(name + "_sum", ["route": "/openapi.json"]) > 0)
      }
    }

    @Test func theLanesAreSeen() throws {
      // Those that run wait for the table for longer than the others for a connection.
      let environment = [
        "ERP_POOL_SIZE": "2", "ERP_POOL_WAIT_MS": "2500", "ERP_LOCK_TIMEOUT_MS": "5000",
        "ERP_REACTORS": "1",
      ]
      try Site.new(.init(environment: environment)) { site in
        _ = try together(16) { _ in try site.get(nobody).status }
        let before = try site.metrics()
        #expect(before.sum("erp_back_pool_size", ["lane": "pool"]) == 2)
        #expect(before.sum("erp_back_pipeline_batch_size_sum", ["lane": "point"]) == 16)
        #expect(before.sum("erp_back_pool_connects_total", ["lane": "point"]) == 1)
        #expect(before.sum("erp_back_pool_reconnects_total") == 0)
        #expect(before.sum("erp_back_database_up") == 1)

        let holder = try site.database.hold(
          "BEGIN; LOCK TABLE clients IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(60)")
        try eventually("the table is locked") {
          try site.database.isLocked("clients", "AccessExclusiveLock")
        }
        // Longer than those that share a connection.
        let seen = try together(5) { index in
          if index < 4 { return try site.get("/clients/?limit=200").status }
          try eventually("two run and two wait", within: 5) {
            let metrics = try site.metrics()
            return metrics.sum("erp_back_pool_connections", ["lane": "pool", "state": "busy"]) == 2
              && metrics.sum("erp_back_pool_in_flight", ["lane": "pool"]) == 2
              && metrics.sum("erp_back_pool_waiting", ["lane": "pool"]) == 2
              && metrics.sum("erp_back_requests_in_flight") == 4
          }
          return 503
        }
        #expect(Set(seen) == [503])
        try site.database.release(holder)
        #expect(try site.metrics().sum("erp_back_pool_wait_timeouts_total", ["lane": "pool"]) == 2)

        try site.database.psql(
          "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            + " WHERE application_name = 'erp-back' AND datname = current_database()")
        try eventually("both lanes are back", within: 5) {
          try site.get("/clients/").status == 200 && site.get(nobody).status == 404
        }
        let after = try site.metrics()
        #expect(after.sum("erp_back_pool_reconnects_total", ["lane": "point"]) == 1)
        #expect(after.sum("erp_back_pool_losses_total", ["lane": "point"]) == 1)
      }
    }

    @Test func severalReactorsAreOneProcess() throws {
      try Site.new(.init(environment: ["ERP_REACTORS": "3"])) { site in
        let requests = 60
        _ = try together(6) { _ in
          try (0..<(requests / 6)).map { _ in try site.get(nobody).status }
        }
        try eventually("the others have told their figures", within: 5) {
          try site.metrics().sum(
            "erp_back_http_requests_total", ["route": "/clients/{id}", "status": "404"])
            == Double(requests)
        }
        let metrics = try site.metrics()
        #expect(metrics.sum("erp_back_reactors") == 3)
        #expect(metrics.sum("erp_back_pool_size", ["lane": "pool"]) == 24)
      }
    }

    @Test func nothingPersonalIsALabel() throws {
      try Site.new { site in
        let (name, email) = (unique(), uniqueAddress())
        _ = try site.create(client(["name": .string(name), "email": .string(email)]))
        _ = try site.get("/clients/search/\(name)?q=\(email)")
        _ = try site.get("/\(name)/\(name)")
        _ = try site.send(name.uppercased(), "/clients")
        let text = try site.get("/metrics").text
        #expect(!text.lowercased().contains(name) && !text.contains(email))
        let methods = try Samples(text).labels("erp_back_http_requests_total", "method")
        #expect(methods.isSubset(of: ["GET", "POST", "other"]), "\(methods)")
      }
    }

    @Test(
      .enabled(
        if: Workbench.exists(promtool),
        "no promtool: scripts/prepare --checks"))
    func promtoolHasNothingToSay() throws {
      try Site.new { site in
        _ = try site.create(client())
        _ = try site.get("/clients/")
        _ = try site.get(nobody)
        let answer = try site.get("/metrics")
        #expect(answer["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
        #expect(try site.send("HEAD", "/metrics/").status == 200)
        let output = try Output.of(promtool, ["check", "metrics"], input: answer.body)
        #expect(output.status == 0 && output.out + output.errors == "", "\(output)")
      }
    }

    @Test func nginxLetsLoopbackInOnly() throws {
      let site = try Site.shared()
      #expect(try site.get("/metrics").status == 200)
      func fromElsewhere(_ path: String) throws -> String {
        try Output.ofSuccess(
          "/usr/bin/curl",
          [
            "-s", "-o", "/dev/null", "-w", "%{http_code}", "--interface", "127.0.0.2",
            "http://127.0.0.1:\(site.port)\(path)",
          ])
      }
      #expect(try fromElsewhere("/metrics") == "403")
      #expect(try fromElsewhere("/metrics/") == "403")
      #expect(try fromElsewhere("/health") == "200")
    }
  }
}
