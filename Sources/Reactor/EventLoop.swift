internal import CLinux
internal import FastCGI
internal import Glibc

/// epoll, with a timer, signals and a doorbell as descriptors beside the sockets
/// (epoll(7), timerfd_create(2), signalfd(2), eventfd(2)).
@safe final class EventLoop {
  /// Whose descriptor is ready.
  enum Source: Equatable {
    case listener, timer, signals, doorbell
    /// An exchange, by index; the generation tells it from a later one at the same index.
    case exchange(Int, generation: UInt32)
    /// A connection of a lane to the database.
    case database(lane: Int, slot: Int)
  }

  struct Event {
    let source: Source
    let isWritable: Bool
    /// The peer has closed.
    let isHangup: Bool
    /// The peer has closed both ways: nobody reads an answer.
    let isGone: Bool
  }

  /// What to watch a descriptor for.
  struct Interest: OptionSet {
    let rawValue: UInt32
    static let readable = Interest(rawValue: EPOLLIN.rawValue)
    static let writable = Interest(rawValue: EPOLLOUT.rawValue)
    static let hangup = Interest(rawValue: EPOLLRDHUP.rawValue)
    /// Report changes, not states.
    static let edges = Interest(rawValue: EPOLLET.rawValue)
    /// Wake one of several threads that watch the same listener.
    static let exclusive = Interest(rawValue: EPOLLEXCLUSIVE.rawValue)
  }

  private let epoll: Int32
  private let timer: Int32
  private let doorbell: Int32
  private var signals: Int32 = -1
  private var ready: [epoll_event]

  init() throws(SystemError) {
    epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard epoll >= 0 else { throw SystemError("epoll_create1") }
    timer = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_NONBLOCK | TFD_CLOEXEC))
    doorbell = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    guard timer >= 0, doorbell >= 0 else { throw SystemError("timerfd_create") }
    unsafe ready = Array(repeating: epoll_event(), count: 256)
    try watch(timer, .readable, for: .timer)
    try watch(doorbell, .readable, for: .doorbell)
  }

  deinit {
    for descriptor in [epoll, timer, doorbell, signals] where descriptor >= 0 {
      close(descriptor)
    }
  }

  /// Nanoseconds of CLOCK_MONOTONIC.
  static var now: UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  // MARK: watching

  /// Watches a descriptor, or changes what it is watched for.
  func watch(_ descriptor: Int32, _ interest: Interest, for source: Source) throws(SystemError) {
    var event = unsafe epoll_event(
      events: interest.rawValue, data: epoll_data_t(u64: Self.encode(source)))
    if unsafe epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 { return }
    guard errno == EEXIST, unsafe epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event) == 0 else {
      throw SystemError("epoll_ctl")
    }
  }

  /// Closing a descriptor does the same.
  func unwatch(_ descriptor: Int32) {
    var event = unsafe epoll_event()
    _ = unsafe epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &event)
  }

  /// Waits until something is ready; says how much.
  func wait() -> Int {
    Int(max(unsafe epoll_wait(epoll, &ready, Int32(ready.count), -1), 0))
  }

  /// What is ready.
  ///
  /// - Parameter index: below what `wait` said last.
  func event(_ index: Int) -> Event {
    let events = unsafe ready[index].events
    let tag = unsafe ready[index].data.u64
    return Event(
      source: Self.decode(tag),
      isWritable: events & EPOLLOUT.rawValue != 0,
      isHangup: events & (EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0,
      isGone: events & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0)
  }

  // MARK: timer, signals, doorbell

  /// Makes `.timer` ready every `milliseconds` from now on.
  func tick(every milliseconds: Int) {
    let span = timespec(
      tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
    var setting = itimerspec(it_interval: span, it_value: span)
    _ = unsafe timerfd_settime(timer, 0, &setting, nil)
  }

  /// Takes the timer's readiness away.
  func drainTimer() { _ = readCounter(timer) }

  /// From another thread: makes `.doorbell` ready.
  func ring() {
    var one: UInt64 = 1
    _ = unsafe write(doorbell, &one, 8)
  }

  /// How often the doorbell rang since the last call.
  func drainDoorbell() -> Int { readCounter(doorbell) }

  /// Blocks signals in the calling thread and those it starts, and delivers them as `.signals`:
  /// a blocked signal reaches no handler.
  func takeSignals(_ numbers: [Int32]) throws(SystemError) {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for number in numbers { unsafe sigaddset(&set, number) }
    SystemCalls.block(numbers)
    signals = unsafe signalfd(-1, &set, Int32(SFD_NONBLOCK | SFD_CLOEXEC))
    guard signals >= 0 else { throw SystemError("signalfd") }
    try watch(signals, .readable, for: .signals)
  }

  /// The next signal that came; nil when there is none.
  func nextSignal() -> Int32? {
    var info = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    return unsafe read(signals, &info, size) == size ? Int32(info.ssi_signo) : nil
  }

  private func readCounter(_ descriptor: Int32) -> Int {
    var count: UInt64 = 0
    return unsafe read(descriptor, &count, 8) == 8 ? Int(count) : 0
  }

  // MARK: tags

  /// 8 bits of kind, 24 of generation or lane, 32 of index.
  private static func encode(_ source: Source) -> UInt64 {
    switch source {
    case .listener: 0
    case .timer: 1 << 56
    case .signals: 2 << 56
    case .doorbell: 3 << 56
    case .exchange(let index, let generation):
      4 << 56 | UInt64(generation & 0xff_ffff) << 32 | UInt64(index)
    case .database(let lane, let slot): 5 << 56 | UInt64(lane) << 32 | UInt64(slot)
    }
  }

  private static func decode(_ tag: UInt64) -> Source {
    let index = Int(tag & 0xffff_ffff)
    let middle = UInt32(tag >> 32 & 0xff_ffff)
    return switch tag >> 56 {
    case 0: .listener
    case 1: .timer
    case 2: .signals
    case 3: .doorbell
    case 4: .exchange(index, generation: middle)
    default: .database(lane: Int(middle), slot: index)
    }
  }
}
