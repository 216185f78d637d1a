internal import CPostgres

/// A PGcancel, which may be used from any thread. libpq 15 has no non-blocking PQcancel
/// (PQcancelStart came with 17), so it runs off the loop. Rare: a client that left, a deadline
/// that passed.
@safe final class Cancellation: @unchecked Sendable {
  private let handle: OpaquePointer

  /// Takes over the handle.
  init(_ handle: OpaquePointer) { unsafe self.handle = unsafe handle }

  deinit { unsafe PQfreeCancel(handle) }

  /// Asks the server to end the statement, and returns at once. Without a thread to spare the
  /// statement ends by its own timeout.
  func run() {
    _ = Detached.run { [self] in
      var reason = [CChar](repeating: 0, count: 256)
      _ = unsafe PQcancel(handle, &reason, Int32(reason.count))
    }
  }
}
