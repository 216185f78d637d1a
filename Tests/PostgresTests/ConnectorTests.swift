import Glibc
import Testing

@testable import Postgres

/// An attempt to connect in a thread of its own.
@Suite struct ConnectorTests {
  /// A pool may look at one that is under way: its slot had another before, whose pipe was readable.
  @Test func `asking one that is under way does not wait`() throws {
    // A server that listens and never answers.
    var template = Array("/tmp/erp-back-connector-XXXXXX".utf8CString)
    let directory = String(cString: try #require(mkdtemp(&template)))
    let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { path in
      path.copyBytes(from: Array("\(directory)/.s.PGSQL.5432".utf8))
    }
    let isBound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
    defer {
      close(listener)
      unlink("\(directory)/.s.PGSQL.5432")
      rmdir(directory)
    }
    try #require(isBound && listen(listener, 1) == 0)
    let connector = try #require(
      Connector(try ConnectionString("host=\(directory) dbname=erp user=erp"), limit: 2))
    #expect(!connector.isOver())
    var poll = pollfd(fd: connector.descriptor, events: Int16(POLLIN), revents: 0)
    #expect(Glibc.poll(&poll, 1, 10_000) == 1)
    #expect(connector.isOver() && !connector.isOver())
    #expect(connector.take() != nil)
  }
}
