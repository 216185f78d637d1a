import Foundation

@testable import Harness

/// Answers that tell whether a session's settings shine through: every type of column, every order,
/// filter and search, and what is refused. Its rows are its own, so that the load does not change them.
final class AnswerSample {
  /// An answer without what is another each time.
  struct Bytes: Equatable {
    let request: String
    let status: Int
    let headers: [String]
    let body: [UInt8]
  }

  private let site: Site
  private let city: String
  private let mark: String
  private let id: String
  private let tag: String
  private let address: String
  /// Writes that were sent again: see ``answers(repeatingWrites:)``.
  private(set) var repeats = 0

  init(_ site: Site) throws {
    self.site = site
    mark = unique()
    address = "\(mark)@École.example"
    city = try site.fill(
      9,
      set:
        "first_name = E'back\\\\slash ''quoted'' \\u00e9', tags = ARRAY['a', 'NULL', '', E'\\\\'],"
        + " updated_at = '2025-10-31 10:00:00.123456+00', email = name || '@' || city || '.fr'")
    let row = try site.created(
      client([
        "name": .string("Été \(mark) 100 %"), "email": .string(address), "city": .string(city),
        "tags": ["x", "NULL", "é\\\"'"],
        "contacts": [["id": "1", "firstName": "Zoë", "lastName": "O'\\Brien", "roles": ["a"]]],
      ]))
    guard let id = row["id"].string else { throw Failure("no id: \(row)") }
    self.id = id
    tag = try site.get("/clients/\(id)")["ETag"] ?? "none"
  }

  /// The same requests each time.
  ///
  /// - Parameter repeats: where sessions are ended for being idle a write may meet such an end. That is
  ///   a 503, and says nothing of the settings; it is sent again. A read is never refused for it.
  func answers(repeatingWrites repeats: Bool = false) throws -> [Bytes] {
    let targets = [
      "/clients/\(id)", "/clients/?city=\(city)",
      "/clients/?city=\(city)&sort=-created_at,name&limit=3",
      "/clients/?city=\(city)&sort=updated_at&limit=4",
      "/clients/?city=\(city)&limit=2&fields=id,created_at",
      "/clients/search/\(percentEncoded("été \(mark) 100 %"))",
      "/clients/search/\(percentEncoded("\\"))?city=\(city)",
      "/clients/?q=\(mark)&type=company", "/clients/status/active?city=\(city)&sort=email",
      nobody, "/clients/?limit=x", "/clients/x",
    ]
    var all = try targets.map { try bytes("GET", $0) }
    let page = try site.get("/clients/?city=\(city)&limit=3&sort=-updated_at,name")
    if let next = page.next { all.append(try bytes("GET", next)) }
    all.append(try bytes("GET", "/clients/?city=\(city)", "Prefer: count=exact"))
    all.append(try bytes("GET", "/clients/\(id)", "If-None-Match: \(tag)"))
    let limit = repeats ? 1.0 : 0
    all.append(
      try bytes(
        "PATCH", "/clients/\(id)", "If-Match: \"stale\"", body: #"{"city":"x"}"#, within: limit))
    all.append(
      try bytes(
        "POST", "/clients/",
        body: #"{"type":"company","name":"x","email":"\#(address.uppercased())"}"#, within: limit))
    all.append(try bytes("POST", "/clients/", body: #"{"type":"nothing"}"#, within: limit))
    return all
  }

  /// Creates, changes and deletes a row; its times, as the answers told them. Each of the three may meet
  /// the end of an idle session, see ``answers(repeatingWrites:)``.
  func write() throws -> (created: Date, updated: Date) {
    let made = try repeated(within: 1) {
      try site.create(client(["firstName": "back\\slash '"]))
    }
    guard made.status == 201 else { throw Failure("not created: \(made)") }
    let row = made.json["data"]
    let target = "/clients/\(row["id"].string ?? "")"
    let changed = try repeated(within: 1) {
      try site.send("PATCH", target, json: ["lastName": "\\'"])
    }
    guard changed.status == 200, changed.json["data"]["first_name"] == "back\\slash '",
      changed.json["data"]["last_name"] == "\\'",
      let created = Self.date(row["created_at"]),
      let updated = Self.date(changed.json["data"]["updated_at"])
    else { throw Failure("not changed: \(changed)") }
    // A delete that was done although its answer was lost is a 404 when sent again.
    let before = repeats
    let deleted = try repeated(within: 1) { try site.delete(target) }
    guard deleted.status == 200 || repeats > before && deleted.status == 404 else {
      throw Failure("not deleted: \(deleted)")
    }
    return (created, updated)
  }

  /// What is answered, a 503 asked again for so many seconds.
  private func repeated(within seconds: Double, _ ask: () throws -> Answer) rethrows -> Answer {
    let deadline = Deadline(seconds: seconds)
    var answer = try ask()
    while answer.status == 503 && !deadline.hasPassed {
      repeats += 1
      answer = try ask()
    }
    return answer
  }

  /// - Parameter seconds: for how long a 503 is asked again.
  private func bytes(
    _ method: String, _ target: String, _ headers: String..., body: String? = nil,
    within seconds: Double = 0
  ) throws -> Bytes {
    let answer = try repeated(within: seconds) {
      try site.send(
        method, target,
        headers + ["X-Request-Id: sample-of-answers"] + (body == nil ? [] : [Site.jsonType]),
        body: body.map { Array($0.utf8) })
    }
    return Bytes(
      request: "\(method) \(target)", status: answer.status,
      headers: answer.headers.filter { $0.name != "date" }.map { "\($0.name): \($0.value)" },
      body: answer.body)
  }

  private static func date(_ json: JSON) -> Date? {
    let formatter = ISO8601DateFormatter()
    formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
    return json.string.flatMap(formatter.date(from:))
  }
}
