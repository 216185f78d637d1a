/// What systemd is told, by its notification protocol (sd_notify(3)). Without systemd: nothing.
public struct ServiceManager: Sendable {
  private let path: String?
  /// Milliseconds between two signs of life: half of what systemd allows; nil: none are wanted.
  public let watchdogInterval: Int?

  /// - Parameter environment: NOTIFY_SOCKET and WATCHDOG_USEC are read.
  public init(_ environment: [String: String]) {
    path = environment["NOTIFY_SOCKET"]
    watchdogInterval = environment["WATCHDOG_USEC"].flatMap { Int($0) }.map { max($0 / 2000, 1) }
  }

  /// Sends such as `READY=1`.
  public func notify(_ state: String) {
    if let path { SystemCalls.sendDatagram(state, to: path) }
  }

  /// The credential that LoadCredential= passes (systemd.exec(5)); nil when there is none.
  public static func credential(_ name: String, _ environment: [String: String]) -> String? {
    environment["CREDENTIALS_DIRECTORY"].flatMap { SystemCalls.contents(of: "\($0)/\(name)") }
      .map { String(decoding: $0, as: UTF8.self) }
  }
}
