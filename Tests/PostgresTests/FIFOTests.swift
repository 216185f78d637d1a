import TestSupport
import Testing

@testable import Postgres

@Suite struct FIFOTests {
  private func drain(_ queue: FIFO<Int>) -> [Int] {
    var queue = queue
    var found: [Int] = []
    while let next = queue.popFirst() { found.append(next) }
    return found
  }

  @Test func `an empty queue has nothing`() {
    var queue = FIFO<Int>()
    #expect(queue.isEmpty)
    #expect(queue.first == nil)
    let next = queue.popFirst()
    #expect(next == nil)
    #expect(queue.isEmpty)
  }

  @Test(arguments: [1, 15, 16, 17, 31, 32, 33, 100])
  func `what comes first goes first`(_ count: Int) {
    var queue = FIFO<Int>()
    for number in 0..<count { queue.append(number) }
    #expect(queue.count == count)
    #expect(queue.first == 0)
    #expect(queue[count - 1] == count - 1)
    #expect(drain(queue) == Array(0..<count))
  }

  @Test func `an element is changed in its place`() {
    var queue = FIFO<Int>()
    for number in 0..<20 { queue.append(number) }
    for _ in 0..<5 { _ = queue.popFirst() }
    queue[0] = 50
    queue[14] = 190
    #expect(drain(queue) == [50] + Array(6..<19) + [190])
  }

  @Test func `random work agrees with an array`() {
    var random = SeededGenerator(1)
    var queue = FIFO<Int>()
    var model: [Int] = []
    for number in 0..<20_000 {
      // Phases that grow and phases that shrink, so that the ring wraps and widens.
      if Int.random(in: 0..<10, using: &random) < (number / 1000 % 2 == 0 ? 6 : 4) {
        queue.append(number)
        model.append(number)
      } else {
        let found = queue.popFirst()
        #expect(found == (model.isEmpty ? nil : model.removeFirst()))
      }
      #expect(queue.count == model.count)
      #expect(queue.first == model.first)
      if let last = model.last { #expect(queue[model.count - 1] == last) }
    }
    #expect(drain(queue) == model)
  }
}

@Suite struct SQLStateTests {
  @Test(arguments: ["57P01", "57P02", "57P03", "57P05", "08006", "08P01", "08000", ""])
  func `a shutdown ends the session, and so does an error of libpq itself`(_ code: String) {
    #expect(SQLState(rawValue: code).endsSession)
  }

  @Test(arguments: ["57014", "57000", "23505", "40001", "25006", "53300", "5", "0", "XX000"])
  func `anything else leaves it`(_ code: String) {
    #expect(!SQLState(rawValue: code).endsSession)
  }

  @Test(arguments: [
    ("40001", true), ("40P01", true), ("40003", false), ("23505", false), ("57014", false),
    ("55P03", false), ("", false),
  ])
  func `a statement that may run again is known`(_ code: String, _ isTransient: Bool) {
    #expect(SQLState(rawValue: code).isTransient == isTransient)
  }

  @Test(arguments: [
    ("0A000", true), ("26000", true), ("42P05", true), ("42P01", false), ("08000", false),
    ("", false),
  ])
  func `a statement that must be prepared again is known`(_ code: String, _ needs: Bool) {
    #expect(SQLState(rawValue: code).needsPreparing == needs)
  }

  @Test func `an unknown code survives`() {
    #expect(SQLState(rawValue: "ZZ999").rawValue == "ZZ999")
    #expect(SQLState(rawValue: "25006") == .readOnlyTransaction)
  }
}

@Suite struct SessionSettingsTests {
  @Test func `settings are applied in one statement`() {
    let sql = SessionSettings(statementTimeout: 5000, lockTimeout: 2000, prepares: true).sql
    for setting in [
      "'TimeZone', 'UTC'", "'statement_timeout', '5000'", "'lock_timeout', '2000'",
      "'idle_in_transaction_session_timeout', '10000'", "'plan_cache_mode', 'force_generic_plan'",
    ] {
      #expect(sql.contains("pg_catalog.set_config(\(setting), false)"))
    }
    #expect(sql.hasPrefix("SELECT "))
    #expect(!sql.contains(";"))
  }
}
