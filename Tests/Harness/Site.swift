import Foundation
import Synchronization
import Testing

/// A whole site: a database of its own, a responder and an nginx, as they ship.
final class Site: Sendable {
  struct Options {
    /// Further variables of the responder.
    var environment: [String: String] = [:]
    /// A cluster of the site's own, that its test may stop.
    var ownsCluster = false
    /// Leaves the cluster stopped when the responder starts.
    var startsWithoutDatabase = false
    /// Of the responder's role, in its DATABASE_URL.
    var password: String?
    /// Makes the responder's DATABASE_URL of the site's database and the password; without it, it is
    /// the database's own with the password.
    var address: (@Sendable (Database, _ password: String?) throws -> String)?
    /// A second server, that mounts the API under `/api/`.
    var mountsAPI = false
  }

  let database: Database
  let cluster: Cluster
  let responder: Responder
  let port: UInt16
  /// The port of the server that mounts `/api/`.
  let apiPort: UInt16?
  private let directory: String
  private let ownsCluster: Bool

  var client: HTTPClient { HTTPClient(port: port) }

  /// The site of all tests that stop nothing and look at their own rows only. Started once, by the
  /// first test that asks; ended with the run.
  static func shared() throws -> Site { try sharedOutcome.get() }

  /// Gives `work` a site of its own, and ends it.
  static func new(_ options: Options = Options(), _ work: (Site) throws -> Void) throws {
    let site = try start(options)
    defer { site.end() }
    try work(site)
  }

  /// The same; and after `work` the process that began is still the one that serves, and has let
  /// go of every connection.
  static func newWithWatchedResponder(
    _ options: Options = .init(), _ work: (Site) throws -> Void
  ) throws {
    try new(options) { site in
      let process = try #require(site.responder.process)
      func descriptors() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.pid)/fd").count
      }
      let before = try descriptors()
      try work(site)
      #expect(try site.responder.request("GET", "/health/live").status == 200)
      #expect(try site.get("/clients/").status == 200)
      #expect(process.isRunning)
      // More connections to the database, and from nginx, may have been opened meanwhile.
      try eventually("connections are let go of", within: 20) { try descriptors() < before + 20 }
    }
  }

  private static let sharedOutcome = Result { () throws -> Site in
    let site = try start(Options(mountsAPI: true))
    atexit { try? Site.shared().end() }
    return site
  }

  private static func start(_ options: Options) throws -> Site {
    let name = unique()
    let workbench = try Workbench.require()
    let directory = "\(workbench.directory)/\(name)"
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o755])
    let cluster = try options.ownsCluster ? Cluster.new(in: directory + "-pg") : .shared()
    do {
      let database = try cluster.database(name)
      let migration = try database.erpBack(["migrate", "upgrade", "head"])
      guard migration.status == 0 else { throw Failure("migrate: \(migration.errors)") }
      if options.startsWithoutDatabase { try cluster.stop() }
      let site = try Site(directory, cluster, database, options)
      do {
        if !options.startsWithoutDatabase { try site.waitUntilReady() }
        return site
      } catch {
        site.end()
        throw error
      }
    } catch {
      if options.ownsCluster { try? cluster.stop() }
      throw error
    }
  }

  private init(
    _ directory: String, _ cluster: Cluster, _ database: Database, _ options: Options
  ) throws {
    self.directory = directory
    self.cluster = cluster
    self.database = database
    ownsCluster = options.ownsCluster
    let url =
      try options.address?(database, options.password)
      ?? Database.url(database.url, password: options.password)
    responder = Responder(
      directory: directory, databaseURL: url, environment: options.environment)
    try responder.start()
    do {
      (port, apiPort) = try Self.startNginx(directory, responder, mountsAPI: options.mountsAPI)
    } catch {
      responder.end()
      throw error
    }
  }

  func end() {
    responder.end()
    if let scripts = Workbench.current?.scripts {
      _ = try? Output.of(scripts + "/site", ["stop", directory])
    }
    if ownsCluster { try? cluster.stop() }
  }

  /// The main file of the site's nginx.
  var nginxConfiguration: String { directory + "/nginx/nginx.conf" }

  /// What nginx has logged by now.
  func accessLog() -> String {
    (try? String(contentsOfFile: directory + "/nginx/access.log", encoding: .utf8)) ?? ""
  }

  func waitUntilReady(within seconds: Double = 10) throws {
    try eventually("the site is ready: \(responder.log())", within: seconds) {
      (try? client.request("GET", "/health/ready").status) == 200
    }
  }

  /// One request. Whatever the answer is, it must keep the promises that hold for every answer.
  func send(
    _ method: String, _ target: String, _ headers: [String] = [], body: [UInt8]? = nil
  ) throws -> Answer {
    let answer = try client.request(method, target, headers, body: body)
    try answer.checkPromises(of: "\(method) \(target.prefix(200))", isHead: method == "HEAD")
    return answer
  }

  func get(_ target: String, _ headers: String...) throws -> Answer {
    try send("GET", target, headers)
  }

  func delete(_ target: String, _ headers: String...) throws -> Answer {
    try send("DELETE", target, headers)
  }

  /// POST, PUT or PATCH with a JSON body.
  func send(_ method: String, _ target: String, _ headers: String..., json: JSON) throws -> Answer {
    try send(method, target, headers + [Self.jsonType], body: Array(json.text.utf8))
  }

  /// The same with the text as it stands.
  func send(_ method: String, _ target: String, text: String) throws -> Answer {
    try send(method, target, [Self.jsonType], body: Array(text.utf8))
  }

  func create(_ json: JSON) throws -> Answer { try send("POST", "/clients/", json: json) }

  /// Creates a client that must be accepted; the answer's row.
  func created(_ json: JSON) throws -> JSON {
    let answer = try create(json)
    guard answer.status == 201 else { throw Failure("not created: \(answer)") }
    return answer.json["data"]
  }

  /// What `request` answers whose statement waits this many seconds for the table.
  func withStatement<Outcome: Sendable>(
    waiting seconds: Double, _ request: @escaping @Sendable () throws -> Outcome
  ) throws -> Outcome? {
    let holder = try database.hold(
      "BEGIN; LOCK TABLE clients IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(60)")
    try eventually("the table is locked") {
      try self.database.isLocked("clients", "AccessExclusiveLock")
    }
    return try together(2) { index -> Outcome? in
      if index == 0 { return try request() }
      try eventually("a statement has waited for \(seconds) s") {
        try self.database.hasWaiter(for: seconds)
      }
      try self.database.release(holder)
      return nil
    }[0]
  }

  static let jsonType = "Content-Type: application/json"

  private static func startNginx(
    _ directory: String, _ responder: Responder, mountsAPI: Bool
  ) throws -> (UInt16, UInt16?) {
    var failure = Failure("nginx was not tried")
    for _ in 0..<3 {  // another process may take a free port first
      let port = try Socket.freePort()
      let apiPort = mountsAPI ? try Socket.freePort() : nil
      let output = try Output.of(
        Workbench.require().scripts + "/site",
        ["start", directory, "\(port)", responder.socketPath]
          + (apiPort.map { ["\($0)"] } ?? []))
      if output.status == 0 { return (port, apiPort) }
      failure = Failure("nginx: \(output.errors)\(output.out)")
    }
    throw failure
  }
}

extension Answer {
  /// What the contract says of every answer: an id, a length, and for a failure the envelope, with
  /// the members in their order.
  func checkPromises(of request: String, isHead: Bool) throws {
    guard let id = self["x-request-id"], id.wholeMatch(of: /[A-Za-z0-9._-]{8,128}/) != nil else {
      throw Failure("\(request): no X-Request-Id: \(self) \(headers)")
    }
    if isHead || status == 204 || status == 304 {
      guard body.isEmpty else { throw Failure("\(request): a body where none may be: \(self)") }
      return
    }
    guard self["content-length"] != nil else { throw Failure("\(request): no Content-Length") }
    guard status >= 400 else { return }
    guard self["content-type"] == "application/json" else {
      throw Failure("\(request): not JSON: \(self["content-type"] ?? "") \(self)")
    }
    let code = json["code"].string ?? ""
    let error = json["error"].string ?? ""
    let envelope = try Regex(
      #"\{"success":false,"data":null,"error":".+","code":"\#(code)","detail":.+,"#
        + #"("field":"[A-Za-z]+",)?"request_id":"\#(NSRegularExpression.escapedPattern(for: id))"\}"#
    ).dotMatchesNewlines()
    guard text.wholeMatch(of: envelope) != nil, !code.isEmpty, !error.isEmpty,
      (json["field"] != .absent) == (status == 409),
      status == 422 ? json["detail"].array != nil : json["detail"] == json["error"]
    else { throw Failure("\(request): not the envelope: \(self)") }
  }

  /// The violations of a 422 as `loc type`, for example `body.contacts.0.id missing`.
  var violations: [String] {
    (json["detail"].array ?? []).map { violation in
      let location = (violation["loc"].array ?? []).map { part in
        if case .number(let index) = part { "\(index)" } else { part.string ?? "?" }
      }
      return location.joined(separator: ".") + " " + (violation["type"].string ?? "?")
    }
  }

  /// The ids of a list's rows.
  var ids: [String] { (json["data"].array ?? []).compactMap { $0["id"].string } }

  /// One column of a list's rows.
  func column(_ name: String) -> [JSON] { (json["data"].array ?? []).map { $0[name] } }

  /// The target of `Link` with `rel="next"`; nil when there is no more.
  var next: String? {
    guard let match = (self["link"] ?? "").firstMatch(of: /<([^>]*)>;\s*rel="next"/) else {
      return nil
    }
    return String(match.1)
  }
}
