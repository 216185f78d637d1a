internal import API
internal import Catalog
internal import Diagnosis
internal import Migrations
internal import Postgres

/// The revision, the role's permissions, and the live tables against what they must be.
struct SchemaCheck {
  private(set) var permissions: [Finding] = []
  private(set) var findings: [Finding] = []
  private let session: Session

  private static let bookkeeping = "public.erp_back_revisions"
  private static let upgrade = "systemctl start erp-back-migrate, or erp-back migrate upgrade head"

  /// Both quoted for SQL.
  private let role: String
  private let database: String

  init(_ session: Session, role: String, database: String) {
    self.session = session
    self.role = role
    self.database = database
    let applied = revision()
    if applied > 0 { drift(applied) }
    let all = ["SELECT", "INSERT", "UPDATE", "DELETE"]
    for resource in Catalog.resources {
      permissions += permissions(of: "public.\(resource.name)", needed: all)
    }
    // The service reads the last revision only.
    permissions += permissions(of: Self.bookkeeping, needed: ["SELECT"])
  }

  /// How many revisions are applied as far as drift is concerned; 0: there is nothing to compare.
  private mutating func revision() -> Int {
    do throws(MigrationError) {
      let (applied, isAdopted) = try Migrator(session).state()
      let pending = Revisions.all[applied...].map(\.id)
      if isAdopted {
        findings.append(
          .failure(
            "Alembic built this database, and it has not been taken over yet", remedy: Self.upgrade)
        )
      } else if applied == 0 {
        findings.append(.failure("the database is not migrated", remedy: Self.upgrade))
      } else if pending.isEmpty {
        findings.append(.ok("revision \(Revisions.head), the newest of this build"))
      } else {
        findings.append(
          .failure(
            "the database is behind: pending: \(pending.joined(separator: ", "))",
            remedy: Self.upgrade))
      }
      return applied
    } catch {
      switch error {
      case .ahead(let revision):
        findings.append(
          .failure(
            "the database is ahead: it holds revision \(revision), which this build does not know",
            remedy:
              "install the version that migrated it\nor, with that version: erp-back migrate downgrade \(Revisions.head)"
          ))
      case .edited(let revision, let newest):
        findings.append(
          .failure(
            "revision \(revision) was edited after it ran on this database",
            remedy:
              "install the build that ran it, and put the change into a new revision\nor, when the table is as it must be: erp-back migrate stamp \(newest)"
          ))
        return Revisions.all.count
      case .cannotAdopt(let differences):
        findings += differences.map {
          .failure(
            "the table that Alembic built is not that of revision 1: \($0)",
            remedy: "mend it, then \(Self.upgrade)")
        }
      case .unknownAlembic:
        findings.append(
          .failure(
            error.description, remedy: "alembic upgrade create_clients_0001, then \(Self.upgrade)"))
      default:
        findings.append(
          .failure(
            "the revision cannot be read: \(error)",
            remedy: "GRANT SELECT ON \(Self.bookkeeping) TO \(role);"))
      }
      return 0
    }
  }

  /// What the revisions make is compared first: it tells more. The declaration adds what they did
  /// not notice.
  private mutating func drift(_ applied: Int) {
    let before = findings.count
    var known: [Difference] = []
    do throws(Session.Failure) {
      known = try Drift.differences(fromFirst: applied, session)
    } catch {
      let isDenied = if case .refused(let reason) = error { reason.state == .denied } else { false }
      findings.append(
        .skipped(
          "the tables against the revisions: \(error)",
          remedy: isDenied
            ? "GRANT TEMPORARY ON DATABASE \(database) TO \(role); -- the comparison builds its tables there"
            : nil))
    }
    if applied == Revisions.all.count {
      searchIndex()
      do throws(Session.Failure) {
        for resource in Catalog.resources {
          known += try undeclared(resource).filter { difference in
            !known.contains {
              $0.table == difference.table
                && ($0.subject == difference.subject && $0.aspect == difference.aspect
                  || $0.subject == "table")
            }
          }
        }
      } catch {
        findings.append(.skipped("the tables against the declarations: \(error)"))
      }
    } else {
      findings.append(.skipped("the tables against the declarations: the database is behind"))
    }
    findings += known.map { difference in
      let text = "\(difference.table): \(difference)"
      return difference.isHarmless
        ? .warning(text, remedy: difference.remedy) : .failure(text, remedy: difference.remedy)
    }
    guard findings.count == before else { return }
    for resource in Catalog.resources {
      findings.append(
        .ok(
          "public.\(resource.name) is as the declaration and the revisions have it: columns, indexes, triggers"
        ))
    }
  }

  /// Its absence is no drift where the revision could not make it; then drift tells of it.
  private mutating func searchIndex() {
    do throws(Session.Failure) {
      if try SearchIndex.isPossible(session) { return }
      findings.append(
        .warning(
          "pg_trgm is not in the database, or its schema is closed to this role: without its index a search for a rare term reads all rows, some 2 s per million",
          remedy: SearchIndex.remedy))
    } catch {
      findings.append(.skipped("the index of searches: \(error)"))
    }
  }

  private func undeclared(_ resource: Resource) throws(Session.Failure) -> [Difference] {
    let table = "public.\(resource.name)"
    let live = try Drift.columns(of: table, session)
    return resource.expectedColumns.flatMap { expected -> [Difference] in
      guard let column = live.first(where: { $0.name == expected.name }) else {
        return [
          .missing(table, expected.name, expected.type + (expected.isRequired ? " NOT NULL" : ""))
        ]
      }
      var all: [Difference] = []
      if !expected.accepts(column.type) {
        all.append(.type(table, column.name, is: column.type, mustBe: expected.type))
      }
      if column.isRequired != expected.isRequired {
        all.append(.null(table, column.name, mustBe: expected.isRequired))
      }
      return all
    }
  }

  private func permissions(of table: String, needed: [String]) -> [Finding] {
    do throws(Session.Failure) {
      // A permission on every column is as good as one on the table.
      let row = try session.rows(
        """
        SELECT row_security_active(c.oid),
          has_schema_privilege(n.oid, 'USAGE'),
          bool_and(has_column_privilege(c.oid, a.attnum, 'SELECT')),
          bool_and(has_column_privilege(c.oid, a.attnum, 'INSERT')),
          bool_and(has_column_privilege(c.oid, a.attnum, 'UPDATE')),
          has_table_privilege(c.oid, 'DELETE')
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE n.nspname || '.' || c.relname = $1 AND c.relkind IN ('r', 'p', 'v')
        GROUP BY c.oid, n.oid
        """, [table]
      ).first
      guard let row else { return [] }  // the revision says what is missing
      guard row[1] == "t" else {
        return [
          .failure(
            "role \(role) may not use schema public",
            remedy: "GRANT USAGE ON SCHEMA public TO \(role);")
        ]
      }
      let missing = zip(["SELECT", "INSERT", "UPDATE", "DELETE"], row[2...])
        .filter { $0.1 != "t" }.map(\.0)
      return TablePermissions(table: table, hidesRows: row[0] == "t", missing: missing)
        .findings(role: role, needed: needed)
    } catch {
      return [.skipped("permissions on \(table): \(error)")]
    }
  }
}

extension SQLState {
  /// 42501: insufficient_privilege
  fileprivate static let denied = SQLState(rawValue: "42501")
}
