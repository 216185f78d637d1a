internal import ArgumentParser
internal import Diagnosis
internal import Migrations
internal import Postgres
internal import Reactor

/// `erp-back migrate …`, with Alembic's verbs.
struct Migrate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate",
    abstract: "Bring the database's schema up or down.",
    discussion: """
      The database is DATABASE_URL, else the credential database_url, else what the units read: \
      /etc/erp-back/erp-back.env and /etc/erp-back/database_url, or database_url.direct beside it \
      where a pooler is in front. Root connects as the user erp-back then, as the units do. Each revision commits \
      with its bookkeeping row; a second migrator waits for the first and then finds nothing to \
      do. A database that Alembic built (create_clients_0001) is adopted by the first upgrade.

      A target is head, base, +N, -N, or a revision or the beginning of one.
      """,
    subcommands: [
      Upgrade.self, Downgrade.self, Current.self, History.self, Check.self, Stamp.self,
    ])

  /// Nothing was migrated: a script must not take it for done.
  func run() throws {
    throw fail("migrate: which subcommand? erp-back migrate --help lists them", 64)
  }

  struct Options: ParsableArguments {
    @Flag(name: .customLong("sql"), help: "Print the SQL instead of running it.")
    var printsSQL = false
  }

  /// A target such as `-1` looks like an option, so it is taken from what is left over.
  struct Goal: ParsableArguments {
    @Argument(
      parsing: .allUnrecognized,
      help: ArgumentHelp("head, base, +N, -N or a revision.", valueName: "target"))
    var words: [String] = []

    /// The words are several only as long as they are parsed.
    static func usage(_ verb: String) -> String { "erp-back migrate \(verb) [--sql] <target>" }

    func validate() throws { _ = try target() }

    func target() throws -> Target {
      if let option = words.first(where: { $0.hasPrefix("--") }) {
        throw ValidationError("Unknown option '\(option)'")
      }
      guard words.count <= 1 else {
        throw ValidationError("One target, please: \(words.joined(separator: " "))")
      }
      guard let word = words.first else {
        throw ValidationError("Missing target: head, base, +N, -N or a revision.")
      }
      return Target(word)
    }
  }

  struct Upgrade: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "upgrade",
      abstract: "Apply revisions: head, +N or a revision.", usage: Goal.usage("upgrade"))
    @OptionGroup var options: Options
    @OptionGroup var goal: Goal

    func run() throws {
      let target = try goal.target()
      try migrating { migrator throws(MigrationError) in
        if options.printsSQL { return show(try migrator.script(target, upwards: true)) }
        try reporting(verb: "upgrade") { report throws(MigrationError) in
          try migrator.upgrade(target, report)
        }
      }
    }
  }

  struct Downgrade: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "downgrade",
      abstract: "Take revisions back: -N, base or a revision.", usage: Goal.usage("downgrade"),
      discussion: """
        What a revision made goes, and the data in it: taking back the first drops the table with \
        its rows. --sql shows what would run; make a backup first.
        """)
    @OptionGroup var options: Options
    @OptionGroup var goal: Goal

    func run() throws {
      let target = try goal.target()
      try migrating { migrator throws(MigrationError) in
        if options.printsSQL { return show(try migrator.script(target, upwards: false)) }
        try reporting(verb: "downgrade") { report throws(MigrationError) in
          try migrator.downgrade(target, report)
        }
      }
    }
  }

  struct Current: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "current", abstract: "Print the database's revision.")

    func run() throws {
      try migrating { migrator throws(MigrationError) in print(try migrator.current() ?? "base") }
    }
  }

  struct History: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "history", abstract: "List the revisions, oldest first.")

    func run() throws {
      try migrating { migrator throws(MigrationError) in
        for row in try migrator.history() {
          print("\(row.id)  \(row.appliedAt.map { "applied \($0)" } ?? "pending")")
        }
      }
    }
  }

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check",
      abstract: "Exit 0 when the database is at head, 1 when not.")

    func run() throws {
      var pending: [String] = []
      try migrating { migrator throws(MigrationError) in pending = try migrator.pending() }
      guard pending.isEmpty else {
        throw fail(
          "pending: \(pending.joined(separator: ", ")): run erp-back migrate upgrade head", 1)
      }
      print("at head: \(Revisions.head)")
    }
  }

  struct Stamp: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "stamp", abstract: "Note a revision as applied without running anything.",
      usage: Goal.usage("stamp"),
      discussion:
        "Those before it are noted too, those after it no longer; their tables stay as they are.")
    @OptionGroup var options: Options
    @OptionGroup var goal: Goal

    func run() throws {
      let target = try goal.target()
      try migrating { migrator throws(MigrationError) in
        if options.printsSQL { return show(try migrator.stampScript(target)) }
        try reporting(verb: "stamp") { report throws(MigrationError) in
          try migrator.stamp(target, report)
        }
      }
    }
  }
}

/// Connects, runs `body`, and turns what goes wrong into a line and an exit status.
private func migrating(_ body: (Migrator) throws(MigrationError) -> Void) throws {
  let environment = OperatorEnvironment.current(needsSession: true)
  let string: ConnectionString
  do throws(Configuration.Invalid) {
    string = try Configuration.database(environment.files.environment)
  } catch {
    let lines = environment.unreadableLines
    throw fail(lines.isEmpty ? error.description : lines.joined(separator: "\nerp-back: "), 78)
  }
  if !environment.files.files.isEmpty {
    let user = environment.user == nil ? "" : ", as user \(OperatorEnvironment.userName)"
    StandardErrorLog.write("erp-back: configuration: \(environment.files.origin)\(user)\n")
  }
  do throws(MigrationError) {
    let migrator = try environment.connecting { () throws(MigrationError) in try Migrator(string) }
    try body(migrator)
  } catch {
    var lines = [error.description]
    if case .noConnection(let reason) = error {
      lines += [environment.connectionHint, ConnectionRemedy.text(for: reason)].compactMap(\.self)
    }
    throw fail(lines.joined(separator: "\n  "), error.exitCode)
  }
}

/// Prints what would run, or as a comment that nothing would.
private func show(_ script: String) { print(script.isEmpty ? "-- nothing to do" : script) }

/// Prints each step as it is done, and that nothing was to do when there was none.
private func reporting(
  verb: String, _ body: ((Migrator.Step) -> Void) throws(MigrationError) -> Void
) throws(MigrationError) {
  var steps = 0
  try body { step in
    switch step {
    case .waiting:
      StandardErrorLog.write("erp-back: another migrator is at work, waiting for it\n")
      return
    case .adopted(let id): print("adopted \(id) from Alembic")
    case .upgraded(let id): print("upgrade \(id)")
    case .downgraded(let id): print("downgrade \(id)")
    case .stamped(let id): print("stamp \(id)")
    }
    steps += 1
  }
  if steps == 0 { print("\(verb): nothing to do") }
}
