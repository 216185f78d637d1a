/// A file that holds the database's password, or may.
public struct SecretFile: Sendable {
  /// Where it is.
  public let path: String
  /// What a link leads to, too.
  public let status: FileStatus

  /// As stat(2) tells it.
  public init(path: String, status: FileStatus) {
    self.path = path
    self.status = status
  }

  /// systemd reads both files as root: nobody else needs to.
  public var findings: [Finding] {
    let isOpen = status.mode & 0o077 != 0
    guard isOpen || status.owner.id != 0 else { return [] }
    let remedies = [
      status.owner.id != 0 ? "chown root:root \(path)" : nil, isOpen ? "chmod 600 \(path)" : nil,
    ]
    return [
      .warning(
        "\(path) is \(status.summary): others than root may read or change the database's password",
        remedy: remedies.compactMap { $0 }.joined(separator: " && "))
    ]
  }
}
