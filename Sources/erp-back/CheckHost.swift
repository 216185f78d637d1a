internal import Diagnosis
internal import Reactor

/// systemd's view of the two units.
struct UnitCheck {
  private let units: [String: Unit]
  private let reason: Finding?
  private let files: [String]

  /// Milliseconds for systemctl.
  private static let limit = 5000

  /// - Parameter files: that the configuration was read from.
  init(_ files: [String]) {
    self.files = files
    guard Host.file("/run/systemd/system") != nil else {
      (units, reason) = ([:], .skipped("the units: systemd does not run here"))
      return
    }
    do throws(Subprocess.Failure) {
      let shown = try Subprocess(
        "/usr/bin/systemctl",
        ["--no-pager", "show", "erp-back.socket", "erp-back.service"]
          + Unit.properties.map { "--property=\($0)" }, limit: Self.limit)
      (units, reason) =
        shown.status == 0
        ? (Unit.all(shown.output), nil)
        : (
          [:],
          .skipped("the units: systemctl show: exit status \(shown.status): \(shown.errors)")
        )
    } catch {
      (units, reason) = (
        [:],
        .skipped(
          error == .tookTooLong
            ? "the units: systemctl did not answer within \(Self.limit) ms"
            : "the units: systemctl cannot be run")
      )
    }
  }

  private var socket: Unit? { units["erp-back.socket"].flatMap { $0.isInstalled ? $0 : nil } }
  var service: Unit? { units["erp-back.service"].flatMap { $0.isInstalled ? $0 : nil } }
  var socketPath: String? { socket?.listens }
  var sandbox: Sandbox? { service.map { Sandbox($0) } }

  var findings: [Finding] {
    if let reason { return [reason] }
    guard let socket, let service else {
      return [
        .warning(
          "erp-back.socket and erp-back.service are not installed: nothing starts the service after a boot",
          remedy:
            "install the package, or copy systemd/* to /etc/systemd/system/\nthen systemctl daemon-reload && systemctl enable --now erp-back.socket erp-back.service"
        )
      ]
    }
    return socket.socketFindings
      + service.serviceFindings(isListening: socket["ActiveState"] == "active")
      + (freshness(service)?.findings ?? [])
  }

  /// nil: no process runs.
  private func freshness(_ service: Unit) -> Freshness? {
    guard let process = service.process else { return nil }
    var freshness = Freshness()
    freshness.isReplaced = Host.link("/proc/\(process)/exe")?.hasSuffix(" (deleted)")
    if let started = service.started {
      let time = Host.time(ofMonotonic: started)
      freshness.changed = files.filter {
        (Host.file($0, following: true)?.modified ?? 0) > time
      }
    }
    return freshness
  }
}

/// The socket's file and the way to it.
enum SocketCheck {
  static func findings(_ path: String, webServer: String, isUnit: Bool) -> [Finding] {
    var directories: [(path: String, status: FileStatus)] = []
    var prefix = path
    while let slash = prefix.lastIndex(of: "/"), prefix.count > 1 {
      prefix = slash == prefix.startIndex ? "/" : String(prefix[..<slash])
      if let status = FileStatus.of(prefix, following: true) {
        directories.insert((prefix, status), at: 0)
      }
      if prefix == "/" { break }
    }
    return SocketFile(
      path: path, status: FileStatus.of(path), directories: directories,
      webServer: Host.user(webServer).map {
        UserIdentity(name: webServer, id: $0.id, groups: $0.groups)
      },
      listening: listening(path), isUnit: isUnit
    ).findings
  }

  /// The kernel's table first: to connect would start a service that waits behind its socket.
  private static func listening(_ path: String) -> SocketFile.Listening {
    if case .bytes(let table) = Host.contents(of: "/proc/net/unix"),
      SocketFile.isListed(path, in: String(decoding: table, as: UTF8.self))
    {
      return .yes
    }
    switch Host.connectionError(path) {
    case nil: return .yes
    case .some(let reason) where reason.isRefusal: return .no
    case .some(let reason): return .unknown(reason.text)
    }
  }
}

extension FileStatus {
  /// nil: there is nothing, or it is not to be seen.
  static func of(_ path: String, following: Bool = false) -> FileStatus? {
    guard let file = Host.file(path, following: following) else { return nil }
    return FileStatus(
      kind: file.isSocket
        ? .socket : file.isDirectory ? .directory : file.isRegular ? .file : .other,
      mode: file.mode, owner: (file.owner, Host.name(ofUser: file.owner)),
      group: (file.group, Host.name(ofGroup: file.group)), modified: file.modified)
  }
}

/// nginx's configuration, and an answer through it.
struct NginxCheck {
  /// nil: it could not be read.
  private(set) var configuration: NginxConfiguration?
  private let socket: String
  /// Whether it is another than nginx's own default.
  private let isNamed: Bool
  private var own: [Finding] = []

  /// Milliseconds; a name in the configuration may have to be looked up.
  private static let limit = 10_000
  private static let programs = ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx"]
  private static let path = "/health/ready"

  /// - Parameter configuration: the main file; nil: nginx's own default.
  init(configuration file: String?, socket: String) {
    self.socket = socket
    isNamed = file != nil
    guard let program = Self.programs.first(where: Host.isExecutable) else {
      own = [.failure("nginx is not installed", remedy: "apt-get install nginx")]
      return
    }
    guard Host.isRoot || file != nil else {
      own = [.skipped("nginx -t and nginx -T: they read what root may read", remedy: "run as root")]
      return
    }
    // nginx would say it too, as if its configuration were broken.
    if let file, let reason = Host.unreadable(file) {
      own = [
        .failure(
          "--nginx-conf \(file): \(reason)",
          remedy: "name nginx's main configuration, such as /etc/nginx/nginx.conf")
      ]
      return
    }
    do throws(Subprocess.Failure) {
      let dump = try Subprocess(
        // nginx would look for it from its own prefix.
        program, ["-T"] + (file.map { ["-c", Host.absolute($0)] } ?? []), limit: Self.limit)
      guard dump.status == 0 else {
        let reason = dump.errors.split(separator: "\n").first { Self.mark($0) != nil }
        own = [
          .failure(
            "nginx -t fails: \(reason.map(Self.message) ?? "exit status \(dump.status)")",
            remedy: "mend it: until then nginx neither starts nor reloads")
        ]
        return
      }
      let read = NginxConfiguration(dump.output, socket: socket)
      configuration = read
      own = [.ok("nginx -t passes")] + read.findings(socket: socket)
    } catch {
      switch error {
      case .tookTooLong:
        own = [.skipped("nginx -T did not end within \(Self.limit) ms")]
      case .notStarted(let reason): own = [.skipped("nginx -T: \(reason)")]
      }
    }
  }

  /// Where a line that says why nginx does not start says so.
  private static func mark(_ line: Substring) -> Range<Substring.Index>? {
    line.firstRange(of: "[emerg] ") ?? line.firstRange(of: "[crit] ")
  }

  /// Without the time and the process that a line of nginx's log begins with.
  private static func message(_ line: Substring) -> Substring {
    guard let mark = mark(line) else { return line }
    let rest = line[mark.upperBound...]
    guard let colon = rest.firstRange(of: ": "), rest[..<colon.lowerBound].contains("#") else {
      return rest
    }
    return rest[colon.upperBound...]
  }

  /// Whom the workers run as.
  var user: String { configuration?.user ?? "www-data" }

  var findings: [Finding] {
    if let configuration, configuration.passages.isEmpty { return own }
    // Another's configuration, of which nothing is known: not what ships.
    if isNamed && configuration == nil { return own }
    guard let probe = configuration.map({ $0.probe(Self.path) }) ?? .shipped(Self.path) else {
      return own + [
        .skipped(
          "GET \(Self.path) through nginx: every way to the socket speaks TLS, or listens elsewhere than on 127.0.0.1",
          remedy: "curl -i https://NAME/api\(Self.path) must answer 200")
      ]
    }
    let answer: WebAnswer =
      switch Host.get(probe.path, host: probe.host, port: probe.port, limit: Self.limit) {
      case .refused: .refused
      case .failed(let reason): .unreadable(reason)
      case .bytes(let bytes): WebAnswer(bytes)
      }
    return own + answer.findings(probe.address)
  }
}
