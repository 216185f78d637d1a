internal import API
internal import Postgres

/// Which figures `/metrics` tells, their names, units and labels.
extension MetricsText {
  mutating func write(
    _ figures: Figures, _ application: Application, reactors: Int, isDatabaseLost: Bool
  ) {
    family("erp_back_build_info", .gauge, "Always 1; the labels tell the build.")
    sample(
      "erp_back_build_info",
      [("version", application.version), ("revision", application.revision)], 1)
    write("erp_back_reactors", .gauge, "Event loops.", reactors)
    write(figures.tally, application.routes)
    write(
      "erp_back_connections", .gauge, "Open connections from the web server.",
      figures.connections)
    write(
      "erp_back_requests_in_flight", .gauge, "Requests that wait for the database.",
      figures.waiting)
    write(
      "erp_back_database_up", .gauge, "1 while every lane has the database.",
      isDatabaseLost ? 0 : 1)
    write(figures.lanes)
    write(
      "erp_back_log_lines_dropped_total", .counter, "Lines that the journal was too slow for.",
      StandardErrorLog.droppedLines)
  }

  private mutating func write(_ tally: Tally, _ routes: [String]) {
    let places = routes.indices.flatMap { route in
      Application.methods.indices.map { method in
        (
          route: route, method: method,
          labels: [("route", routes[route]), ("method", Application.methods[method])] as Labels
        )
      }
    }
    family("erp_back_http_requests_total", .counter, "Requests answered; no route: route=\"\".")
    for place in places {
      for (number, status) in Tally.statuses.enumerated() {
        let count = tally.answers(route: place.route, method: place.method, status: number)
        guard count > 0 else { continue }
        sample(
          "erp_back_http_requests_total",
          place.labels + [("status", status == 0 ? "other" : "\(status)")], count)
      }
    }
    // There from the start: an increase from nothing to 1 is none to Prometheus.
    family("erp_back_http_server_errors_total", .counter, "Answers of 5xx, of all routes.")
    for status in [500, 503] {
      sample(
        "erp_back_http_server_errors_total", [("status", "\(status)")],
        tally.answers(status: status))
    }
    family(
      "erp_back_http_request_duration_seconds", .histogram,
      "From the whole request to the answer ready to be sent.")
    for place in places {
      let histogram = tally.durations(route: place.route, method: place.method)
      guard histogram.count > 0 else { continue }
      sample(
        "erp_back_http_request_duration_seconds", place.labels, histogram, .seconds, unit: 1e-9)
    }
    let counters = [
      ("http_request_body_bytes", "Bytes of request bodies.", tally.bodyBytes),
      ("http_response_bytes", "Bytes of answers with their headers.", tally.responseBytes),
      ("slow_requests", "Requests that took ERP_SLOW_MS or longer.", tally.slowRequests),
      (
        "abandoned_requests", "Requests whose client left before the answer.",
        tally.abandonedRequests
      ),
      ("bad_peers", "Connections closed for not speaking FastCGI.", tally.badPeers),
      ("accept_pauses", "Times no descriptor was left to accept with.", tally.acceptPauses),
      (
        "validation_gaps", "Values that validation let through and the database refused.",
        tally.validationGaps
      ),
    ]
    for (name, help, value) in counters {
      write("erp_back_\(name)_total", .counter, help, value)
    }
  }

  private mutating func write(_ lanes: [LaneFigures]) {
    func each(_ name: String, _ kind: Kind, _ help: String, _ value: (LaneFigures) -> UInt64) {
      family("erp_back_pool_\(name)", kind, help)
      for lane in lanes { sample("erp_back_pool_\(name)", [("lane", lane.name)], value(lane)) }
    }
    each("size", .gauge, "Connections that a lane may have.") { UInt64($0.state.size) }
    family("erp_back_pool_connections", .gauge, "Connections of a lane by state.")
    for lane in lanes {
      let states = [
        ("busy", lane.state.busy), ("idle", lane.state.idle),
        ("connecting", lane.state.connecting),
      ]
      for (state, count) in states {
        sample("erp_back_pool_connections", [("lane", lane.name), ("state", state)], count)
      }
    }
    each("in_flight", .gauge, "Statements sent and not answered.") { UInt64($0.state.inFlight) }
    each("waiting", .gauge, "Requests that wait for a connection.") { UInt64($0.state.waiting) }
    each("wait_timeouts_total", .counter, "Requests that gave up waiting.") { $0.state.timeouts }
    each("refusals_total", .counter, "Requests refused at once: no database, or a full queue.") {
      $0.state.refusals
    }
    each("connects_total", .counter, "Connections made.") { $0.counts.connects }
    each("reconnects_total", .counter, "Connections made in place of a lost one.") {
      $0.counts.reconnects
    }
    each("connect_failures_total", .counter, "Attempts to connect that failed.") {
      $0.counts.connectFailures
    }
    each("losses_total", .counter, "Connections that died or were given up.") { $0.counts.losses }
    each("retries_total", .counter, "Statements sent again.") { $0.counts.retries }
    family("erp_back_pipeline_batch_size", .histogram, "Statements sent before one Sync.")
    for lane in lanes {
      sample("erp_back_pipeline_batch_size", [("lane", lane.name)], lane.batches, .sizes, unit: 1)
    }
  }

  mutating func write(_ process: ProcessFigures) {
    write(
      "process_start_time_seconds", .gauge, "Start, in seconds of the Unix epoch.",
      process.startTime)
    write(
      "process_cpu_seconds_total", .counter, "Processor time, user and system.",
      process.cpuSeconds)
    write(
      "process_resident_memory_bytes", .gauge, "Resident memory.", process.residentBytes)
    write("process_open_fds", .gauge, "Open file descriptors.", process.openDescriptors)
    write("process_max_fds", .gauge, "Limit of file descriptors.", process.maxDescriptors)
  }
}
