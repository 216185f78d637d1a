import Foundation
import Testing

@testable import Harness

/// A secret and a person that are nowhere to be found but where they belong: the password in the
/// responder's environment, the person in the database and in answers about them.
struct Canary {
  let password = "canary-secret-\(unique())"
  /// Part of the person's name, address and telephone number, and of no other row.
  let person = "canari-\(unique())"

  /// The last name in every row of the load, and in what it sends that is refused: one that is under
  /// way when things go wrong.
  let customer = "chaland-\(unique())"

  /// What the ledger is told by its environment: command lines are searched.
  var environment: [String: String] {
    ["LEDGER_LAST_NAME": customer, "LEDGER_SECRET": password]
  }

  /// In SQL: rows of others.
  static let others = "name NOT LIKE '%canari-%'"

  /// A body that creates the person.
  var body: JSON {
    client([
      "name": .string("Madame \(person)"), "email": .string("\(person)@example.fr"),
      "phone": .string("+33 \(person)"), "address": .string("1, rue \(person)"),
    ])
  }

  /// Asks for the person in every way there is, with answers of success and of failure.
  func appear(at site: Site) throws {
    let answer = try site.create(body)
    guard answer.status == 201, let target = answer["location"] else {
      throw Failure("the canary was not created: \(answer)")
    }
    let name = person
    for (method, path, text) in [
      ("GET", target, nil), ("GET", "/clients/search/\(name)", nil),
      ("GET", "/clients/?q=\(name)", nil), ("GET", "/clients/?city=\(name)", nil),
      ("GET", "/clients/status/active?q=\(name)", nil),
      ("POST", "/clients/", body.text),
      ("POST", "/clients/", #"{"name":"\#(name)","email":"\#(name)"}"#),
      ("POST", "/clients/", #"{"name":"\#(name)"#),
      ("PATCH", target, #"{"address":"2, rue \#(name)"}"#),
    ] {
      // The load has the connections; what comes of it does not matter here.
      _ = try site.client.request(
        method, path, text == nil ? [] : [Site.jsonType], body: text.map { Array($0.utf8) })
    }
  }

  /// Looks for all three in everything that others may read, and in the files `others`.
  func check(_ site: Site, _ others: [String] = []) throws {
    var places: [(String, [UInt8])] = try (site.logFiles() + others).map { ($0, try read($0)) }
    places += try Self.commandLines()
    places.append(("/metrics", Array(try site.get("/metrics").text.utf8)))
    places.append(("/health", Array(try site.get("/health").text.utf8)))
    places.append(("/health/ready", Array(try site.client.request("GET", "/health/ready").body)))
    // Values are parameters, never part of a statement's text. A scenario may end with its first
    // server gone for good; CanaryTests look there always.
    if let statements = try? Self.statements(of: site) {
      places.append(("pg_stat_activity", Array(statements.utf8)))
    }
    for (place, bytes) in places {
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(!text.contains(password), "the password is in \(place)")
      #expect(!text.contains(person), "the person is in \(place)")
      #expect(!text.contains(customer), "the load's customer is in \(place)")
    }
    if let pid = site.responder.process?.pid {
      #expect(
        try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd")
          == site.responder.directory, "a core file would be elsewhere")
    }
    let cores = try site.coreFiles()
    #expect(cores.isEmpty, "core files: \(cores)")
  }

  /// What the server shows of the responder's sessions.
  static func statements(of site: Site) throws -> String {
    try site.database.psql("SELECT query FROM pg_stat_activity WHERE application_name = 'erp-back'")
  }

  private func read(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  /// What `ps` shows of every process.
  private static func commandLines() throws -> [(String, [UInt8])] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { name in
      guard Int(name) != nil, name != "\(getpid())",
        let data = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(name)/cmdline"))
      else { return nil }
      return ("the command line of process \(name)", Array(data))
    }
  }
}

extension Site {
  /// What the responder and nginx have written.
  func written() throws -> String {
    try logFiles().map {
      String(decoding: try Data(contentsOf: URL(fileURLWithPath: $0)), as: UTF8.self)
    }
    .joined()
  }

  /// The responder's log and what it printed, nginx's access and error logs.
  fileprivate func logFiles() throws -> [String] {
    let nginx = URL(fileURLWithPath: nginxConfiguration).deletingLastPathComponent().path
    return [
      responder.logPath, responder.logPath + ".out", nginx + "/access.log", nginx + "/error.log",
    ].filter(Workbench.exists)
  }

  /// In the directories where the responder and the database's servers work.
  fileprivate func coreFiles() throws -> [String] {
    let files = FileManager.default
    let place = try database.place
    let servers = [place, place + "-standby"].map { $0 + "/data" }.filter(Workbench.exists)
    // Of the servers no directory below: files in those come and go.
    let paths =
      try files.subpathsOfDirectory(atPath: responder.directory)
      + servers.flatMap { try files.contentsOfDirectory(atPath: $0) }
    return paths.filter { path in
      let name = path.split(separator: "/").last ?? ""
      return name == "core" || name.hasPrefix("core.")
    }
  }
}
