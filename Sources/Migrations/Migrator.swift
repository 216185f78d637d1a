public import Postgres
internal import Glibc

/// Brings the schema from one revision to another. Each revision and its bookkeeping row commit
/// in one transaction; an advisory lock keeps a second migrator waiting.
public final class Migrator {
  private let session: Session
  private let revisions: [Revision]

  /// Holds what has been applied: one row per revision.
  static let table = "public.erp_back_revisions"
  /// `erp-back` in a telephone's letters, as the key of the advisory lock.
  private static let lockKey = 377_2225
  /// How long to wait for another migrator, in polls of a fifth of a second: two minutes.
  private static let lockPolls = 600
  /// How long a statement may wait for a table that is in use.
  static let lockTimeout = "5s"

  /// Has the server look every second, also while it builds an index, whether this program is still
  /// there, and roll back when it is not. PostgreSQL 13 has no such setting.
  private static let watch = """
    SELECT set_config(name, '1s', false) FROM pg_settings
    WHERE name = 'client_connection_check_interval'
    """

  /// Connects to the database; throws `.noConnection` when it cannot.
  public init(_ string: ConnectionString, _ revisions: [Revision] = Revisions.all)
    throws(MigrationError)
  {
    do throws(Session.Failure) {
      session = try Session(string)
      try session.run("SET lock_timeout = '\(Self.lockTimeout)'; SET search_path = public")
      _ = try session.rows(Self.watch)
    } catch {
      throw MigrationError(error)
    }
    self.revisions = revisions
  }

  /// Looks at a database over a session that is there already; for `state` and `Drift`.
  public init(_ session: Session, _ revisions: [Revision] = Revisions.all) {
    self.session = session
    self.revisions = revisions
  }

  // MARK: verbs

  /// What a step did, for the person at the terminal.
  public enum Step: Sendable, Equatable {
    case adopted(String)
    case upgraded(String)
    case downgraded(String)
    case stamped(String)
    case waiting
  }

  /// Applies what is pending up to `target`.
  public func upgrade(_ target: Target, _ report: (Step) -> Void) throws(MigrationError) {
    try locked(report) { () throws(MigrationError) in
      let (applied, isAdopted) = try position()
      if isAdopted {
        try run(stampScript(1))
        report(.adopted(revisions[0].id))
      }
      let goal = try target.position(in: revisions, current: applied)
      try Self.check(goal, from: applied, upwards: true)
      for revision in revisions[applied..<goal] {
        try run(upScript(revision), revision)
        report(.upgraded(revision.id))
      }
    }
  }

  /// Takes back what stands beyond `target`.
  public func downgrade(_ target: Target, _ report: (Step) -> Void) throws(MigrationError) {
    try locked(report) { () throws(MigrationError) in
      let applied = try appliedCount()
      let goal = try target.position(in: revisions, current: applied)
      try Self.check(goal, from: applied, upwards: false)
      for position in (goal..<applied).reversed() {
        try run(try downScript(position), revisions[position])
        report(.downgraded(revisions[position].id))
      }
    }
  }

  /// Notes `target` as applied without running anything.
  public func stamp(_ target: Target, _ report: (Step) -> Void) throws(MigrationError) {
    try locked(report) { () throws(MigrationError) in
      let goal = try target.position(in: revisions, current: try appliedIDs().count)
      try run(stampScript(goal))
      report(.stamped(goal == 0 ? "base" : revisions[goal - 1].id))
    }
  }

  /// The newest revision applied; nil at base. A table of Alembic's that would be adopted counts.
  public func current() throws(MigrationError) -> String? {
    if let last = try appliedIDs().last { return last.id }
    return try position().isAdopted ? revisions.first?.id : nil
  }

  /// Every revision that the binary or the database knows, oldest first.
  public func history() throws(MigrationError) -> [(id: String, appliedAt: String?)] {
    let applied = try appliedIDs()
    let known = revisions.map { revision in
      (id: revision.id, appliedAt: applied.first { $0.id == revision.id }?.at)
    }
    let unknown = applied.filter { row in !revisions.contains { $0.id == row.id } }
    return known + unknown.map { (id: $0.id, appliedAt: $0.at) }
  }

  /// What is pending; throws when the database is ahead or a revision was edited.
  public func pending() throws(MigrationError) -> [String] {
    revisions[try position().applied...].map(\.id)
  }

  /// How many revisions are applied of those that this binary knows, and whether the first still
  /// has to be taken over from Alembic; throws as `pending` does.
  public func state() throws(MigrationError) -> (applied: Int, isAdopted: Bool) { try position() }

  /// The SQL that an upgrade or a downgrade to `target` would run now.
  public func script(_ target: Target, upwards: Bool) throws(MigrationError) -> String {
    let (applied, isAdopted) = upwards ? try position() : (try appliedCount(), false)
    let goal = try target.position(in: revisions, current: applied)
    try Self.check(goal, from: applied, upwards: upwards)
    var scripts = isAdopted ? [stampScript(1)] : []
    if upwards {
      scripts += revisions[applied..<goal].map(upScript)
    } else {
      for position in (goal..<applied).reversed() { scripts.append(try downScript(position)) }
    }
    return scripts.map(Self.committed).joined(separator: "\n\n")
  }

  /// The SQL that a stamp would run.
  public func stampScript(_ target: Target) throws(MigrationError) -> String {
    Self.committed(
      stampScript(try target.position(in: revisions, current: try appliedIDs().count)))
  }

  // MARK: scripts

  /// What every script begins with. A role may have a `statement_timeout` for what the service asks; an
  /// index of a large table takes longer.
  private static let beginning = """
    BEGIN;
    SET LOCAL lock_timeout = '\(lockTimeout)';
    SET LOCAL statement_timeout = 0;
    SET LOCAL search_path = public;
    """

  /// As a person runs it.
  private static func committed(_ script: String) -> String { script + "\nCOMMIT;" }

  private func upScript(_ revision: Revision) -> String {
    """
    \(Self.beginning)
    \(revision.up)
    \(Self.bookkeeping)
    INSERT INTO \(Self.table) (revision, checksum) VALUES ('\(revision.id)', '\(revision.checksum)');
    """
  }

  private func downScript(_ position: Int) throws(MigrationError) -> String {
    let revision = revisions[position]
    var script = """
      \(Self.beginning)
      \(revision.down)
      DELETE FROM \(Self.table) WHERE revision = '\(revision.id)';
      """
    // Nothing is left over at base.
    if position == 0 { script += "\nDROP TABLE \(Self.table);" }
    if let alembic = revision.alembic, try exists("public.alembic_version") {
      script += "\nDELETE FROM public.alembic_version WHERE version_num = '\(alembic)';"
    }
    return script
  }

  private func stampScript(_ goal: Int) -> String {
    let rows = revisions[..<goal].map { "('\($0.id)', '\($0.checksum)')" }
    guard !rows.isEmpty else {
      return "\(Self.beginning)\nDROP TABLE IF EXISTS \(Self.table);"
    }
    let values = rows.joined(separator: ", ")
    // What was noted already keeps its time.
    return """
      \(Self.beginning)
      \(Self.bookkeeping)
      DELETE FROM \(Self.table) WHERE (revision, checksum) NOT IN (VALUES \(values));
      INSERT INTO \(Self.table) (revision, checksum) VALUES \(values) ON CONFLICT DO NOTHING;
      """
  }

  private static let bookkeeping = """
    CREATE TABLE IF NOT EXISTS \(table) (
      revision text PRIMARY KEY,
      checksum text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now()
    );
    """

  // MARK: state

  private func appliedIDs() throws(MigrationError) -> [(id: String, checksum: String, at: String)] {
    guard try exists(Self.table) else { return [] }
    return try query(
      "SELECT revision, checksum, applied_at FROM \(Self.table) ORDER BY revision"
    ).map { (id: $0[0] ?? "", checksum: $0[1] ?? "", at: $0[2] ?? "") }
  }

  /// How many revisions are applied, once they are found to be ours, in order and unedited.
  private func appliedCount() throws(MigrationError) -> Int {
    let applied = try appliedIDs()
    for (position, row) in applied.enumerated() {
      guard position < revisions.count, revisions[position].id == row.id else {
        throw .ahead(revision: row.id)
      }
      guard revisions[position].checksum == row.checksum else {
        let newest = revisions[min(applied.count, revisions.count) - 1].id
        throw .edited(revision: row.id, newest: newest)
      }
    }
    return applied.count
  }

  private func exists(_ table: String) throws(MigrationError) -> Bool {
    try query("SELECT to_regclass('\(table)')")[0][0] != nil
  }

  /// How many revisions count as applied, and whether the first does because Alembic built it and
  /// it only has to be noted.
  private func position() throws(MigrationError) -> (applied: Int, isAdopted: Bool) {
    let applied = try appliedCount()
    guard applied == 0, try isAdoptable() else { return (applied, false) }
    return (1, true)
  }

  private static func check(
    _ goal: Int, from applied: Int, upwards: Bool
  ) throws(MigrationError) {
    if upwards && goal < applied {
      throw .wrongDirection("the database is newer than that: use erp-back migrate downgrade")
    }
    if !upwards && goal > applied {
      throw .wrongDirection("the database is older than that: use erp-back migrate upgrade")
    }
  }

  /// Whether Alembic built the database; throws when it built another than revision 1 makes.
  private func isAdoptable() throws(MigrationError) -> Bool {
    guard let first = revisions.first, let alembic = first.alembic,
      try exists("public.alembic_version"),
      let version = try query("SELECT version_num FROM public.alembic_version").first?[0]
    else { return false }
    guard version == alembic else { throw .unknownAlembic(version) }
    let differences: [Difference]
    do throws(Session.Failure) {
      differences = try Drift.differences(from: [first], session)
    } catch {
      throw MigrationError(error)
    }
    // A trigger that sets the column in its own way is for `check` to tell of.
    let refused = differences.filter { $0.aspect != .function || !$0.isHarmless }
    guard refused.isEmpty else { throw .cannotAdopt(refused.map(\.description)) }
    return true
  }

  // MARK: running

  private func run(_ script: String, _ revision: Revision) throws(MigrationError) {
    do throws(MigrationError) {
      try run(script)
    } catch {
      switch error {
      case .busy(let reason):
        throw .busy("revision \(revision.id) was rolled back: \(reason)")
      case .database(let reason): throw .failed(revision: revision.id, reason: reason)
      default: throw error
      }
    }
  }

  /// The commit comes by itself: whoever stops this program while a script runs has it rolled back
  /// where the server does not look.
  private func run(_ script: String) throws(MigrationError) {
    do throws(Session.Failure) {
      try session.run(script)
      try session.run("COMMIT")
    } catch {
      try? session.run("ROLLBACK")
      throw MigrationError(error)
    }
  }

  private func query(_ sql: String) throws(MigrationError) -> [[String?]] {
    do throws(Session.Failure) {
      return try session.rows(sql)
    } catch {
      throw MigrationError(error)
    }
  }

  /// Polls, because a statement that waits for a lock would hold a snapshot all the while.
  private func locked(
    _ report: (Step) -> Void, _ body: () throws(MigrationError) -> Void
  ) throws(MigrationError) {
    for poll in 0..<Self.lockPolls {
      if try query("SELECT pg_try_advisory_lock(\(Self.lockKey))")[0][0] == "t" {
        defer { _ = try? session.rows("SELECT pg_advisory_unlock(\(Self.lockKey))") }
        return try body()
      }
      if poll == 0 { report(.waiting) }
      usleep(200_000)
    }
    let holder = try query(
      """
      SELECT 'server process ' || pid FROM pg_locks \
      WHERE locktype = 'advisory' AND granted AND objid = \(Self.lockKey) \
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1
      """
    ).first?[0]
    throw .locked(by: holder ?? "gone by now")
  }
}

extension MigrationError {
  init(_ failure: Session.Failure) {
    switch failure {
    case .noConnection: self = .noConnection(failure.description)
    case .refused(let error):
      switch error.state.rawValue {
      case "55P03":
        let limit = Migrator.lockTimeout
        self = .busy("a table was in use for longer than \(limit): try again at a quieter moment")
      case "42P07":
        self = .database(
          "\(error): if it is as the revision makes it, note that with erp-back migrate stamp")
      case "42501":
        self = .database("\(error): migrate as the role that owns the tables")
      default: self = .database(error.description)
      }
    }
  }
}
