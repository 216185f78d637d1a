import Foundation
import Synchronization
import Testing

@testable import FastCGI

@Suite struct ListenerTests {
  private let path = Bench.freshPath()

  private func mode() throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return try #require(attributes[.posixPermissions] as? Int)
  }

  private func failure(_ path: String, group: String? = nil) -> String {
    do throws(Listener.Failure) {
      _ = try Listener.bind(path, mode: 0o600, group: group)
      return ""
    } catch {
      return error.description
    }
  }

  @Test(arguments: [UInt32(0o600), 0o660, 0o666])
  func `a socket is bound with its mode`(_ wanted: UInt32) throws {
    let path = Bench.freshPath()
    let listener = try Listener.bind(path, mode: wanted, group: nil)
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == Int(wanted))
    #expect(attributes[.type] as? FileAttributeType == .typeSocket)
    #expect(listener.isOwned)
    #expect(Peer(path) != nil)
    listener.unlinkPath()
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  /// umask(2) is one for all threads, and a program that one of them starts keeps it.
  @Test func `binding leaves other threads' files their mode`() throws {
    let seen = Mutex<Set<mode_t>>([])
    DispatchQueue.concurrentPerform(iterations: 4) { thread in
      let place = "\(path).\(thread)"
      for _ in 0..<500 {
        let file = open(place, O_CREAT | O_RDWR | O_CLOEXEC, 0o644)
        let mode = mode(of: place)
        seen.withLock { _ = $0.insert(mode) }
        close(file)
        unlink(place)
        (try? Listener.bind(place, mode: 0o666, group: nil))?.unlinkPath()
      }
    }
    #expect(seen.withLock { $0 } == [0o644])
  }

  @Test func `nobody connects before the socket has its mode`() throws {
    let seen = Mutex<Set<mode_t>>([])
    let isOver = Mutex(false)
    Thread.detachNewThread {
      var looks = 0
      while !isOver.withLock({ $0 }), looks < 50_000 || !seen.withLock({ $0.contains(0o666) }) {
        let mode = mode(of: path)
        seen.withLock { _ = $0.insert(mode) }
        looks += 1
      }
      isOver.withLock { $0 = true }
    }
    defer { isOver.withLock { $0 = true } }
    while !isOver.withLock({ $0 }) {
      try Listener.bind(path, mode: 0o666, group: nil).unlinkPath()
    }
    #expect(seen.withLock { $0 }.isSubset(of: [0, 0o600, 0o666]))
  }

  /// The mode of the file; 0 where there is none.
  private func mode(of path: String) -> mode_t {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
  }

  @Test func `nobody waits, nobody is accepted`() throws {
    let listener = try Listener.bind(path, mode: 0o600, group: nil)
    defer { listener.unlinkPath() }
    #expect(try listener.accept() == nil)
    let peers = [Peer(path), Peer(path)]
    #expect(try listener.accept() != nil)
    #expect(try listener.accept() != nil)
    #expect(try listener.accept() == nil)
    #expect(peers.count == 2)
  }

  @Test func `a path that is in use is refused and goes on working`() throws {
    let listener = try Listener.bind(path, mode: 0o600, group: nil)
    defer { listener.unlinkPath() }
    let reason = failure(path)
    #expect(reason.contains(path))
    #expect(reason.contains("in use"))
    #expect(Peer(path) != nil)
  }

  @Test func `what a process left behind is taken over`() throws {
    do {
      // Its end closes the socket and leaves the file.
      let gone = try Listener.bind(path, mode: 0o600, group: nil)
      #expect(gone.isOwned)
      // A program that another test starts holds a copy until its exec.
      shutdown(gone.descriptor, Int32(SHUT_RDWR))
    }
    try #require(FileManager.default.fileExists(atPath: path))
    #expect(Peer(path) == nil)
    let listener = try Listener.bind(path, mode: 0o660, group: nil)
    defer { listener.unlinkPath() }
    #expect(Peer(path) != nil)
    #expect(try mode() == 0o660)
  }

  @Test func `what another process has bound in its place stays`() throws {
    let first = try Listener.bind(path, mode: 0o600, group: nil)
    unlink(path)
    first.unlinkPath()
    let second = try Listener.bind(path, mode: 0o600, group: nil)
    first.unlinkPath()
    #expect(Peer(path) != nil)
    second.unlinkPath()
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func `a socket that cannot be given to its group leaves no file`() throws {
    #expect(failure(path, group: "no-such-group").contains("there is no group"))
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func `another kind of socket is refused and kept`() throws {
    let datagrams = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(datagrams) }
    let bound = withUnixAddress(path) { bind(datagrams, $0, $1) }
    try #require(bound == 0)
    defer { unlink(path) }
    #expect(failure(path).contains("another kind of socket"))
    #expect(FileManager.default.fileExists(atPath: path))
  }

  @Test func `a file in the place of its directory is named`() throws {
    try Data("precious".utf8).write(to: URL(fileURLWithPath: path))
    defer { unlink(path) }
    #expect(failure(path + "/socket").contains("create its directory"))
  }

  @Test func `a file that is no socket is refused and kept`() throws {
    try Data("precious".utf8).write(to: URL(fileURLWithPath: path))
    defer { unlink(path) }
    #expect(failure(path).contains("not a socket"))
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
  }

  @Test func `a directory is refused`() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    defer { rmdir(path) }
    #expect(failure(path).contains("not a socket"))
  }

  @Test func `a link is refused, whatever it leads to`() throws {
    let listener = try Listener.bind(path, mode: 0o600, group: nil)
    defer { listener.unlinkPath() }
    let link = Bench.freshPath()
    symlink(path, link)
    defer { unlink(link) }
    #expect(failure(link).contains("not a socket"))
    #expect(Peer(path) != nil)
  }

  @Test func `a path has 1 to 107 bytes`() throws {
    #expect(failure("").contains("107"))
    #expect(failure("/tmp/" + String(repeating: "x", count: 103)).contains("107"))
    #expect(failure("/tmp/" + String(repeating: "é", count: 52)).contains("107"))
    let longest = Bench.freshPath()
    let path = longest + String(repeating: "x", count: 107 - longest.utf8.count)
    let listener = try Listener.bind(path, mode: 0o600, group: nil)
    #expect(Peer(path) != nil)
    listener.unlinkPath()
  }

  @Test func `a failure names the path and the remedy`() {
    #expect(failure("\(path)/deeper").contains("ERP_SOCKET"))
    defer { unlink(path) }
    #expect(failure(path, group: "no-such-group-here").contains("no-such-group-here"))
  }
}
