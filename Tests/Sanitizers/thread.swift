import Glibc

/// A counter that two threads raise without asking each other, for scripts/sanitize to find.
@main enum Planted {
  nonisolated(unsafe) static var count = 0

  static func main() {
    var threads = [pthread_t](repeating: 0, count: 2)
    for index in threads.indices {
      pthread_create(
        &threads[index], nil,
        { _ in
          for _ in 0..<1000 { Planted.count += 1 }
          return nil
        }, nil)
    }
    for thread in threads { pthread_join(thread, nil) }
    print(count)
  }
}
