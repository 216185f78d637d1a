public import API
public import Postgres

/// What the lanes ask of their owner.
extension Service: PoolOwner {
  func watch(_ descriptor: Int32, slot: Int, of pool: Pool, writable: Bool) {
    // A descriptor that cannot be watched never becomes ready: its slot's deadline ends it.
    try? loop.watch(
      descriptor, writable ? [.readable, .writable] : [.readable],
      for: .database(lane: number(of: pool), slot: slot))
  }

  func send(_ ticket: Int, on connection: Postgres.Connection, mayPrepare: Bool) -> Bool {
    guard let exchange = exchanges[ticket], let statement = exchange.plan.statement else {
      return false
    }
    return connection.send(
      index: mayPrepare ? statement.index : nil, sql: statement.sql,
      types: statement.parameterTypes,
      bytes: exchange.plan.parameters.bytes, ranges: exchange.plan.parameters.ranges,
      isPlannedEachTime: statement.isPlannedEachTime, isRead: statement.isRead,
      rowBytes: exchange.plan.rowBytes, tag: ticket)
  }

  func isRead(_ ticket: Int) -> Bool {
    exchanges[ticket]?.plan.statement?.isRead ?? false
  }

  /// Two states of one row made by one transaction would have one entity tag: the row's number.
  func company(_ ticket: Int) -> PoolState.Company {
    // The plan stays where it is: a copy of it retains all of its arrays.
    guard let exchange = exchanges[ticket], exchange.plan.mayShare else { return .none }
    if exchange.plan.statement?.isRead == true { return .reads(depth: exchange.plan.depth) }
    return .writes(key: exchange.plan.rowKey ?? UInt64(ticket))
  }

  func finished(_ ticket: Int, _ outcome: consuming Outcome) {
    guard let exchange = exchanges[ticket] else { return }
    switch consume outcome {
    case .rows(let result):
      application.render(exchange.request, exchange.plan, rows: result, &response)
      answer(exchange)
    case .refused(let error):
      if Verdict(sqlState: error.state.rawValue) == .invalid {
        observer.validationGap(sqlState: error.state.rawValue, requestID: exchange.request.id)
      }
      fail(
        exchange,
        .refused(
          API.ServerError(
            sqlState: error.state.rawValue, detail: error.detail, constraint: error.constraint)),
        cause: Self.cause(error))
    case .unavailable:
      fail(exchange, .unavailable, cause: "no connection")
    case .lost:
      fail(exchange, .lost, cause: "connection lost")
    }
  }

  /// A missing table, column or permission is named; the text of other errors may hold data.
  private static func cause(_ error: Postgres.ServerError) -> String {
    let code = "SQLSTATE \(error.state.rawValue)"
    guard Verdict(sqlState: error.state.rawValue) == .misconfigured else { return code }
    return "\(code): \(error.message): see /health/ready"
  }

  func sent(batch size: Int, of pool: Pool) {
    batches[number(of: pool)].add(UInt64(size), .sizes)
  }

  private func number(of pool: Pool) -> Int { pool === lanes.first ? 0 : 1 }

  func serverTakesNoWrites(_ pool: Pool) {
    for lane in lanes where lane !== pool { lane.renew(now: now) }
  }

  func databaseChanged(_ pool: Pool, lost reason: String?) {
    observer.databaseChanged(lane: pool.name, lost: reason)
  }

  func databaseRefused(_ pool: Pool, reason: String) {
    observer.databaseRefused(lane: pool.name, reason: reason)
  }
}

extension Postgres.Result: Rows {}
