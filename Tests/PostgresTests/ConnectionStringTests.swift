import Foundation
import Testing

@testable import Postgres

@Suite struct ConnectionStringTests {
  @Test(arguments: [
    (
      "postgresql://u@h1:5432,h2:5433/d", ["host": "h2,h1", "port": "5433,5432"]
    ),
    ("postgresql://u@h1,h2/d", ["host": "h2,h1"]),
    ("postgresql://u@h1,h2:5433/d", ["host": "h2,h1", "port": "5433,"]),
    ("host=/a,/b port=5433 dbname=d", ["host": "/b,/a", "port": "5433,5433"]),
    (
      "host=x,y hostaddr=192.0.2.1,192.0.2.2", ["host": "y,x", "hostaddr": "192.0.2.2,192.0.2.1"]
    ),
    ("hostaddr=192.0.2.1,192.0.2.2", ["hostaddr": "192.0.2.2,192.0.2.1"]),
    ("host=one", [:]), ("postgresql:///d", [:]),
  ])
  func hostsInAnotherOrder(_ text: String, _ options: [String: String]) throws {
    let string = try ConnectionString(text)
    #expect(string.options(inOrder: Array(string.hosts.indices.reversed())) == options)
    #expect(string.options(inOrder: Array(string.hosts.indices)) == [:])
  }

  @Test func aHostIsKnownByNameAndPort() throws {
    let string = try ConnectionString("postgresql://u@h:5433,h,/d?hostaddr=1.2.3.4,1.2.3.5,1.2.3.6")
    #expect(string.host(named: "h", port: "5433") == 0)
    #expect(string.host(named: "h", port: "5432") == 1)
    #expect(string.host(named: "1.2.3.6", port: "5432") == 2)
    #expect(string.host(named: "k", port: "5432") == nil)
  }

  static let urls: [(String, String)] = [
    ("postgresql://u:p@h:5432/d", "postgresql://u:p@h:5432/d"),
    ("postgres://u:p@h:5432/d", "postgresql://u:p@h:5432/d"),
    ("postgresql+psycopg2://u:p@h:5432/d", "postgresql://u:p@h:5432/d"),
    ("postgresql+psycopg://u:p@h:5432/d", "postgresql://u:p@h:5432/d"),
    ("postgresql+asyncpg://u:p@h/d", "postgresql://u:p@h/d"),
    ("  postgresql://u@h/d\n", "postgresql://u@h/d"), ("postgresql://", "postgresql://"),
    ("postgresql:///d", "postgresql:///d"), ("postgresql://h", "postgresql://h"),
    ("postgresql://u:p%40ss%2Fw%3Ard%25@h/d", "postgresql://u:p%40ss%2Fw%3Ard%25@h/d"),
    ("postgresql://u:%C3%A9@h/d?sslmode=require", "postgresql://u:%C3%A9@h/d?sslmode=require"),
    (
      "postgresql://u:p@h1:5432,h2:5433/d?target_session_attrs=read-write&connect_timeout=3",
      "postgresql://u:p@h1:5432,h2:5433/d?target_session_attrs=read-write&connect_timeout=3"
    ),
    ("postgresql://u@[::1]:5432/d", "postgresql://u@[::1]:5432/d"),
    (
      "postgresql://u:p@%2Fvar%2Frun%2Fpostgresql/d", "postgresql://u:p@%2Fvar%2Frun%2Fpostgresql/d"
    ),
    (
      "postgresql+psycopg2:///d?host=/run/postgresql&user=u",
      "postgresql:///d?host=/run/postgresql&user=u"
    ),
  ]

  @Test(arguments: urls)
  func `a URL is taken in every spelling of its scheme`(_ text: String, _ conninfo: String) throws {
    #expect(try ConnectionString(text).conninfo == conninfo)
  }

  /// Azure's users are `name@server`.
  @Test func `a user may hold what is percent-encoded`() {
    #expect(throws: Never.self) { try ConnectionString("postgresql://u%40server:p@h/d") }
  }

  @Test(arguments: [
    "host=h port=5432 dbname=d user=u password=p", "dbname=d", "host = h  dbname = 'd d'",
    "host=h password='p\\'q' sslmode=require", "host=h1,h2 port=1,2 target_session_attrs=any",
    "dbname=d password=a://b", "host=/run/postgresql user=u", "password=postgres://x@y/z dbname=d",
  ])
  func `a keyword string is taken as it is`(_ text: String) throws {
    #expect(try ConnectionString(text).conninfo == text)
    #expect(try ConnectionString(" \(text)\n").conninfo == text)
  }

  @Test(arguments: [
    "", " ", "\n\t", "x", "localhost", "mysql://u:p@h/d", "http://h/d", "://h/d", "+psycopg2://h/d",
    "Server", "postgresql:", "postgresql:/h/d", "postgresqlx://h/d", "sqlite:///x.db",
    "postgresql://u:%zz@h/d", "postgresql://u:%@h/d", "postgresql://u:%0@h/d",
    "postgresql://u:%00@h/d", "postgresql://u:p@h/d?unknown=1", "postgresql://u:p@h/d?sslmode",
    "postgresql://[::1/d", "host=h unknown=1", "host=h password='open", "host=h x", "=x",
    "host=h\u{0} dbname=d", "postgresql://u:p\u{0}@h/d",
  ])
  func `what libpq could not use is refused with a reason`(_ text: String) throws {
    let error = try #require(throws: ConnectionString.Unusable.self) {
      try ConnectionString(text)
    }
    #expect(!error.description.isEmpty)
    #expect(!error.description.contains("\n"))
  }

  /// Each is refused, and each has the password where something is wrong.
  static let canaries = [
    "CANARY", "CANARY://u:p@h/d", "mysql://u:CANARY@h/d", "postgresql://u:CANARY%zz@h/d",
    "postgresql://u:%zzCANARY@h/d", "postgresql://u:CANARY%@h/d", "postgresql://u:CANARY%00@h/d",
    "postgresql://u:p@h/d?password=CANARY%zz", "postgresql://u:p@h/d?CANARY",
    "postgresql://u:p@h/d?CANARY=1", "postgresql://u:p@h/d?x=CANARY",
    "postgresql://u:CA\"NARY%zz@h/d\"CANARY", "host=h password=a CANARY", "host=h password='CANARY",
    "host=h password=x CANARY=1", "host=h password=CANARY sslmod=x", "password=CANARY x",
    "host=h password='a\"CANARY\" ", "postgresql://u:CANARY@[h/d", "postgresql://u:p@[CANARY",
    "host=h password=a \"CANARY\" CANARY", "postgresql://u:\"%zzCANARY\"@h/d",
    // A mark behind the quotation mark makes another Character of it.
    "\u{357}hostCANARY=1", "host=h \u{301}CANARY=1", "postgresql://u:\u{301}CANARY%zz@h/d",
  ]

  @Test(arguments: canaries)
  func `a refusal holds no secret`(_ text: String) throws {
    let error = try #require(throws: ConnectionString.Unusable.self) {
      try ConnectionString(text)
    }
    #expect(!error.description.contains("CANARY"))
    #expect(!"\(error)".contains("CANARY") && !String(reflecting: error).contains("CANARY"))
  }

  /// libpq reads these, takes a piece of the password for something else, and would quote it when
  /// it connects.
  @Test(arguments: [
    "postgresql://u:CANARY/x@127.0.0.1/d", "postgresql://u:1/CANARY@127.0.0.1:1/d",
    "postgresql://u:pa@CANARY@h/d", "postgresql://u:p/CANARY@h/d", "postgres://u:CANARY/@h",
    "postgresql+psycopg2://u:pa@CANARY@h:5432/d", "postgresql://u:CANARY#x/y@h/d",
  ])
  func `a password that is not percent-encoded is refused`(_ text: String) throws {
    let error = try #require(throws: ConnectionString.Unusable.self) {
      try ConnectionString(text)
    }
    #expect(!error.description.contains("CANARY"))
    #expect(error.description.contains("percent-encode"))
  }

  @Test func `a string never shows its password where it is described`() throws {
    let string = try ConnectionString("postgresql://u:CANARY@h/d")
    #expect(!"\(string)".contains("CANARY"))
    #expect(!String(reflecting: string).contains("CANARY"))
  }

  @Test func `a service file holds what libpq read`() throws {
    let url = try ConnectionString(
      "postgresql+psycopg2://me:p%40%20ss@a.example,b.example:5433/erp?sslmode=require")
    #expect(
      try url.serviceSection("source")
        == "[source]\ndbname=erp\nhost=a.example,b.example\npassword=p@ ss\nport=,5433\nsslmode=require\nuser=me\n"
    )
    let words = try ConnectionString(#"host=/run/postgresql password='a \'b' dbname="#)
    #expect(
      try words.serviceSection("x") == "[x]\nhost=/run/postgresql\npassword=a 'b\n")
  }

  @Test(arguments: [
    "host=h password='CANARY\n[source]'", "postgresql://u:CANARY%0Ahost=x@h/d",
    "postgresql://u:CANARY%20@h/d", "service=CANARY",
  ])
  func `what a service file cannot hold is refused`(_ text: String) throws {
    let string = try ConnectionString(text)
    let error = try #require(throws: ConnectionString.Unusable.self) {
      try string.serviceSection("source")
    }
    #expect(!error.description.contains("CANARY"))
  }
}
