internal import API
internal import ArgumentParser
internal import Catalog
internal import Diagnosis
internal import FastCGI
internal import Glibc
internal import Logging
internal import Migrations
internal import Reactor

/// `erp-back serve`
struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serve FastCGI requests (the default).",
    discussion: """
      Listens on the socket that systemd passes, else on ERP_SOCKET, and runs until SIGTERM or \
      SIGINT: it then finishes what it has begun. A second one ends it at once. SIGHUP does nothing: \
      settings are read at the start. The database may be away at start and at any time: requests \
      get 503 until it is back.

      With GATEWAY_INTERFACE in the environment, no socket from systemd and no ERP_SOCKET it \
      answers one CGI request on standard output and exits.

      The configuration is the environment:

      \(Variable.table)
      """)

  func run() throws {
    let environment = CommonGateway.environment()
    let configuration: Configuration
    do throws(Configuration.Invalid) {
      configuration = try Configuration(environment)
    } catch {
      throw fail(error.lines.joined(separator: "\nerp-back: "), 78)
    }
    let application = Application(
      Catalog.resources, title: Catalog.title, version: version, revision: Revisions.head,
      origins: configuration.origins)
    var logger = Logger(label: "erp-back") { label in
      StandardErrorLog(label, level: configuration.logLevel)
    }
    logger.logLevel = configuration.logLevel

    let isInherited =
      environment["LISTEN_PID"] == "\(getpid())" && (Int(environment["LISTEN_FDS"] ?? "") ?? 0) > 0
    let isGateway = environment["GATEWAY_INTERFACE"] != nil
    if isGateway && !isInherited && environment[Variable.socket.name] == nil {
      let observe: @Sendable (Observation) -> Void = { [logger] in $0.log(to: logger) }
      let reactor = try Reactor(application, configuration.settings, log: observe)
      guard reactor.runCommonGateway() else { throw fail("the answer could not be written", 74) }
      return
    }
    for finding in Spelling.findings(given: environment.keys, known: Variable.all.map(\.name)) {
      logger.warning("\(finding.text)", metadata: ["remedy": "\(finding.remedy ?? "")"])
    }
    Reactors.holdSignals()
    FastCGI.Connection.initializeLibrary()
    let listener: Listener
    do throws(Listener.Failure) {
      listener =
        isInherited
        ? try .inherited()
        : try .bind(
          configuration.socket, mode: configuration.socketMode, group: configuration.socketGroup)
    } catch {
      throw fail(error.description, 69)
    }
    try Reactors.serve(
      application, configuration.settings, listener, count: configuration.reactors,
      version: version, manager: ServiceManager(environment), logger: logger)
  }
}
