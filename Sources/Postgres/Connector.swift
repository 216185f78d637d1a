internal import CPostgres
internal import Glibc

/// One attempt to connect in a thread of its own, for a server that is named and not addressed:
/// libpq asks the name service inside PQconnectPoll, and waits for its answer
/// (https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-PQCONNECTSTARTPARAMS).
///
/// The thread and the pool both hold it; who lets go last ends what nobody took.
@safe final class Connector: @unchecked Sendable {
  private let string: ConnectionString
  /// Whole seconds, as libpq counts them.
  private let limit: Int
  /// That override the string's.
  private let options: [String: String]
  /// Written by the thread before it writes to the pipe, read after that.
  private var handle: OpaquePointer?
  private var ends: [Int32] = [-1, -1]

  /// Starts at once; nil without a descriptor or a thread to spare.
  init?(_ string: ConnectionString, limit: Int, options: [String: String] = [:]) {
    self.string = string
    self.limit = limit
    self.options = options.merging(["connect_timeout": "\(limit)"]) { $1 }
    guard unsafe pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
    guard Detached.run({ [self] in connect() }) else { return nil }
  }

  deinit {
    unsafe PQfinish(handle)
    for end in ends where end >= 0 { close(end) }
  }

  /// Readable when the attempt is over.
  var descriptor: Int32 { ends[0] }

  /// Whether the attempt is over: true once. Never waits.
  func isOver() -> Bool {
    // What the thread wrote before the byte is seen after it.
    var done: UInt8 = 0
    return unsafe read(ends[0], &done, 1) == 1
  }

  /// The outcome, once `isOver` has said so; nil when memory ran out.
  func take() -> OpaquePointer? {
    defer { unsafe handle = nil }
    return unsafe handle
  }

  private func connect() {
    unsafe handle = unsafe string.withParameters(options) {
      unsafe PQconnectdbParams($0, $1, 1)
    }
    var done: UInt8 = 1
    _ = unsafe write(ends[1], &done, 1)
  }
}

/// A thread that runs one closure, for the calls that libpq has in a blocking form only.
enum Detached {
  private final class Job {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Returns at once; false without a thread to spare.
  static func run(_ body: @escaping @Sendable () -> Void) -> Bool {
    let job = unsafe Unmanaged.passRetained(Job(body))
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    defer { unsafe pthread_attr_destroy(&attributes) }
    var thread = pthread_t()
    let code = unsafe pthread_create(
      &thread, &attributes,
      { argument in
        guard let argument = unsafe argument else { return nil }
        // Balances passRetained.
        unsafe Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, job.toOpaque())
    if code != 0 { unsafe job.release() }
    return code == 0
  }
}
