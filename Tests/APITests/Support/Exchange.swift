import Catalog
import Foundation

@testable import API

/// One request on its way through the functional core.
struct Exchange {
  static let clientsOnly = Application(
    [clients], title: Catalog.title, version: "1.2.3", revision: "2025_10_31_000001_create",
    origins: [])

  let application: Application
  var request = Request()
  var plan = Plan()
  var response = Response()
  private(set) var decision = Decision.respond

  init(
    _ method: String, _ target: String, _ fields: [Request.Field: String] = [:],
    body: [UInt8] = [], state: Request.BodyState = .whole,
    database: DatabaseState = .connected, of application: Application = Exchange.clientsOnly
  ) {
    self.application = application
    request.set(.method, method)
    request.set(.target, target)
    for (field, value) in fields { request.set(field, value) }
    request.body = request.receive { bytes, _ in
      bytes += body
      return bytes.count - body.count..<bytes.count
    }
    request.bodyState = state
    decision = application.plan(request, database: database, &plan, &response)
  }

  /// With a body of JSON text.
  init(_ method: String, _ target: String, json: String) {
    self.init(method, target, [.contentType: "application/json"], body: Array(json.utf8))
  }

  mutating func render(_ rows: FakeRows) {
    response.reset()
    application.render(request, plan, rows: rows, &response)
  }

  mutating func render(_ failure: DatabaseFailure) {
    response.reset()
    application.render(request, plan, failure: failure, &response)
  }

  // MARK: the answer

  var head: String { String(decoding: response.head, as: UTF8.self) }
  var text: String { String(decoding: response.body, as: UTF8.self) }

  /// The values of a header field, in the order in which they stand.
  func values(_ name: String) -> [String] {
    head.split(separator: "\r\n").compactMap {
      $0.hasPrefix("\(name): ") ? String($0.dropFirst(name.count + 2)) : nil
    }
  }

  var json: [String: Any] {
    (try? JSONSerialization.jsonObject(with: Data(response.body))) as? [String: Any] ?? [:]
  }

  var code: String { json["code"] as? String ?? "" }
  /// The sentence for the person at the screen.
  var error: String { json["error"] as? String ?? "" }

  /// `body.tags.1 string_type` for each entry of a 422's detail.
  var violations: [String] {
    (json["detail"] as? [[String: Any]] ?? []).map { entry in
      let steps = (entry["loc"] as? [Any] ?? []).map { "\($0)" }
      return steps.joined(separator: ".") + " \(entry["type"] ?? "")"
    }
  }

  // MARK: the plan

  var sql: String { plan.statement?.sql ?? "" }

  /// The parameters' bytes; nil is NULL.
  var parameters: [[UInt8]?] {
    plan.parameters.ranges.map { range in range.map { Array(plan.parameters.bytes[$0]) } }
  }

  /// The parameters as text, for those that are.
  var texts: [String?] {
    parameters.map { bytes in bytes.map { String(decoding: $0, as: UTF8.self) } }
  }
}

extension Decision {
  var isQuery: Bool { self == .query }
}
