// No data race, and reported as one (Swift 6.3.1, Debian 12), see thread.txt:
// swiftc -use-ld=lld -sanitize=thread -g Tests/Sanitizers/mutex.swift -o /tmp/mutex && /tmp/mutex
import Glibc
import Synchronization

final class Box: Sendable { let value = Mutex(0) }

let box = Box()

func work() {
  for _ in 0..<100_000 { box.value.withLock { $0 += 1 } }
}

var thread = pthread_t()
pthread_create(
  &thread, nil,
  { _ in
    work()
    return nil
  }, nil)
work()
pthread_join(thread, nil)
print(box.value.withLock { $0 })
