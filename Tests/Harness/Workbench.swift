import Foundation

/// What `scripts/test` has set up for this run: a directory, a release binary, a cluster.
struct Workbench: Sendable {
  /// A fresh directory that every user may read; it goes when the run is over.
  let directory: String
  /// The release `erp-back`.
  let binary: String
  /// The private cluster's own database, as a superuser over its unix socket.
  let databaseURL: String
  /// The folder of `cluster` and `site`.
  let scripts: String

  /// Nil outside `scripts/test`: then the whole suite is skipped, with ``missing`` as the reason.
  static let current = Workbench(ProcessInfo.processInfo.environment)

  static let missing: String =
    "ERP_TEST_DIR, ERP_TEST_BINARY, ERP_TEST_DATABASE_URL or ERP_TEST_SCRIPTS is unset: run make test"

  private init?(_ environment: [String: String]) {
    guard let directory = environment["ERP_TEST_DIR"],
      let binary = environment["ERP_TEST_BINARY"],
      let databaseURL = environment["ERP_TEST_DATABASE_URL"],
      let scripts = environment["ERP_TEST_SCRIPTS"]
    else { return nil }
    self.directory = directory
    self.binary = binary
    self.databaseURL = databaseURL
    self.scripts = scripts
  }

  /// Whether the responder is built with a sanitizer, and slow.
  static let isSanitized = ProcessInfo.processInfo.environment["ERP_SANITIZER"] != nil

  static func require() throws -> Workbench {
    guard let current else { throw Failure(missing) }
    return current
  }

  /// A folder of `../shared/data` beside the package.
  static func shared(_ path: String) -> String {
    var root = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { root.deleteLastPathComponent() }
    return root.deletingLastPathComponent().appendingPathComponent("shared/data/\(path)").path
  }

  static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: path)
  }
}

/// A harness that could not do its part; its text is all there is to it.
struct Failure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
