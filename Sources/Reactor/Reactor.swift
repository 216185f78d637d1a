public import API
public import FastCGI
internal import Glibc

/// One thread, one epoll set, and everything of its own: connections from the web server, lanes
/// to the database, timers. Several reactors share nothing but the listening socket.
public final class Reactor {
  private let loop: EventLoop
  private let service: Service
  private let listener: Listener?
  private let observe: @Sendable (Observation) -> Void
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
  /// Connections accepted in one turn.
  private static let acceptBatch = 64

  /// - Parameter listener: nil for plain CGI.
  public init(
    _ application: Application, _ settings: Settings, _ listener: Listener?,
    observe: @escaping @Sendable (Observation) -> Void
  ) throws(SystemError) {
    loop = try EventLoop()
    service = Service(application, settings, loop, observe: observe)
    self.listener = listener
    self.observe = observe
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
    beginTurn()
    service.tick()
    while !isDone || (stops == 1 && stays()) { turn() }
    if service.exchangeCount > 0 { observe(.stoppedAtOnce(left: service.exchangeCount)) }
    service.abort()
  }

  /// Answers the one request of a CGI process.
  public func runCommonGateway() {
    beginTurn()
    service.acceptCommonGateway()
    while service.exchangeCount > 0 { turn() }
    service.abort()
  }

  private var isDone: Bool {
    stops > 1 || (stops == 1 && (service.exchangeCount == 0 || service.now >= drainDeadline))
  }

  private func beginTurn() {
    service.now = EventLoop.now
    // Only a tick goes back to idle ticks: a timer is not set anew for every request.
    if tickInterval != Self.busyTick { setTick(isBusy ? Self.busyTick : Self.idleTick) }
  }

  /// Whether time alone can change something soon.
  private var isBusy: Bool { stops > 0 || !isAccepting || service.needsTicks }

  private func setTick(_ interval: Int) {
    guard interval != tickInterval else { return }
    tickInterval = interval
    loop.tick(every: interval)
  }

  /// Everything that is ready, then one flush of all that was queued meanwhile.
  private func turn() {
    service.flush()
    beginTurn()
    loop.wait { event in
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
    service.now = EventLoop.now
    service.tick()
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
      observe(.acceptPaused(reason: error.description))
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
