import Foundation
import Synchronization

/// `erp-back serve` on a unix socket.
final class Responder: Sendable {
  let socketPath: String
  let logPath: String
  /// Where it works: a core file would be written there.
  let directory: String
  private let environment: [String: String]
  private let child: Mutex<Child?> = Mutex(nil)

  /// How many event loops it has, unless a test asks for another number: two under ThreadSanitizer.
  static let reactors = ProcessInfo.processInfo.environment["ERP_TEST_REACTORS"] ?? "1"

  init(directory: String, databaseURL: String, environment: [String: String]) {
    self.directory = directory
    socketPath = directory + "/fcgi.sock"
    logPath = directory + "/erp-back.log"
    var base = ["DATABASE_URL": databaseURL, "ERP_SOCKET": socketPath]
    base["ERP_REACTORS"] = Self.reactors
    if getuid() == 0 { base["ERP_SOCKET_GROUP"] = "www-data" }  // nginx's workers
    self.environment = base.merging(environment) { $1 }
  }

  /// The process now serving; nil before ``start()``.
  var process: Child? { child.withLock { $0 } }

  /// Starts the process and waits for its socket.
  func start() throws {
    // env(1) becomes the responder: posix_spawn's own way to another directory is not in Swift's Glibc.
    let started = try Child(
      "/usr/bin/env", ["--chdir", directory, Workbench.require().binary, "serve"],
      environment: environment, output: logPath + ".out", errors: logPath)
    child.withLock { $0 = started }
    do {
      try eventually("the responder listens") {
        if !started.isRunning { throw Failure("the responder ended: \(log())") }
        return isListening
      }
    } catch {
      started.end()
      throw error
    }
  }

  func end() { process?.end() }

  func log() -> String { (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? "" }

  private var isListening: Bool {
    do {
      _ = try Socket(path: socketPath)
      return true
    } catch {
      return false
    }
  }

  /// Sends `bytes` over a connection of their own, and says that no more come.
  func send(_ bytes: [UInt8]) throws -> Socket {
    let socket = try Socket(path: socketPath)
    socket.send(bytes)
    socket.finishSending()
    return socket
  }

  /// One request as FastCGI records straight to the socket, past nginx.
  func request(_ method: String, _ target: String, body: [UInt8] = []) throws -> FastCGIAnswer {
    let socket = try Socket(path: socketPath)
    socket.send(FastCGIRecord.request(FastCGIRecord.parameters(method, target, body), body: body))
    return try FastCGIAnswer(socket.receiveAll())
  }
}
