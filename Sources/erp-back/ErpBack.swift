internal import ArgumentParser
internal import Diagnosis
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
    do {
      try requireSubcommand(CommandLine.arguments.dropFirst())
      var command = try parseAsRoot()
      try command.run()
    } catch {
      let (message, code) = (fullMessage(for: error), exitCode(for: error))
      if code.isSuccess {
        print(message)  // --help and --version are thrown as well
      } else if !message.isEmpty {
        StandardErrorLog.write(message + "\n")
      }
      leave(code.rawValue)
    }
    leave(0)
  }

  /// Ends the program, of several statuses with the highest: `print` does not tell that what it prints
  /// cannot be written.
  private static func leave(_ status: Int32) -> Never {
    guard fflush(nil) != 0 else { Glibc.exit(status) }
    let reason = SystemError.text(errno)
    StandardErrorLog.write("erp-back: the output could not be written: \(reason)\n")
    Glibc.exit(max(status, 74))
  }

  /// Refuses a word that stands where a subcommand does and is none: ArgumentParser gives it to the
  /// default one, and its `help` passes it over.
  private static func requireSubcommand(_ words: some Sequence<String>) throws {
    var words = Array(words)[...]
    if words.first == "help" { words.removeFirst() }
    var subcommands = configuration.subcommands
    for word in words {
      guard !subcommands.isEmpty, !word.hasPrefix("-") else { return }
      guard let next = subcommands.first(where: { $0.configuration.commandName == word }) else {
        let names = subcommands.filter { $0.configuration.shouldDisplay }
          .compactMap { $0.configuration.commandName }
        let guess = Spelling.nearest(to: word, among: names).map { "did you mean \($0.name)?" }
        throw fail(
          "there is no subcommand “\(word)”: \(guess ?? names.joined(separator: ", "))", 64)
      }
      subcommands = next.configuration.subcommands
    }
  }
}

/// Ends a command: one message on standard error, one exit status (sysexits.h).
func fail(_ message: String, _ code: Int32) -> ExitCode {
  StandardErrorLog.write("erp-back: \(message)\n")
  return ExitCode(code)
}
