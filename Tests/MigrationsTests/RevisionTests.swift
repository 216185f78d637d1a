import Testing

@testable import Migrations

@Suite struct RevisionTests {
  private func revision(_ file: String) -> Revision { Revision("r", file: Array(file.utf8)) }

  static let files: [(String, String, String)] = [
    ("UP;\n-- migrate:down\nDOWN;\n", "UP;", "DOWN;"),
    (
      "\n\nUP 1;\n\nUP 2;\n\n-- migrate:down\n\nDOWN 1;\n\nDOWN 2;", "UP 1;\n\nUP 2;",
      "DOWN 1;\n\nDOWN 2;"
    ),
    ("UP;\n-- migrate:down", "UP;", ""), ("-- migrate:down\nDOWN;", "", "DOWN;"),
    (
      "-- not migrate:down\nUP;\n -- migrate:down\n-- migrate:down x\n-- migrate:down\nDOWN;",
      "-- not migrate:down\nUP;\n -- migrate:down\n-- migrate:down x", "DOWN;"
    ),
    ("UP;\n-- migrate:down\nA;\n-- migrate:down\nB;", "UP;", "A;\n-- migrate:down\nB;"),
    ("é;\n-- migrate:down\nè;", "é;", "è;"),
  ]

  @Test(arguments: files)
  func `a file is parted at its divider`(_ file: String, _ up: String, _ down: String) {
    #expect(revision(file).up == up)
    #expect(revision(file).down == down)
  }

  /// draft-eastlake-fnv, section 6.2.
  @Test(arguments: [
    ("", "cbf29ce484222325"), ("a", "af63dc4c8601ec8c"), ("foobar", "85944171f73967e8"),
  ])
  func `the checksum is FNV-1a of the up part`(_ up: String, _ checksum: String) {
    #expect(revision("\(up)\n-- migrate:down\nDOWN").checksum == checksum)
  }

  @Test func `what changes the schema changes the checksum, the way down does not`() {
    let one = revision("CREATE TABLE a ();\n-- migrate:down\nDROP TABLE a;")
    let other = revision("CREATE TABLE b ();\n-- migrate:down\nDROP TABLE a;")
    let down = revision("CREATE TABLE a ();\n-- migrate:down\nDROP TABLE IF EXISTS a;")
    #expect(one.checksum != other.checksum)
    #expect(one.checksum == down.checksum)
    for number in 0..<300 {
      #expect(revision("\(number)\n-- migrate:down").checksum.count == 16)
    }
  }
}

@Suite struct RevisionsTests {
  @Test func `revisions are sorted, unique and named by date and number`() throws {
    let ids = Revisions.all.map(\.id)
    #expect(ids == ids.sorted())
    #expect(Set(ids).count == ids.count)
    for id in ids {
      #expect(try id.wholeMatch(of: Regex("[0-9]{4}_[0-9]{2}_[0-9]{2}_[0-9]{6}_[a-z0-9_]+")) != nil)
    }
    #expect(Revisions.head == ids.last)
  }

  @Test func `the first is the one that Alembic knew`() throws {
    let first = try #require(Revisions.all.first)
    #expect(first.id == "2025_10_31_000001_create_clients_table")
    #expect(first.alembic == "create_clients_0001")
  }

  @Test func `each goes up and down, without a transaction of its own`() {
    for revision in Revisions.all {
      #expect(!revision.up.isEmpty && !revision.down.isEmpty)
      for sql in [revision.up, revision.down] {
        let lines = sql.split(separator: "\n").map { $0.uppercased() }
        #expect(!lines.contains("BEGIN;") && !lines.contains("COMMIT;"))
        #expect(!sql.contains("$$ LANGUAGE") || sql.contains("FUNCTION"))
      }
    }
  }

  /// The contract's table, in its order.
  @Test func `the first makes the columns of the contract`() throws {
    let up = try #require(Revisions.all.first?.up)
    let columns = [
      "id uuid PRIMARY KEY", "type varchar(20) NOT NULL", "name varchar(255) NOT NULL",
      "company_name varchar(255)", "first_name varchar(100)", "last_name varchar(100)",
      "siret varchar(20)", "email varchar(255)", "phone varchar(50)", "address text",
      "city varchar(100)", "status varchar(20) NOT NULL DEFAULT 'active'",
      "tags text[] NOT NULL DEFAULT '{}'", "last_service varchar(50)",
      "contacts jsonb NOT NULL DEFAULT '[]'", "created_at timestamptz NOT NULL DEFAULT now()",
      "updated_at timestamptz NOT NULL DEFAULT now()",
    ]
    #expect(up.hasPrefix("CREATE TABLE clients (\n  \(columns.joined(separator: ",\n  "))\n);"))
    for index in ["(lower(email))", "(status)", "(name)", "(created_at DESC, id)"] {
      #expect(up.contains("ON clients \(index);"))
    }
    #expect(up.contains("BEFORE UPDATE ON clients"))
  }
}
