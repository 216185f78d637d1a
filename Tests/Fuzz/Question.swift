import Foundation

@testable import API

/// A request of any bytes at the functional core, and what holds for every answer.
struct Question {
  var request = Request()
  var plan = Plan()
  var response = Response()
  let decision: Decision

  /// - Parameter before: bytes that stand before the body, as parameters do.
  init(
    _ method: String, _ target: [UInt8], _ fields: [Request.Field: [UInt8]] = [:],
    body: [UInt8] = [], before: [UInt8] = []
  ) {
    request.set(.method, method)
    request.body = request.receive { bytes, ranges in
      func set(_ field: Request.Field, _ value: [UInt8]) {
        bytes += value
        ranges[field.rawValue] = bytes.count - value.count..<bytes.count
      }
      set(.target, target)
      for field in Request.Field.allCases {
        if let value = fields[field] { set(field, value) }
      }
      bytes += before + body
      return bytes.count - body.count..<bytes.count
    }
    decision = Exchange.clientsOnly.plan(request, database: .connected, &plan, &response)
    check(longest: 65_536 + 8 * request.bytes.count)
  }

  private func check(longest: Int) {
    switch decision {
    case .query:
      let types = plan.statement?.parameterTypes
      expect(types?.count == plan.parameters.ranges.count, "a parameter too many or too few")
      expect(plan.parameters.bytes.count <= longest, "\(plan.parameters.bytes.count) bytes")
      for range in plan.parameters.ranges {
        expect(
          (range?.upperBound ?? 0) <= plan.parameters.bytes.count, "a parameter out of bounds")
      }
    case .respond:
      expect(Response.statuses.contains(response.status), "\(response.status)")
      expect(response.status < 500, "\(response.status)")
      expect(response.body.count <= longest, "\(response.body.count) bytes of answer")
      expect(String(validating: response.head, as: UTF8.self) != nil, "a head not in UTF-8")
      checkHead()
      if !response.body.isEmpty, response.contentType == .json {
        expect(
          try JSONSerialization.jsonObject(with: Data(response.body)) is [String: Any],
          "an answer that is no JSON: \(String(decoding: response.body, as: UTF8.self))")
      }
    default: break
    }
  }

  /// Lines of `Name: value`, none of them the client's making.
  private func checkHead() {
    let text = String(decoding: response.head, as: UTF8.self)
    expect(text.hasSuffix("\r\n\r\n"), "a head without an end: \(text)")
    for line in text.dropLast(4).split(separator: "\r\n", omittingEmptySubsequences: false) {
      expect(
        line.contains(": ") && !line.utf8.contains { $0 < 0x20 || $0 == 0x7f },
        "a line of the head: \(line)")
    }
  }

  func parameter(_ index: Int) -> [UInt8]? {
    plan.parameters.ranges[index].map { Array(plan.parameters.bytes[$0]) }
  }

  /// Whether it is answered as `other` is.
  func isSame(as other: Question) -> Bool {
    decision == other.decision && response.status == other.response.status
      && response.body == other.response.body
      && plan.parameters.bytes == other.plan.parameters.bytes
      && plan.parameters.ranges == other.plan.parameters.ranges
      && plan.statement?.sql == other.plan.statement?.sql
  }
}

/// Whether a parameter or cell is what PostgreSQL takes for text.
func isText(_ bytes: [UInt8]) -> Bool {
  !bytes.contains(0) && String(validating: bytes, as: UTF8.self) != nil
}
