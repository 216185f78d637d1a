extension Pool {
  /// What a lane has counted since it started.
  public struct Counts: Sendable {
    /// Connections made.
    public var connects: UInt64 = 0
    /// Of them, in place of one that was lost.
    public var reconnects: UInt64 = 0
    /// Attempts that failed.
    public var connectFailures: UInt64 = 0
    /// Connections that died or were given up.
    public var losses: UInt64 = 0
    /// Statements sent again: after a lost connection, a serialization failure, a stale plan.
    public var retries: UInt64 = 0

    /// Adds another lane's.
    public static func += (one: inout Counts, other: Counts) {
      one.connects += other.connects
      one.reconnects += other.reconnects
      one.connectFailures += other.connectFailures
      one.losses += other.losses
      one.retries += other.retries
    }
  }
}

extension PoolState {
  /// A pool at one moment, and what its state machine has counted.
  public struct Figures: Sendable, Equatable {
    /// Connections that may be open.
    public var size = 0
    /// Open connections with a statement in flight, and those without.
    public var busy = 0
    /// See `busy`.
    public var idle = 0
    /// Connections on their way.
    public var connecting = 0
    /// Statements in flight.
    public var inFlight = 0
    /// Requests that wait for a connection.
    public var waiting = 0
    /// Requests that gave up waiting.
    public var timeouts: UInt64 = 0
    /// Requests that were refused at once: the database is away, or the queue is full.
    public var refusals: UInt64 = 0

    /// Adds another lane's.
    public static func += (one: inout Figures, other: Figures) {
      one.size += other.size
      one.busy += other.busy
      one.idle += other.idle
      one.connecting += other.connecting
      one.inFlight += other.inFlight
      one.waiting += other.waiting
      one.timeouts += other.timeouts
      one.refusals += other.refusals
    }
  }

  /// How it stands.
  public var figures: Figures {
    var figures = Figures()
    figures.size = limits.size
    figures.waiting = waitingCount
    figures.timeouts = timeouts
    figures.refusals = refusals
    for slot in slots {
      switch slot {
      case .empty: break
      case .connecting: figures.connecting += 1
      case .open(let inFlight, _, _), .draining(let inFlight):
        figures.inFlight += inFlight
        if inFlight > 0 { figures.busy += 1 } else { figures.idle += 1 }
      }
    }
    return figures
  }
}
