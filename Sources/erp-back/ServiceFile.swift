internal import ArgumentParser
internal import FastCGI
internal import Postgres

/// `erp-back service-file`, for erp-back-backup: one reading of DATABASE_URL for both.
struct ServiceFile: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "service-file",
    abstract: "Print the database's address for PostgreSQL's own programs. It holds the password.",
    discussion: """
      A section [source] of a service file (PGSERVICEFILE), and [scratch], which is \
      ERP_BACKUP_SCRATCH_URL where that is set, else the same.
      """,
    shouldDisplay: false)

  func run() throws {
    let environment = CommonGateway.environment()
    let source: ConnectionString
    do throws(Configuration.Invalid) {
      source = try Configuration.database(environment)
    } catch {
      throw fail(error.description, 78)
    }
    let scratch = environment["ERP_BACKUP_SCRATCH_URL"] ?? ""
    do throws(ConnectionString.Unusable) {
      print(try source.serviceSection("source"), terminator: "")
      let other = scratch.allSatisfy(\.isWhitespace) ? source : try ConnectionString(scratch)
      print(try other.serviceSection("scratch"), terminator: "")
    } catch {
      throw fail("DATABASE_URL or ERP_BACKUP_SCRATCH_URL: \(error.description)", 78)
    }
  }
}
