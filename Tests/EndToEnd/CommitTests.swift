import Testing

@testable import Harness

extension EndToEnd {
  /// A write is acknowledged when it is committed, not when its statement has run.
  @Suite struct CommitTests {
    /// Deferred triggers run at the commit, behind the row that was returned.
    private static func refuseCommits(_ site: Site, condition: String, code: String) throws {
      try site.database.psql(
        """
        CREATE SEQUENCE commits;
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN
            IF \(condition) THEN RAISE EXCEPTION 'not today' USING ERRCODE = '\(code)'; END IF;
            RETURN NULL;
          END $$;
        CREATE CONSTRAINT TRIGGER refuse AFTER INSERT OR UPDATE ON clients
          DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()
        """)
    }

    @Test func aWriteWhoseCommitIsRefusedIsNotAcknowledged() throws {
      try Site.new { site in
        let target = try #require(try site.create(client(["city": "Rennes"]))["Location"])
        try Self.refuseCommits(site, condition: "true", code: "23514")
        #expect(try site.create(client()).status == 422)
        #expect(try site.send("PUT", target, json: ["city": "Tours"]).status == 422)
        #expect(try site.database.psql("SELECT count(*), min(city) FROM clients") == "1|Rennes")
        #expect(try site.get(target).status == 200)
      }
    }

    @Test func aSerializationFailureAtTheCommitIsTriedAgain() throws {
      try Site.new { site in
        try Self.refuseCommits(site, condition: "nextval('commits') < 3", code: "40001")
        #expect(try site.create(client()).status == 201)
        #expect(try site.database.psql("SELECT count(*) FROM clients") == "1")
      }
    }
  }
}
