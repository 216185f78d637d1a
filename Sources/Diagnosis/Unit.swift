/// A unit as `systemctl show` tells it: lines of `Name=value`.
public struct Unit: Sendable {
  private let properties: [String: String]

  /// What is asked of systemd.
  public static let properties = [
    "Id", "LoadState", "ActiveState", "SubState", "Result", "ExecMainCode", "ExecMainStatus",
    "MainPID", "NRestarts", "NeedDaemonReload", "UnitFileState", "TimeoutStopUSec", "Listen",
    "PrivateNetwork", "RestrictAddressFamilies", "IPAddressAllow", "IPAddressDeny",
    "ExecMainStartTimestampMonotonic",
  ]

  /// - Parameter text: one unit's lines.
  public init(_ text: Substring) {
    properties = Dictionary(
      text.split(separator: "\n").compactMap { line in
        guard let equals = line.firstIndex(of: "=") else { return nil }
        return (String(line[..<equals]), String(line[line.index(after: equals)...]))
      }, uniquingKeysWith: { first, _ in first })
  }

  /// Blank lines part the units.
  public static func all(_ text: String) -> [String: Unit] {
    var units: [String: Unit] = [:]
    var rest = text[...]
    while !rest.isEmpty {
      let lines = rest.split(separator: "\n", omittingEmptySubsequences: false)
      let own = lines.prefix { !$0.isEmpty }
      let unit = Unit(own.joined(separator: "\n")[...])
      if !unit["Id"].isEmpty { units[unit["Id"]] = unit }
      rest = lines.dropFirst(own.count + 1).joined(separator: "\n")[...]
    }
    return units
  }

  /// One property; empty when systemd did not say.
  public subscript(_ name: String) -> String { properties[name] ?? "" }

  /// Whether a file of that name was found.
  public var isInstalled: Bool { self["LoadState"] == "loaded" || self["LoadState"] == "masked" }
  /// Of the main process; nil: none runs.
  public var process: Int32? { Int32(self["MainPID"]).flatMap { $0 > 0 ? $0 : nil } }
  /// TimeoutStopSec in milliseconds; nil: no limit.
  public var stopLimit: Int? {
    TimeSpan.milliseconds(self["TimeoutStopUSec"], bare: 0, units: TimeSpan.systemd)
  }
  /// Microseconds on the monotonic clock.
  public var started: Int? {
    Int(self["ExecMainStartTimestampMonotonic"]).flatMap { $0 > 0 ? $0 : nil }
  }
  /// The path of ListenStream=.
  public var listens: String? {
    let text = self["Listen"]
    return text.hasSuffix(" (Stream)") ? String(text.dropLast(" (Stream)".count)) : nil
  }

  /// How the socket unit stands.
  public var socketFindings: [Finding] {
    var findings: [Finding] = []
    switch self["ActiveState"] {
    case "active": findings.append(.ok("erp-back.socket is active (\(self["SubState"]))"))
    case "failed":
      findings.append(
        .failure(
          "erp-back.socket has failed (\(self["Result"]))",
          remedy: "systemctl status erp-back.socket\nthen systemctl restart erp-back.socket"))
    default:
      findings.append(
        .failure(
          "erp-back.socket is \(self["ActiveState"]): nginx finds nobody",
          remedy: "systemctl enable --now erp-back.socket erp-back.service"))
    }
    if self["UnitFileState"] == "disabled" {
      findings.append(
        .warning(
          "erp-back.socket is disabled: it does not come back after a boot",
          remedy: "systemctl enable erp-back.socket"))
    }
    return findings + reloadFindings
  }

  /// How the service stands.
  ///
  /// - Parameter isListening: whether a request would start it.
  public func serviceFindings(isListening: Bool) -> [Finding] {
    var findings: [Finding] = []
    let why = "\(self["Result"]), \(ended)"
    switch (self["ActiveState"], self["SubState"]) {
    case ("active", _):
      let restarts =
        self["NRestarts"] == "0" ? "" : ", restarted by systemd \(self["NRestarts"]) times"
      findings.append(.ok("erp-back.service is active (process \(self["MainPID"])\(restarts))"))
    case ("activating", let detail)
    where detail == "auto-restart" || (Int(self["NRestarts"]) ?? 0) > 0:
      findings.append(
        .failure(
          "erp-back.service ends as soon as it is started, \(self["NRestarts"]) times by now\(detail == "auto-restart" ? " (\(why))" : "")",
          remedy: "journalctl -u erp-back -n 20 names the reason\(statusHint)"))
    case ("failed", _):
      findings.append(
        .failure(
          "erp-back.service has failed (\(why))",
          remedy:
            "journalctl -u erp-back -n 20 names the reason\(statusHint)\nthen systemctl restart erp-back"
        ))
    case ("inactive", _) where isListening:
      findings.append(
        .warning(
          "erp-back.service is stopped: the next request starts it",
          remedy: "systemctl start erp-back"))
    case ("inactive", _):
      findings.append(
        .failure("erp-back.service is stopped", remedy: "systemctl start erp-back.socket erp-back"))
    case (let state, let detail):
      findings.append(
        .warning(
          "erp-back.service is \(state) (\(detail))", remedy: "wait, then run this again"))
    }
    return findings + reloadFindings
  }

  private var reloadFindings: [Finding] {
    guard self["NeedDaemonReload"] == "yes" else { return [] }
    return [
      .warning(
        "the files of \(self["Id"]) have changed since systemd read them",
        remedy: "systemctl daemon-reload && systemctl restart erp-back")
    ]
  }

  /// ExecMainCode is a CLD_ number (waitid(2)).
  private var ended: String {
    switch self["ExecMainCode"] {
    case "2", "3": "last ended by signal \(self["ExecMainStatus"])"
    default: "last exit status \(self["ExecMainStatus"])"
    }
  }

  /// What our own exit statuses say; 203 and above are systemd's (systemd.exec(5)).
  private var statusHint: String {
    switch self["ExecMainStatus"] {
    case "78": " (78: a setting is wrong, see configuration above)"
    case "69": " (69: the socket could not be had)"
    case "203": " (203: /usr/bin/erp-back could not be executed)"
    case "217": " (217: the user could not be had)"
    case "226": " (226: the sandbox could not be set up)"
    case "243": " (243: the credential could not be read: /etc/erp-back/database_url)"
    default: ""
    }
  }
}

/// What a running process was started from, compared with what is there now.
public struct Freshness: Sendable {
  /// Whether the program file was replaced; nil: not known.
  public var isReplaced: Bool?
  /// Configuration files changed after the start.
  public var changed: [String] = []

  /// Nothing known.
  public init() {}

  /// Whether a restart is pending.
  public var findings: [Finding] {
    var findings: [Finding] = []
    if isReplaced == true {
      findings.append(
        .warning(
          "the running service is older than the program on disk",
          remedy: "systemctl restart erp-back: no request is lost"))
    }
    if !changed.isEmpty {
      findings.append(
        .warning(
          "\(changed.joined(separator: ", ")) changed after the service was started, which does not know",
          remedy: "systemctl restart erp-back: no request is lost"))
    }
    if isReplaced == nil {
      findings.append(
        .skipped("whether the running service is the program on disk", remedy: "run as root"))
    }
    return findings
  }
}
