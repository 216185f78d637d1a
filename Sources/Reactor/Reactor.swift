public import API
public import FastCGI
internal import Glibc

/// One thread, one epoll set, and everything of its own: connections from the web server, lanes
/// to the database, timers. Several reactors share nothing but the listening socket.
public final class Reactor {
  private let loop: EventLoop
  private let service: Service
  private let listener: Listener?
  private let board: Board
  private let number: Int
  private let drainLimit: UInt64

  /// Asked to stop: 0 not, 1 gently, 2 at once.
  private var stops = 0
  private var drainDeadline = UInt64.max
  private var tickInterval = 0
  private var isAccepting = false
  private var acceptsAgainAt: UInt64 = 0
  /// Called once per tick, from the loop: a sign of life that a stuck loop cannot give.
  private var onTick: ((UInt64) -> Void)?
  private var onSignal: ((Int32) -> Void)?

  /// Milliseconds between two looks at deadlines, while something is owed and while nothing is.
  private static let busyTick = 20
  private static let idleTick = 1000
  /// Nanoseconds between two looks of the other reactors at this one's figures.
  private static let publishInterval: UInt64 = 1_000_000_000
  private var publishesAt: UInt64 = 0
  /// Connections accepted in one turn.
  private static let acceptBatch = 64

  /// One that answers the request of a CGI process.
  public convenience init(
    _ application: Application, _ settings: Settings,
    log: @escaping @Sendable (Observation) -> Void
  ) throws(SystemError) {
    try self.init(application, settings, nil, Board(reactors: 1), number: 0, log: log)
  }

  /// - Parameter number: its place on the board.
  init(
    _ application: Application, _ settings: Settings, _ listener: Listener?, _ board: Board,
    number: Int, log: @escaping @Sendable (Observation) -> Void
  ) throws(SystemError) {
    loop = try EventLoop()
    service = Service(
      application, settings, loop, board, number: number,
      Observer(application, settings, board, log: log))
    self.listener = listener
    self.board = board
    self.number = number
    drainLimit = UInt64(settings.drain) * 1_000_000
  }

  /// Requests taken up so far.
  public var requests: UInt64 { service.requests }

  /// Delivers signals to this reactor, in its thread; blocks them in threads started later.
  public func takeSignals(
    _ numbers: [Int32], _ handler: @escaping (Int32) -> Void
  ) throws(SystemError) {
    try loop.takeSignals(numbers)
    onSignal = handler
  }

  /// Calls `body` with the time in nanoseconds at every tick.
  public func onTick(_ body: @escaping (UInt64) -> Void) { onTick = body }

  /// Asks the reactor, from any thread, to stop: gently at first, at once the second time.
  public func stop() { loop.ring() }

  /// Serves until stopped.
  ///
  /// - Parameter stays: asked once stopped; true keeps the loop turning, for its signals.
  public func run(while stays: () -> Bool = { false }) throws(SystemError) {
    try startAccepting()
    service.now = EventLoop.now
    board.turned(number, at: service.now)
    service.tick()
    while !isDone || (stops == 1 && stays()) { turn() }
    if service.exchangeCount > 0 { service.observer.stoppedAtOnce(left: service.exchangeCount) }
    service.abort()
    board.turned(number, at: .max)
  }

  /// Answers the one request of a CGI process.
  ///
  /// - Returns: whether the answer could be written.
  public func runCommonGateway() -> Bool {
    service.now = EventLoop.now
    service.acceptCommonGateway()
    while service.exchangeCount > 0 { turn() }
    service.abort()
    return service.isWritten
  }

  private var isDone: Bool {
    stops > 1 || (stops == 1 && (service.exchangeCount == 0 || service.now >= drainDeadline))
  }

  /// Whether time alone can change something soon.
  private var isBusy: Bool { stops > 0 || !isAccepting || service.needsTicks }

  private func setTick(_ interval: Int) {
    guard interval != tickInterval else { return }
    tickInterval = interval
    loop.tick(every: interval)
  }

  /// Events after which what they queued is sent.
  private static let flushEvery = 32

  /// One flush of all that was queued, then everything that is ready.
  private func turn() {
    service.flush()
    // Only a tick goes back to idle ticks: a timer is not set anew for every request.
    if tickInterval != Self.busyTick { setTick(isBusy ? Self.busyTick : Self.idleTick) }
    let count = loop.wait()
    service.now = EventLoop.now
    for index in 0..<count {
      // The server works on the first of a large turn while the rest of it is read.
      if index > 0, index.isMultiple(of: Self.flushEvery) { service.flush() }
      let event = loop.event(index)
      switch event.source {
      case .exchange(let index, let generation):
        service.ready(event, index, generation: generation)
      case .database(let lane, let slot): service.ready(event, lane: lane, slot: slot)
      case .listener: accept(atMost: Self.acceptBatch)
      case .timer: tick()
      case .doorbell: for _ in 0..<loop.drainDoorbell() { stopOnce() }
      case .signals: while let signal = loop.nextSignal() { onSignal?(signal) }
      }
    }
  }

  private func tick() {
    loop.drainTimer()
    board.turned(number, at: service.now)
    service.tick()
    if service.now >= publishesAt {
      publishesAt = service.now + Self.publishInterval
      service.publish()
    }
    if !isAccepting && stops == 0 && service.now >= acceptsAgainAt { try? startAccepting() }
    if !isBusy { setTick(Self.idleTick) }
    onTick?(service.now)
  }

  // MARK: accepting

  private func startAccepting() throws(SystemError) {
    guard let listener else { return }
    try loop.watch(listener.descriptor, [.readable, .exclusive], for: .listener)
    isAccepting = true
  }

  private func accept(atMost count: Int) {
    guard let listener, isAccepting else { return }
    do throws(SystemError) {
      for _ in 0..<count {
        guard let connection = try listener.accept() else { return }
        service.accept(connection)
      }
    } catch {
      // Level-triggered readiness would spin while no descriptor is free.
      service.observer.acceptPaused(reason: error.description)
      loop.unwatch(listener.descriptor)
      isAccepting = false
      acceptsAgainAt = service.now + 100_000_000
    }
  }

  // MARK: stopping

  private func stopOnce() {
    stops += 1
    guard stops == 1 else { return }
    drainDeadline = service.now + drainLimit
    if let listener {
      // What queues at a socket of systemd's is the next process's. Our own has no path any more:
      // what queues there is ours, and nothing follows.
      if listener.isOwned { accept(atMost: .max) }
      loop.unwatch(listener.descriptor)
    }
    isAccepting = false
    service.drain()
  }
}
