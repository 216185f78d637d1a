public import API
public import FastCGI
internal import Glibc
public import Logging
internal import Synchronization

/// The serving process: one reactor in the calling thread, which takes the signals, and the
/// others in threads of their own.
public enum Reactors {
  private static let signals = [SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGPIPE]

  /// Keeps signals pending until `serve` takes them. Call it before libfcgi is loaded, whose own
  /// handler of SIGTERM would swallow one that comes early.
  public static func holdSignals() { SystemCalls.block(signals) }

  /// Serves until SIGTERM or SIGINT.
  ///
  /// - Parameter count: reactors.
  public static func serve(
    _ application: Application, _ settings: Settings, _ listener: Listener, count: Int,
    version: String, manager: ServiceManager, logger: Logger
  ) throws(SystemError) {
    let observe: @Sendable (Observation) -> Void = { $0.log(to: logger) }
    let board = Board(reactors: max(count, 1))
    let first = try Reactor(
      application, settings, listener, board, number: 0, log: observe)
    var others: [Reactor] = []
    for number in 1..<max(count, 1) {
      others.append(
        try Reactor(application, settings, listener, board, number: number, log: observe))
    }
    var isStopping = false
    try first.takeSignals(signals) { number in
      guard number == SIGTERM || number == SIGINT else { return }
      observe(.stopping(signal: number == SIGTERM ? "SIGTERM" : "SIGINT"))
      manager.notify("STOPPING=1")
      // Once: the next process may bind the path again while this one still drains.
      if !isStopping { listener.unlinkPath() }
      isStopping = true
      first.stop()
      for other in others { other.stop() }
    }
    if let interval = manager.watchdogInterval {
      let step = UInt64(interval) * 1_000_000
      var next: UInt64 = 0
      first.onTick { now in
        // One loop that hangs is enough to be ended for.
        guard now >= next, board.allTurned(since: now - min(now, step)) else { return }
        next = now + step
        manager.notify("WATCHDOG=1")
      }
    }
    let running = Running(others.count)
    var threads: [Thread] = []
    for reactor in others {
      threads.append(
        try Thread {
          try? reactor.run()
          running.end()
        })
    }
    _ = ProcessFigures.now
    observe(.started(version: version, reactors: count))
    manager.notify("READY=1")
    try first.run(while: { running.count > 0 })
    for thread in threads { thread.join() }
    let requests = others.reduce(first.requests) { $0 + $1.requests }
    observe(.stopped(requests: requests))
  }

  /// How many threads still run.
  private final class Running: Sendable {
    private let number: Atomic<Int>
    init(_ count: Int) { number = Atomic(count) }
    var count: Int { number.load(ordering: .acquiring) }
    func end() { number.subtract(1, ordering: .releasing) }
  }
}
