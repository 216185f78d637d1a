/// A file as stat(2) tells it.
public struct FileStatus: Sendable, Equatable {
  /// What sort of file it is.
  public enum Kind: Sendable { case socket, directory, file, other }
  /// What sort of file it is.
  public let kind: Kind
  /// Permissions: the last twelve bits.
  public let mode: UInt32
  /// Who it belongs to, by number and by name.
  public let owner: (id: UInt32, name: String)
  /// Likewise its group.
  public let group: (id: UInt32, name: String)
  /// Nanoseconds since 1970.
  public let modified: Int

  /// As lstat(2) or stat(2) tell it.
  public init(
    kind: Kind, mode: UInt32, owner: (id: UInt32, name: String), group: (id: UInt32, name: String),
    modified: Int
  ) {
    self.kind = kind
    self.mode = mode
    self.owner = owner
    self.group = group
    self.modified = modified
  }

  /// The same file, or one that looks the same.
  public static func == (one: FileStatus, other: FileStatus) -> Bool {
    one.kind == other.kind && one.mode == other.mode && one.owner == other.owner
      && one.group == other.group && one.modified == other.modified
  }

  /// Such as `0660 root:www-data`.
  var summary: String {
    let digits = String(mode, radix: 8)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
      + " \(owner.name):\(group.name)"
  }

  /// Whether a user may; `bit` is 4 to read, 2 to write, 1 to pass.
  func allows(_ bit: UInt32, _ user: UserIdentity) -> Bool {
    if user.id == 0 { return true }
    if user.id == owner.id { return mode & (bit << 6) != 0 }
    if user.groups.contains(group.id) { return mode & (bit << 3) != 0 }
    return mode & bit != 0
  }
}

/// Who a process runs as.
public struct UserIdentity: Sendable {
  /// For people.
  public let name: String
  /// uid
  public let id: UInt32
  /// All gids.
  public let groups: [UInt32]

  /// As the user database has it.
  public init(name: String, id: UInt32, groups: [UInt32]) {
    self.name = name
    self.id = id
    self.groups = groups
  }
}

/// The responder's socket, as the web server meets it.
public struct SocketFile: Sendable {
  /// Whether a process listens there.
  public enum Listening: Sendable, Equatable {
    case yes, no
    /// It could not be found out: the reason.
    case unknown(String)
  }

  /// Where it must be.
  public let path: String
  /// nil: there is nothing.
  public let status: FileStatus?
  /// The directories above it, from the root down.
  public let directories: [(path: String, status: FileStatus)]
  /// The web server's workers; nil: no such user here.
  public let webServer: UserIdentity?
  /// Whether a process listens there.
  public let listening: Listening
  /// How it is brought back.
  public let start: String

  /// - Parameter isUnit: whether systemd keeps it.
  public init(
    path: String, status: FileStatus?, directories: [(path: String, status: FileStatus)],
    webServer: UserIdentity?, listening: Listening, isUnit: Bool
  ) {
    self.path = path
    self.status = status
    self.directories = directories
    self.webServer = webServer
    self.listening = listening
    start = isUnit ? "systemctl restart erp-back.socket erp-back" : "start erp-back serve"
  }

  /// Everything between the web server and a listening socket.
  public var findings: [Finding] {
    guard let status else {
      return [.failure("\(path): there is no such file", remedy: start)]
    }
    guard status.kind == .socket else {
      return [
        .failure(
          "\(path) is there and is not a socket (\(status.summary))",
          remedy: "move it away, then \(start)")
      ]
    }
    var findings: [Finding] = []
    if let webServer {
      for directory in directories where !directory.status.allows(1, webServer) {
        findings.append(
          .failure(
            "\(directory.path) (\(directory.status.summary)) is closed to \(webServer.name), which nginx runs as",
            remedy: "chmod o+x \(directory.path)"))
      }
      if !status.allows(2, webServer) {
        findings.append(
          .failure(
            "\(path) is \(status.summary): \(webServer.name), which nginx runs as, may not write to it",
            remedy:
              "SocketGroup=\(webServer.name) and SocketMode=0660 in erp-back.socket, or ERP_SOCKET_GROUP and ERP_SOCKET_MODE\nthen \(start)"
          ))
      }
    } else {
      findings.append(
        .skipped("whether the web server may write to \(path): there is no user www-data"))
    }
    if status.mode & 2 != 0 {
      findings.append(
        .warning(
          "\(path) is \(status.summary): every user of this machine may pose as the web server",
          remedy: "SocketMode=0660 in erp-back.socket, or ERP_SOCKET_MODE=0660\nthen \(start)"))
    }
    if findings.isEmpty {
      findings.append(.ok("\(path) is \(status.summary), and nginx's workers may write to it"))
    }
    switch listening {
    case .yes: findings.append(.ok("a process listens on it"))
    case .no: findings.append(.failure("\(path): nobody listens on it", remedy: start))
    case .unknown(let reason):
      findings.append(
        .skipped("whether anybody listens on \(path): \(reason)", remedy: "run as root"))
    }
    return findings
  }

  /// Whether /proc/net/unix lists a listening socket at `path`: flag 0x10000, __SO_ACCEPTCON.
  /// Found out so, because a connection would start the service.
  public static func isListed(_ path: String, in table: String) -> Bool {
    table.split(separator: "\n").dropFirst().contains { line in
      let fields = line.split(separator: " ", maxSplits: 7)
      guard fields.count == 8, fields[7] == path, let flags = UInt32(fields[3], radix: 16)
      else { return false }
      return flags & 0x10000 != 0
    }
  }
}
