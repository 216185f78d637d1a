internal import ArgumentParser
internal import FastCGI
internal import Glibc
internal import Reactor

@main
struct ErpBack: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "erp-back",
    abstract: "The ERP's back end: answers FastCGI requests from nginx with PostgreSQL.",
    discussion: """
      “erp-back check” says why something does not work, and what to do. “erp-back migrate” \
      brings the schema up or down. Both find the service's configuration by themselves, and \
      may be typed as root.

      Exit status: 0 done; 1 failed; 64 wrong usage; 69 the socket or the database cannot be had; \
      74 the output could not be written; 75 try again later; 78 the configuration is unusable.
      """,
    version: version,
    subcommands: [Serve.self, Migrate.self, Check.self, OpenAPI.self, ServiceFile.self],
    defaultSubcommand: Serve.self)

  static func main() {
    Host.forgoCoreDumps()
    main(nil)
    requireOutput()
  }
}

/// Ends the program when what it printed could not be written: `print` does not tell.
func requireOutput() {
  guard fflush(nil) != 0 else { return }
  StandardErrorLog.write("erp-back: the output could not be written: make room for it\n")
  exit(74)
}

/// Ends a command: one message on standard error, one exit status (sysexits.h).
func fail(_ message: String, _ code: Int32) -> ExitCode {
  StandardErrorLog.write("erp-back: \(message)\n")
  return ExitCode(code)
}
