internal import Diagnosis
internal import Postgres
internal import Reactor

/// The variables: what serve would refuse, and what it would take and not be meant.
struct ConfigurationCheck {
  /// With the defaults in place of what is wrong, so that the other checks have something to go by.
  let configuration: Configuration
  /// nil: its variable is of no use.
  let database: ConnectionString?
  let findings: [Finding]
  let isUnusable: Bool
  /// Some variable of ``configuration`` has its default in place of a value that was refused.
  let hasRefusedValues: Bool

  init(_ environment: OperatorEnvironment) {
    let files = environment.files
    var findings: [Finding] = []
    for (path, reason) in files.unusable {
      findings.append(
        .failure("\(path): \(reason)", remedy: Host.isRoot ? "mend the file" : "run as root"))
    }
    database = try? Configuration.database(files.environment)
    var isUnusable = database == nil || !files.unusable.isEmpty
    /// Where the variable that a line begins with was set.
    func source(of line: String) -> String {
      let name = String(line.prefix { $0 != ":" })
      if files.files.isEmpty || files.overrides.contains(name) { return "the environment" }
      return name == Variable.databaseURL.name
        ? files.files.joined(separator: " or ") : ServiceFiles.environmentFile
    }
    do throws(Configuration.Invalid) {
      configuration = try Configuration(files.environment)
      hasRefusedValues = false
    } catch {
      isUnusable = true
      hasRefusedValues = error.lines.contains { !$0.hasPrefix("\(Variable.databaseURL.name):") }
      for line in error.lines {
        // What could not be read is not “not set”.
        let isUnread = line.hasPrefix(Variable.databaseURL.name) && !files.unusable.isEmpty
        if !isUnread {
          findings.append(
            .failure(
              line,
              remedy: "correct it in \(source(of: line)): erp-back serve --help lists the values"))
        }
      }
      configuration = Self.nearest(to: files.environment, without: error)
    }
    if findings.isEmpty { findings.append(.ok("every variable that is set can be used")) }
    for line in files.ignoredLines {
      findings.append(
        .warning(
          "\(ServiceFiles.environmentFile): line \(line) sets nothing, and systemd passes it over",
          remedy: "write NAME=value, without export"))
    }
    for path in files.files + files.unusable.map(\.path) {
      guard let status = FileStatus.of(path, following: true) else { continue }
      findings += SecretFile(path: path, status: status).findings
    }
    self.isUnusable = isUnusable
    self.findings =
      findings
      + Spelling.findings(given: files.environment.keys, known: Variable.all.map(\.name))
  }

  var limits: Limits {
    let settings = configuration.settings
    return Limits(
      poolWait: settings.poolWait, statement: settings.session.statementTimeout,
      lock: settings.session.lockTimeout, deadline: settings.deadline, drain: settings.drain,
      maxBody: settings.maxBody)
  }

  /// The configuration with the defaults for what was refused.
  private static func nearest(
    to environment: [String: String], without error: Configuration.Invalid
  ) -> Configuration {
    var rest = environment.filter { $0.key != "CREDENTIALS_DIRECTORY" }
    for line in error.lines { rest[String(line.prefix { $0 != ":" })] = nil }
    // Any that can be read: it is not connected to.
    rest[Variable.databaseURL.name] = "postgresql:///"
    if let configuration = try? Configuration(rest) { return configuration }
    let database = [Variable.databaseURL.name: "postgresql:///"]
    guard let configuration = try? Configuration(database) else {
      preconditionFailure("the defaults are a configuration")
    }
    return configuration
  }
}
