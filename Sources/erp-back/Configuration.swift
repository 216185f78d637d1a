internal import Logging
internal import Postgres
internal import Reactor

/// The configuration: the environment, typed and checked.
struct Configuration {
  let settings: Settings
  let socket: String
  let socketMode: UInt32
  let socketGroup: String?
  let reactors: Int
  let logLevel: Logger.Level
  let origins: [String]

  /// What is wrong with the environment, a line each: the variable, the reason, the remedy.
  struct Invalid: Error, CustomStringConvertible {
    let lines: [String]
    var description: String { lines.joined(separator: "\n") }
  }

  init(_ environment: [String: String]) throws(Invalid) {
    var reader = Reader(environment)
    let database = reader.database()
    let prepares = reader.choice(.prepare, ["on": true, "off": false]) ?? true
    let wait = reader.integer(.poolWait, 1...3_600_000)
    let refused = reader.lines.count
    let statement = reader.integer(.statementTimeout, 1...3_600_000)
    let deadline = reader.integer(.deadline, 1...3_600_000)
    if reader.lines.count == refused, deadline <= statement {
      reader.refuse(
        .deadline,
        "must be more than ERP_STATEMENT_TIMEOUT_MS (\(statement)), so that the server ends a statement first"
      )
    }
    let lock = reader.integer(.lockTimeout, 1...3_600_000)
    let poolSize = reader.integer(.poolSize, 1...1000)
    let point = reader.integer(.pointConnections, 1...64)
    let queue = reader.integer(.poolQueue, 1...100_000)
    let connect = reader.integer(.connectTimeout, 1...3_600_000)
    let idle = reader.integer(.idleTimeout, 1...86_400_000)
    let lifetime = reader.integer(.maxLifetime, 1000...86_400_000)
    let maxBody = reader.integer(.maxBody, 1...67_108_864)
    let drain = reader.integer(.drain, 0...3_600_000)
    let slow = reader.integer(.slow, 0...3_600_000)
    let access = reader.choice(.accessLog, ["on": true, "off": false]) ?? false
    socket = reader.text(.socket)
    if !(1...107 ~= socket.utf8.count) {
      reader.refuse(.socket, "a unix socket's path has 1 to 107 bytes")
    }
    socketMode = reader.octal(.socketMode)
    let group = reader.text(.socketGroup)
    socketGroup = group.isEmpty ? nil : group
    if !group.isEmpty && !Host.hasGroup(group) {
      reader.refuse(.socketGroup, "there is no group “\(group)”: Debian's nginx is in www-data")
    }
    reactors = reader.integer(.reactors, 1...64)
    logLevel = reader.choice(.logLevel, Self.levels) ?? .info
    origins = reader.origins()
    guard let database, reader.lines.isEmpty else { throw Invalid(lines: reader.lines) }
    settings = Settings(
      database: database,
      session: SessionSettings(
        statementTimeout: statement, lockTimeout: lock, prepares: prepares),
      poolSize: poolSize, pointConnections: point, poolQueue: queue, poolWait: wait,
      deadline: deadline, connectTimeout: connect, idleTimeout: idle, maxLifetime: lifetime,
      maxBody: maxBody, drain: drain, slow: slow, logsAccess: access)
  }

  /// The database alone, for commands that need nothing else.
  static func database(_ environment: [String: String]) throws(Invalid) -> ConnectionString {
    var reader = Reader(environment)
    guard let database = reader.database() else { throw Invalid(lines: reader.lines) }
    return database
  }

  private static let levels: [String: Logger.Level] = Dictionary(
    uniqueKeysWithValues: Logger.Level.allCases.map { ($0.rawValue, $0) })
}

/// Takes variables out of the environment and notes what is wrong with them.
private struct Reader {
  private let environment: [String: String]
  private(set) var lines: [String] = []

  init(_ environment: [String: String]) { self.environment = environment }

  mutating func refuse(_ variable: Variable, _ reason: String) {
    lines.append("\(variable.name): \(reason)")
  }

  func text(_ variable: Variable) -> String { environment[variable.name] ?? variable.initial }

  mutating func database() -> ConnectionString? {
    // An empty one is as good as none: systemd puts a blank line where a credential is missing.
    let candidates = [
      environment[Variable.databaseURL.name],
      ServiceManager.credential("database_url", environment),
    ]
    guard let text = candidates.compactMap({ $0 }).first(where: { !$0.allSatisfy(\.isWhitespace) })
    else {
      refuse(
        .databaseURL, "it is not set: set it, such as postgresql://USER:PASSWORD@HOST:5432/DATABASE"
      )
      return nil
    }
    do throws(ConnectionString.Unusable) {
      return try ConnectionString(text)
    } catch {
      refuse(.databaseURL, error.description)
      return nil
    }
  }

  mutating func integer(_ variable: Variable, _ range: ClosedRange<Int>) -> Int {
    let text = text(variable)
    if let number = Int(text), range.contains(number) { return number }
    refuse(
      variable, "“\(text)” is not a whole number from \(range.lowerBound) to \(range.upperBound)")
    return range.lowerBound
  }

  mutating func octal(_ variable: Variable) -> UInt32 {
    let text = text(variable)
    if let number = UInt32(text, radix: 8), number <= 0o777, number & 0o222 != 0 { return number }
    refuse(variable, "“\(text)” is not an octal mode that lets somebody connect, such as 0660")
    return 0
  }

  mutating func choice<Value>(_ variable: Variable, _ values: [String: Value]) -> Value? {
    let text = text(variable)
    if let value = values[text] { return value }
    refuse(variable, "“\(text)” is none of \(values.keys.sorted().joined(separator: ", "))")
    return nil
  }

  mutating func origins() -> [String] {
    let origins = text(.corsOrigins).split(separator: ",").map {
      $0.filter { $0 != " " && $0 != "\t" }
    }.filter { !$0.isEmpty }
    if origins.count > 1, origins.contains("*") {
      refuse(.corsOrigins, "“*” allows every origin and stands alone, or not at all")
    }
    for origin in origins where origin != "*" {
      let isOrigin =
        (origin.hasPrefix("http://") || origin.hasPrefix("https://"))
        && origin.split(separator: "/", omittingEmptySubsequences: false).count == 3
        && origin.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
      if !isOrigin {
        refuse(
          .corsOrigins,
          "“\(origin)” is not an origin such as https://app.example.fr (no path, no slash at the end)"
        )
      }
    }
    return origins
  }
}
