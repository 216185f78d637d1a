import Testing

@testable import Harness

extension EndToEnd {
  /// Writes that had to wait for a connection commit together; nobody notices.
  @Suite struct GroupTests {
    /// One connection for writes. Creates of `count` bodies wait behind one that takes a moment, and
    /// come in one turn; their answers.
    private static func creates(
      _ site: Site, _ bodies: [JSON], slowest: Double = 0.05
    ) throws -> [Answer] {
      try site.database.psql(
        """
        CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN PERFORM pg_sleep(\(slowest)); RETURN NEW; END $$;
        CREATE TRIGGER take_time BEFORE INSERT ON clients FOR EACH ROW
          WHEN (NEW.city = 'Lente') EXECUTE FUNCTION take_time()
        """)
      // The lane is known to be quick, and its connection open.
      #expect(try site.get("/clients/").status == 200)
      return try together(bodies.count + 1) { index in
        try site.create(index == 0 ? client(["city": "Lente"]) : bodies[index - 1])
      }
    }

    private static let oneConnection = Site.Options(environment: ["ERP_POOL_SIZE": "1"])

    @Test func theyAreAllThereAndShareATransaction() throws {
      try Site.new(Self.oneConnection) { site in
        var transactions = 0
        // Whether they wait together is the scheduler's affair: not in every round.
        for _ in 0..<10 where transactions == 0 || transactions > 12 {
          try site.database.psql(
            "TRUNCATE clients; DROP FUNCTION IF EXISTS take_time() CASCADE")
          let answers = try Self.creates(site, Array(repeating: client(), count: 24))
          #expect(answers.allSatisfy { $0.status == 201 })
          #expect(Set(answers.compactMap { $0["Location"] }).count == 25)
          #expect(Set(answers.compactMap { $0["ETag"] }).count > 1)
          #expect(try site.database.psql("SELECT count(*) FROM clients") == "25")
          transactions = try #require(
            Int(try site.database.psql("SELECT count(DISTINCT xmin::text) FROM clients")))
        }
        #expect(transactions <= 12, "25 creates in \(transactions) transactions")
      }
    }

    @Test func oneThatIsRefusedTakesNobodyWithIt() throws {
      try Site.new(Self.oneConnection) { site in
        let id = "6f9619ff-8b86-4d01-b42d-00c04fc964ff"
        #expect(try site.create(client(["id": .string(id)])).status == 201)
        let bodies = (0..<20).map { index in
          index.isMultiple(of: 5) ? client(["id": .string(id)]) : client()
        }
        let answers = try Self.creates(site, bodies)
        for (index, answer) in answers.dropFirst().enumerated() {
          #expect(answer.status == (index.isMultiple(of: 5) ? 409 : 201))
        }
        #expect(try site.database.psql("SELECT count(*) FROM clients") == "18")
      }
    }

    /// The commit itself is refused: each is tried alone, and has its own answer.
    @Test func aRefusedCommitIsThatOfOneOfThem() throws {
      try Site.new(Self.oneConnection) { site in
        try site.database.psql(
          """
          CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '23514'; END $$;
          CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON clients DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW WHEN (NEW.city = 'Refusée') EXECUTE FUNCTION refuse()
          """)
        let bodies = (0..<20).map { $0 == 10 ? client(["city": "Refusée"]) : client() }
        let answers = try Self.creates(site, bodies)
        for (index, answer) in answers.dropFirst().enumerated() {
          #expect(answer.status == (index == 10 ? 422 : 201))
        }
        #expect(try site.database.psql("SELECT count(*) FROM clients") == "20")
      }
    }

    /// What was in flight was perhaps done: 503. What waited is done.
    @Test func aKilledSessionLosesNothingThatWasAnswered() throws {
      try Site.new(Self.oneConnection) { site in
        try site.database.psql(
          """
          CREATE FUNCTION end_session() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); RETURN NEW; END $$;
          CREATE TRIGGER end_session BEFORE INSERT ON clients FOR EACH ROW
            WHEN (NEW.city = 'Fin') EXECUTE FUNCTION end_session()
          """)
        let bodies = (0..<20).map { $0 == 10 ? client(["city": "Fin"]) : client() }
        let answers = try Self.creates(site, bodies)
        let done = answers.filter { $0.status == 201 }
        #expect(answers.allSatisfy { [201, 503].contains($0.status) }, "\(answers.map(\.status))")
        #expect(answers[11].status == 503)
        #expect(try site.database.psql("SELECT count(*) FROM clients") == "\(done.count)")
        for answer in done {
          #expect(try site.get(try #require(answer["Location"])).status == 200)
        }
      }
    }

    /// A tag names one state of a row: two updates of it never share a transaction.
    @Test func everyUpdateOfOneRowHasItsOwnTag() throws {
      try Site.new(Self.oneConnection) { site in
        let targets = try (0..<4).map { _ in
          try #require(try site.create(client(["city": "0"]))["Location"])
        }
        #expect(try site.get("/clients/").status == 200)
        for _ in 0..<3 {
          let answers = try together(32) { index in
            try site.send("PUT", targets[index % 4], json: ["city": .string("\(index)")])
          }
          #expect(answers.allSatisfy { $0.status == 200 })
          for (number, target) in targets.enumerated() {
            let own = answers.indices.filter { $0 % 4 == number }.map { answers[$0] }
            #expect(Set(own.compactMap { $0["ETag"] }).count == 8)
            let now = try site.get(target)
            let last = own.filter { $0["ETag"] == now["ETag"] }
            #expect(last.map { $0.json["data"]["city"] } == [now.json["data"]["city"]])
          }
        }
      }
    }

    /// Who meets a row that somebody holds waits for it alone.
    @Test func aLockedRowHoldsUpNobodyElse() throws {
      try Site.new(.init(environment: ["ERP_POOL_SIZE": "2"])) { site in
        let targets = try (0..<21).map { _ in try #require(try site.create(client())["Location"]) }
        let id = targets[20].split(separator: "/").last ?? ""
        let holder = try site.database.hold(
          "BEGIN; SELECT FROM clients WHERE id = '\(id)' FOR UPDATE; SELECT pg_sleep(60)")
        try eventually("the row is held") {
          try site.database.psql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
              + " AND wait_event = 'PgSleep'") == "1"
        }
        let outcomes = try together(21) { index in
          var status = 0
          let seconds = try measure {
            status = try site.send("PUT", targets[index], json: ["city": "Brest"]).status
          }
          return (status: status, seconds: seconds)
        }
        try site.database.release(holder)
        #expect(outcomes[20].status == 503)
        for outcome in outcomes.prefix(20) {
          #expect(outcome.status == 200)
          #expect(outcome.seconds < 1.5, "\(outcome.seconds)")
        }
      }
    }
  }
}
