internal import CPostgres
internal import Glibc

/// A PGcancel, which may be used from any thread.
@safe struct Cancellation: ~Copyable, @unchecked Sendable {
  private let handle: OpaquePointer
  init(_ handle: OpaquePointer) { unsafe self.handle = unsafe handle }
  deinit { unsafe PQfreeCancel(handle) }

  /// Asks the server; blocks until it has taken note.
  func run() {
    var reason = [CChar](repeating: 0, count: 256)
    _ = unsafe PQcancel(handle, &reason, Int32(reason.count))
  }
}

/// Cancels statements off the loop, because libpq 15 has no non-blocking PQcancel
/// (PQcancelStart came with 17). Rare: a client that left, a deadline that passed.
enum Canceller {
  private final class Box {
    let cancellation: Cancellation
    init(_ cancellation: consuming Cancellation) { self.cancellation = cancellation }
  }

  /// Returns at once; without a thread to spare the statement ends by its own timeout.
  static func cancel(_ cancellation: consuming Cancellation) {
    let box = unsafe Unmanaged.passRetained(Box(cancellation))
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    defer { unsafe pthread_attr_destroy(&attributes) }
    var thread = pthread_t()
    let started = unsafe pthread_create(
      &thread, &attributes,
      { argument in
        guard let argument = unsafe argument else { return nil }
        // Balances passRetained.
        unsafe Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().cancellation.run()
        return nil
      }, box.toOpaque())
    if started != 0 { unsafe box.release() }
  }
}
