import Foundation
import Testing

@testable import Harness

@testable import API
@testable import Catalog

extension EndToEnd {
  /// How PostgreSQL goes about lists in a table that is not small: what is frequent is met on the
  /// way through the newest rows, what is rare is looked up.
  @Suite struct ListPlanTests {
    private static let rows = 50_000

    /// One database for the plans; nobody writes into it.
    private static let large = Swift.Result { () throws -> Database in
      let database = try Cluster.shared().database(unique())
      guard try database.erpBack(["migrate", "upgrade", "head"]).status == 0 else {
        throw Failure("no migration")
      }
      try database.psql(
        """
        INSERT INTO clients (id, type, name, email, phone, city, status, created_at)
        SELECT md5('plan ' || n)::uuid,
          CASE WHEN n % 5000 = 0 THEN 'individual' ELSE 'company' END,
          'Garage ' || substr(md5(n::text), 1, 8), 'c' || n || '@example.fr', '02 ' || n,
          CASE WHEN n % 2 = 0 THEN 'Brest' ELSE 'City ' || n % 4000 END,
          CASE WHEN n % 5000 = 0 THEN 'Prospect' ELSE 'active' END,
          timestamptz '2024-01-01 00:00:00+00' + n * interval '1 minute'
        FROM generate_series(1, \(rows)) AS n
        """)
      try database.psql("VACUUM ANALYZE clients")
      return database
    }

    private static let statements: ResourceStatements = {
      var index = 0
      return ResourceStatements(clients, next: &index)
    }()

    /// The plan of a list, for its values or for none as the service has it.
    private func plan(
      _ filters: [String: String] = [:], term: String? = nil, isAfter: Bool = false
    ) throws -> String {
      var shape = ListShape()
      for (entry, column) in clients.filtered.enumerated()
      where filters[clients.columns[column].name] != nil {
        shape.filters |= 1 << entry
      }
      shape.isSearch = term != nil
      shape.isAfter = isAfter
      let statement = Self.statements.lists[shape.number]
      let types = statement.parameterTypes.map {
        [20: "int8", 25: "text", 1184: "timestamptz", 2950: "uuid"][$0] ?? "unknown"
      }
      let values =
        shape.filterColumns(clients).map { "'\(filters[clients.columns[$0].name] ?? "")'" }
        + (term.map { ["'%\($0)%'"] } ?? [])
        + (isAfter ? ["'2024-01-20'", "'80000000-0000-4000-8000-000000000000'"] : [])
        + ["101", "0"]
      return try Self.large.get().psql(
        """
        SET plan_cache_mode = \
        \(statement.isPlannedEachTime ? "force_custom_plan" : "force_generic_plan");
        PREPARE list(\(types.commaSeparated)) AS \(statement.sql);
        EXPLAIN (COSTS off) EXECUTE list(\(values.commaSeparated))
        """)
    }

    @Test(
      arguments: ["type": "individual", "city": "City 7", "status": "Prospect"], [false, true])
    func aRareValueIsLookedUpInItsIndex(_ filter: (key: String, value: String), _ isAfter: Bool)
      throws
    {
      let plan = try plan([filter.key: filter.value], isAfter: isAfter)
      // That of the status alone will do as well.
      #expect(
        plan.contains("clients_\(filter.key)_created_at_id_idx")
          || plan.contains("clients_\(filter.key)_idx"), "\(plan)")
      #expect(!plan.contains("Seq Scan"), "\(plan)")
    }

    @Test(arguments: ["type": "company", "city": "Brest", "status": "active"], [false, true])
    func aFrequentValueIsMetOnTheWay(_ filter: (key: String, value: String), _ isAfter: Bool) throws
    {
      let plan = try plan([filter.key: filter.value], isAfter: isAfter)
      #expect(plan.contains("Index Scan using clients_"), "\(plan)")
      #expect(plan.contains("created_at_id_idx"), "\(plan)")
      for word in ["Sort", "Bitmap", "Seq Scan"] { #expect(!plan.contains(word), "\(plan)") }
    }

    @Test func aListWithoutAFilterWalksTheOrder() throws {
      for isAfter in [false, true] {
        let plan = try plan(isAfter: isAfter)
        #expect(plan.contains("Index Scan using clients_created_at_id_idx"), "\(plan)")
        #expect(!plan.contains("Sort") && !plan.contains("Seq Scan"), "\(plan)")
      }
    }

    @Test(arguments: [[:], ["type": "company"], ["city": "Brest", "status": "active"]])
    func aRareTermIsLookedUpAndAFrequentOneIsMetOnTheWay(_ filters: [String: String]) throws {
      for isAfter in [false, true] {
        let rare = try plan(filters, term: "kervella", isAfter: isAfter)
        #expect(rare.contains("Bitmap Index Scan on clients_search_idx"), "\(rare)")
        #expect(!rare.contains("Seq Scan"), "\(rare)")
        let frequent = try plan(filters, term: "garage", isAfter: isAfter)
        #expect(frequent.contains("created_at_id_idx"), "\(frequent)")
        for word in ["Sort", "Bitmap", "Seq Scan"] {
          #expect(!frequent.contains(word), "\(frequent)")
        }
      }
    }

    /// The service's own sessions, as the server saw them.
    @Test func theServicePlansWhatDependsOnValuesEachTime() throws {
      try Site.new { site in
        try site.database.psql(
          "ALTER DATABASE \(site.database.name) SET log_statement = 'all'")
        // Committed by now: a connection made again at once has it, too.
        try site.database.psql(
          """
          SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = 'erp-back'
          """)
        let targets = [
          "/clients/", "/clients/?city=Brest", "/clients/search/x", "/clients/?sort=-updated_at",
        ]
        for target in targets { #expect(try site.get(target).status == 200) }
        let place = try #require(ProcessInfo.processInfo.environment["ERP_TEST_DIR"])
        let log = try String(contentsOfFile: "\(place)/pg/postgres.log", encoding: .utf8)
        let executed = log.split(separator: "\n").filter {
          $0.contains("@\(site.database.name) ") && $0.contains(" execute ")
        }
        let lists = executed.indices.filter { executed[$0].contains("FROM public.clients") }
        #expect(lists.count == targets.count, "\(executed)")
        // Another session's first statements may stand between.
        let before = lists.map { list in
          executed[..<list].last { Self.process($0) == Self.process(executed[list]) } ?? ""
        }
        #expect(
          before.map { $0.contains("'force_custom_plan', true") } == [false, true, true, true],
          "\(executed)")
      }
    }

    /// The number of the process that wrote a line of the server's log.
    private static func process(_ line: Substring) -> Substring? {
      line.firstMatch(of: /\[(\d+)\]/)?.1
    }
  }
}
