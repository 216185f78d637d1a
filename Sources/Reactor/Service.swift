internal import API
internal import FastCGI
internal import Postgres

/// The wiring of plan and render: a request that has arrived is planned, its statement goes
/// through a lane, what comes back is rendered and sent.
final class Service {
  let application: Application
  private let settings: Settings
  let loop: EventLoop
  private let board: Board
  /// Its place on the board.
  private let number: Int
  let observer: Observer
  /// CGI names of the fields that are read, by `Request.Field`.
  private static let names = Request.Field.allCases.map { Array($0.parameterName.utf8) }

  private(set) var exchanges = ExchangeTable()
  private var random = SystemRandomNumberGenerator()
  private(set) var lanes: [Pool] = []
  /// Statements per Sync, by lane.
  var batches: [Histogram]
  private let writer = ResponseWriter()
  /// One for all: an answer is written and sent at a stretch.
  var response = Response()
  /// What requests hold that have not been answered.
  private var memory = RequestMemory()
  private var scratch = [UInt8](repeating: 0, count: FastCGI.Connection.peekSize)
  /// Nanoseconds, read once per turn of the loop.
  var now = EventLoop.now
  private(set) var requests: UInt64 = 0
  /// Whether connections end with the answer they carry.
  private(set) var isDraining = false

  private static let memoryCause = "memory"
  /// How long a request may take to arrive whole.
  private static let arrivalLimit: UInt64 = 5_000_000_000
  /// How long a reader may take for one answer.
  private static let sendLimit: UInt64 = 60_000_000_000
  /// Statements in flight on a connection of the point lane.
  private static let pointDepth = 512
  /// Writes that had to wait and then commit together, at most.
  private static let groupSize = 16
  /// Connections that short reads share: PostgreSQL takes some twice as long for a row as the loop.
  private static let readers = 3

  /// - Parameter number: of the reactor, its place on the board.
  init(
    _ application: Application, _ settings: Settings, _ loop: EventLoop, _ board: Board,
    number: Int, _ observer: Observer
  ) {
    self.application = application
    self.settings = settings
    self.loop = loop
    self.board = board
    self.number = number
    self.observer = observer
    batches = Array(repeating: Histogram(.sizes), count: 2)
    let connectLimit = UInt64(settings.connectTimeout) * 1_000_000
    lanes = [
      Pool(
        name: "point", settings.database, settings.session,
        settings.limits(size: settings.pointConnections, depth: Self.pointDepth),
        connectLimit: connectLimit, owner: self),
      Pool(
        name: "pool", settings.database, settings.session,
        settings.limits(
          size: settings.poolSize, depth: 1, group: Self.groupSize,
          // Without prepared statements there may be a pooler.
          readers: settings.session.prepares ? Self.readers : 0),
        connectLimit: connectLimit, owner: self),
    ]
  }

  var exchangeCount: Int { exchanges.count }

  // MARK: connections from the web server

  /// Takes up a new connection.
  func accept(_ connection: FastCGI.Connection) {
    let exchange = exchanges.add(connection)
    exchange.deadline = now + Self.arrivalLimit
    do throws(SystemError) {
      try loop.watch(
        connection.descriptor, [.readable, .hangup, .edges],
        for: .exchange(exchange.index, generation: exchange.generation))
    } catch {
      remove(exchange)
    }
  }

  /// Whether the answer of a CGI process was written.
  private(set) var isWritten = false

  /// Answers the one request of a CGI process; the loop ends when no exchange is left.
  func acceptCommonGateway() {
    let exchange = exchanges.add(nil)
    let body = exchange.request.receive { bytes, fields in
      CommonGateway.read(
        Self.names, into: &bytes, values: &fields, limit: settings.maxBody,
        contentLength: Request.Field.contentLength.rawValue)
    }
    begin(exchange, body)
  }

  /// The socket of an exchange has changed.
  func ready(_ event: EventLoop.Event, _ index: Int, generation: UInt32) {
    guard let exchange = exchanges[index], exchange.generation & 0xff_ffff == generation else {
      return
    }
    if event.isHangup { exchange.hasPeerClosed = true }
    switch exchange.state {
    // A request that nginx gave up while it waited at the socket was answered with 503 there, and
    // the client sends it again: a write must not be done twice.
    case .idle where event.isGone:
      if exchange.connection?.arrival(&scratch) == .whole { observer.abandoned() }
      remove(exchange)
    case .idle: arrive(exchange)
    case .waiting:
      exchange.hasArrived = true
      if event.isGone { close(exchange) }
    case .sending:
      exchange.hasArrived = true
      if event.isGone { return close(exchange) }
      if event.isWritable, let connection = exchange.connection {
        settle(exchange, connection.flush())
      }
    }
  }

  /// Looks at what has come, and begins when it is a whole request.
  private func arrive(_ exchange: Exchange) {
    guard let connection = exchange.connection else { return }
    exchange.hasArrived = false
    let arrival = connection.arrival(&scratch)
    memory.hold(exchange, connection.gatheredBytes)
    if memory.isExhausted(by: exchange), arrival == .partial {
      connection.dropBody()
      memory.hold(exchange, connection.gatheredBytes)
    }
    switch arrival {
    case nil: remove(exchange)
    case .nothing: break
    case .partial:
      // The rest will never come.
      if exchange.hasPeerClosed { return remove(exchange) }
      if exchange.deadline == Exchange.never { exchange.deadline = now + Self.arrivalLimit }
    case .invalid:
      observer.badPeer()
      remove(exchange)
    case .whole:
      let body = exchange.request.receive { bytes, fields in
        connection.read(
          Self.names, into: &bytes, values: &fields, limit: settings.maxBody,
          contentLength: Request.Field.contentLength.rawValue)
      }
      guard let body, exchange.request.isComplete else {
        observer.badPeer()
        return remove(exchange)
      }
      begin(exchange, body)
    }
  }

  /// Plans the request, and answers it or hands its statement to a lane.
  private func begin(_ exchange: Exchange, _ body: FastCGI.Connection.Body) {
    requests += 1
    exchange.started = now
    exchange.request.take(body)
    exchange.cause = exchange.request.bodyState == .dropped ? Self.memoryCause : nil
    exchange.request.identify(using: &random)
    let decision = application.plan(
      exchange.request, database: databaseState, &exchange.plan, &response)
    switch decision {
    case .respond: answer(exchange)
    case .measure:
      application.render(
        exchange.request, exchange.plan, metrics: metrics(), &response)
      answer(exchange)
    case .query:
      memory.hold(exchange, exchange.request.bytes.count + exchange.plan.parameters.bytes.count)
      if memory.isFull(for: exchange) {
        return fail(exchange, .unavailable, cause: Self.memoryCause)
      }
      exchange.state = .waiting
      exchange.deadline = now + UInt64(settings.deadline) * 1_000_000
      exchange.lane = lane(for: exchange.plan)
      lanes[exchange.lane].submit(exchange.index, now: now)
    }
  }

  func answer(_ exchange: Exchange) {
    memory.release(exchange)
    observer.answered(exchange, response, now: EventLoop.now)
    exchange.isReusable = response.mayKeepConnection
    guard let connection = exchange.connection else {
      isWritten = CommonGateway.write(response.head + response.body)
      return remove(exchange)
    }
    settle(
      exchange,
      connection.send(head: response.head, body: response.body, with: writer))
  }

  func fail(_ exchange: Exchange, _ failure: DatabaseFailure, cause: String) {
    application.render(exchange.request, exchange.plan, failure: failure, &response)
    exchange.cause = cause
    answer(exchange)
  }

  /// After sending: the next request, or patience with a slow reader, or the end.
  private func settle(_ exchange: Exchange, _ sending: FastCGI.Connection.Sending) {
    guard let connection = exchange.connection else { return }
    let wasBlocked = exchange.state == .sending
    switch sending {
    case .failed: remove(exchange)
    case .blocked:
      exchange.state = .sending
      if !wasBlocked {
        exchange.deadline = now + Self.sendLimit
        watch(exchange, connection, [.readable, .writable, .hangup, .edges])
      }
    case .sent:
      if wasBlocked { watch(exchange, connection, [.readable, .hangup, .edges]) }
      let isKept = connection.finish()
      guard isKept && exchange.isReusable && !exchange.hasPeerClosed && !isDraining
      else { return remove(exchange) }
      exchange.state = .idle
      exchange.deadline = Exchange.never
      exchange.isUsed = true
      if exchange.hasArrived { arrive(exchange) }
    }
  }

  private func watch(
    _ exchange: Exchange, _ connection: FastCGI.Connection, _ interest: EventLoop.Interest
  ) {
    do throws(SystemError) {
      try loop.watch(
        connection.descriptor, interest,
        for: .exchange(exchange.index, generation: exchange.generation))
    } catch {
      remove(exchange)
    }
  }

  /// Ends an exchange, and what the database still does for it.
  private func close(_ exchange: Exchange) {
    if exchange.state == .waiting {
      observer.abandoned()
      lanes[exchange.lane].abandon(exchange.index, isHung: false, now: now)
    }
    remove(exchange)
  }

  private func remove(_ exchange: Exchange) {
    memory.release(exchange)
    exchanges.remove(exchange)
  }

  // MARK: the database

  /// A socket of a lane is ready.
  func ready(_ event: EventLoop.Event, lane: Int, slot: Int) {
    lanes[lane].ready(slot, writable: event.isWritable, now: now)
  }

  /// Sends what this turn has queued.
  func flush() {
    for lane in lanes { lane.flush() }
  }

  private var databaseState: DatabaseState {
    board.isDatabaseLost ? .away(reason: "database unavailable") : .connected
  }

  /// Reads by key go with all else while their own lane has no connection, for the server may have
  /// but few to give; and where there is, or may be, a pooler: no connection may carry more than one
  /// batch at a time then.
  private func lane(for plan: Plan) -> Int {
    let mayPipeline = settings.session.prepares && !lanes[0].isPooled && !lanes[1].isPooled
    return plan.statement?.lane == .point && mayPipeline && !lanes[0].isDown ? 0 : 1
  }

  // MARK: figures

  /// Puts this reactor's figures on the board.
  func publish() {
    board.publish(
      Figures(
        tally: observer.tally, connections: exchangeCount,
        waiting: exchanges.count { $0.state == .waiting },
        lanes: zip(lanes, batches).map { LaneFigures($0, batches: $1) }), of: number)
  }

  /// The process's figures, as Prometheus reads them.
  private func metrics() -> [UInt8] {
    publish()
    guard let total = board.total else { return [] }
    var text = MetricsText()
    text.write(total, application, reactors: board.reactors, isDatabaseLost: board.isDatabaseLost)
    text.write(ProcessFigures.now)
    return Array(text.text.utf8)
  }

  // MARK: time

  /// Whether something is owed that time alone can end.
  var needsTicks: Bool {
    lanes.contains { $0.needsTicks } || memory.isSwollen
      || exchanges.contains { $0.deadline != Exchange.never }
  }

  /// Gives up what is overdue.
  func tick() {
    memory.trim()
    for lane in lanes { lane.tick(now: now) }
    for exchange in exchanges where now >= exchange.deadline {
      if exchange.state == .waiting {
        lanes[exchange.lane].abandon(exchange.index, isHung: true, now: now)
        fail(exchange, .timeout, cause: "deadline")
      } else {
        close(exchange)
      }
    }
  }

  /// From now on connections end with their answer; those between two requests end at once. One
  /// that has not carried a request yet is waited for: a write may be on its way.
  func drain() {
    isDraining = true
    for exchange in exchanges where exchange.state == .idle && exchange.isUsed {
      arrive(exchange)
      if exchange.state == .idle { remove(exchange) }
    }
  }

  /// Ends everything at once.
  func abort() {
    for lane in lanes { lane.close() }
    for exchange in exchanges { remove(exchange) }
  }
}
