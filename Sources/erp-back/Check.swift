internal import ArgumentParser
internal import Diagnosis
internal import Migrations
internal import Postgres
internal import Reactor

/// `erp-back check`
struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Say why something does not work, and what to do.",
    discussion: """
      Looks at everything between nginx and the rows: the configuration; the database (reachable, \
      version, encoding, the role's permissions, revision); the live tables against the \
      declarations and the revisions (column, type, null, default, index, trigger); the \
      connections asked for against those to be had; the socket; systemd's units; nginx's \
      configuration; and one GET /health/ready through nginx. It changes nothing of its own; \
      nginx -T, which it runs, opens nginx's log files as any start does, and makes those that are \
      missing. A service that is stopped behind its socket is started by that GET, as by any request.

      The configuration is the environment, as for serve. Where neither DATABASE_URL nor a \
      credential is set, it is what the units read: /etc/erp-back/erp-back.env (systemd's \
      EnvironmentFile syntax) and /etc/erp-back/database_url, with libpq's PGHOST and the like from \
      there and not from the shell; the first line says so. Root then \
      connects to the database as the user erp-back, as the units do. Type it as root: others may \
      not read those files, nor nginx's configuration.

      A line begins with ok, warning, failure, or skipped (it could not be checked: why). \
      Warnings and failures are followed by the remedy. No password and no row is ever printed. \
      Nothing waits for longer than ten seconds.

      Exit status: 0 no failure (warnings and skipped checks count as none); 1 a failure; 64 wrong \
      usage; 69 the database cannot be reached; 74 the output could not be written; 78 the \
      configuration is unusable. Of several the highest counts.
      """)

  @Flag(name: [.short, .long], help: "Print warnings and failures only; nothing when all is well.")
  var quiet = false

  @Flag(help: "Print one line of JSON: exit_status, counts, sections of all findings.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "nginx's main configuration, when it is not its own default; from where you stand.",
      valueName: "file"))
  var nginxConf: String?

  func run() throws {
    let environment = OperatorEnvironment.current()
    var report = Report()
    let settings = ConfigurationCheck(environment)
    report.verdict.isUnusable = settings.isUnusable

    let units = UnitCheck(environment.files.files)
    let nginx = NginxCheck(
      configuration: nginxConf, socket: units.socketPath ?? settings.configuration.socket)
    var limits = settings.limits
    limits.stop = units.service?.stopLimit
    nginx.configuration?.complete(&limits)
    report.sections.append(
      Report.Section(
        "configuration: \(environment.files.origin)",
        settings.findings + (settings.hasRefusedValues ? [] : limits.findings)))

    if let database = settings.database {
      let check = DatabaseCheck(
        database, environment, settings.configuration, sandbox: units.sandbox)
      report.sections += check.sections
      report.verdict.isUnreachable = check.isUnreachable
    } else {
      report.sections.append(
        Report.Section("database", [.skipped("everything: DATABASE_URL is unusable (above)")]))
    }

    report.sections.append(
      Report.Section(
        "socket",
        SocketCheck.findings(
          units.socketPath ?? settings.configuration.socket, webServer: nginx.user,
          isUnit: units.socketPath != nil)))
    report.sections.append(Report.Section("systemd", units.findings))
    report.sections.append(Report.Section("nginx", nginx.findings))

    if json {
      print(report.json, terminator: "")
    } else {
      let colours = Host.isTerminal && (environment.files.environment["NO_COLOR"] ?? "").isEmpty
      print(report.text(colours: colours, isQuiet: quiet), terminator: "")
    }
    if report.exitStatus != 0 { throw ExitCode(report.exitStatus) }
  }
}
