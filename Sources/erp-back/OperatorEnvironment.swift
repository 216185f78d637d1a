internal import Diagnosis
internal import FastCGI
internal import Migrations
internal import Postgres
internal import Reactor

/// The configuration of the commands that an operator types, and as whom they connect.
struct OperatorEnvironment {
  let files: ServiceFiles
  /// Whose effective user id the connection is made with; nil: this process's own.
  let user: Host.User?

  /// Whom the units run as.
  static let userName = "erp-back"

  /// - Parameter needsSession: the server itself is connected to, although the service may go through a
  ///   pooler.
  static func current(needsSession: Bool = false) -> OperatorEnvironment {
    let files = ServiceFiles(CommonGateway.environment(), needsSession: needsSession) { path in
      switch Host.contents(of: path) {
      case .bytes(let bytes): .bytes(bytes)
      case .missing: .missing
      case .unreadable(let reason): .unreadable(reason)
      }
    }
    if !files.files.isEmpty {
      Host.replaceVariables(ServiceFiles.libpqPrefix, with: files.environment)
    }
    // With a configuration of its own the shell's user connects, as serve there would.
    let actsAsUnit = !files.files.isEmpty && Host.isRoot
    return OperatorEnvironment(files: files, user: actsAsUnit ? Host.user(userName) : nil)
  }

  /// Connects as the unit would.
  func connecting<Value, Failure: Error>(
    _ body: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    guard let user else { return try body() }
    return try Host.acting(as: user, body)
  }

  /// What a failed connection may be due to; nil: nothing of ours.
  var connectionHint: String? {
    guard !files.files.isEmpty, Host.isRoot, user == nil else { return nil }
    return "it was made as root: the user \(Self.userName) exists only while the service runs: "
      + "systemctl start erp-back, then try again"
  }

  /// A line for each file that could not be read; empty: all could.
  var unreadableLines: [String] {
    files.unusable.map {
      "\($0.path): \($0.reason): \(Host.isRoot ? "mend the file" : "run as root")"
    }
  }
}
