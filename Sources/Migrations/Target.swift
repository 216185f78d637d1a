/// Where a migration goes, in Alembic's words.
public enum Target: Equatable, Sendable {
  case head
  case base
  /// So many steps up (positive) or down (negative).
  case relative(Int)
  /// An id or the beginning of one.
  case revision(String)

  /// Reads a target as an operator writes it.
  public init(_ text: String) {
    switch text {
    case "head": self = .head
    case "base": self = .base
    default:
      if let first = text.first, first == "+" || first == "-", let steps = Int(text) {
        self = .relative(steps)
      } else {
        self = .revision(text)
      }
    }
  }

  /// How many revisions are applied once it is reached.
  ///
  /// - Parameter current: how many are now.
  public func position(in revisions: [Revision], current: Int) throws(MigrationError) -> Int {
    switch self {
    case .head: return revisions.count
    case .base: return 0
    case .relative(let steps):
      let (position, isBeyond) = current.addingReportingOverflow(steps)
      guard !isBeyond, 0...revisions.count ~= position else {
        throw .noSuchTarget(
          "\(steps > 0 ? "+" : "")\(steps) leads beyond "
            + (steps > 0
              ? "head: \(revisions.count - current) revisions are pending"
              : "base: \(current) revisions are applied"))
      }
      return position
    case .revision(let name):
      if let exact = revisions.firstIndex(where: { $0.id == name }) { return exact + 1 }
      let found = revisions.indices.filter {
        !name.isEmpty && revisions[$0].id.hasPrefix(name)
          || revisions[$0].alembic == name
      }
      guard found.count == 1 else {
        throw .noSuchTarget(
          found.isEmpty
            ? "there is no revision “\(name)”: see erp-back migrate history"
            : "\(name) begins \(found.count) revisions: give more of its name")
      }
      return found[0] + 1
    }
  }
}

/// Why a migration did not happen. Nothing of the revision at fault was kept.
public enum MigrationError: Error, Equatable, CustomStringConvertible {
  case noSuchTarget(String)
  /// Wrong direction, such as an upgrade to an older revision.
  case wrongDirection(String)
  /// One that ran, and the newest that did.
  case edited(revision: String, newest: String)
  case ahead(revision: String)
  case cannotAdopt([String])
  case unknownAlembic(String)
  case locked(by: String)
  /// A table was in use for too long.
  case busy(String)
  case failed(revision: String, reason: String)
  case database(String)
  case noConnection(String)

  /// One line: what, why, and the remedy.
  public var description: String {
    switch self {
    case .noSuchTarget(let reason), .wrongDirection(let reason): reason
    case .edited(let revision, _):
      "revision \(revision) was edited after it ran on this database: "
        + "restore the file and put the change into a new revision"
    case .ahead(let revision):
      "the database holds revision \(revision), which this binary does not know: "
        + "install the version that migrated it, or downgrade with that version first"
    case .cannotAdopt(let differences):
      "the table that Alembic built is not the one of revision 1, so it is not adopted; "
        + "mend what differs and try again:\n  " + differences.joined(separator: "\n  ")
    case .unknownAlembic(let version):
      "alembic_version holds \(version), which is none of ours: bring the database to "
        + "create_clients_0001 with Alembic, or use erp-back migrate stamp"
    case .locked(let holder):
      "another migrator holds the lock (\(holder)): wait for it or end it, then try again"
    case .failed(let revision, let reason):
      "revision \(revision) failed and was rolled back: \(reason)"
    case .busy(let reason), .database(let reason), .noConnection(let reason): reason
    }
  }

  /// Of sysexits.h where one fits.
  public var exitCode: Int32 {
    switch self {
    case .noSuchTarget, .wrongDirection: 64
    case .noConnection: 69
    case .locked, .busy: 75
    default: 1
    }
  }
}
