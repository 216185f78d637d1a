/// What a body is (RFC 9110 section 8.3).
enum ContentType: CaseIterable, Sendable {
  case json
  /// Prometheus' text format.
  case metrics
  case html

  /// `Content-Type`, and the beginning of `Content-Length` behind it.
  fileprivate var fields: [UInt8] {
    switch self {
    case .json: Self.jsonFields
    case .metrics: Self.metricsFields
    case .html: Self.htmlFields
    }
  }

  private static let jsonFields = fields("application/json")
  // https://prometheus.io/docs/instrumenting/exposition_formats/
  private static let metricsFields = fields("text/plain; version=0.0.4; charset=utf-8")
  private static let htmlFields = fields("text/html; charset=utf-8")

  private static func fields(_ type: String) -> [UInt8] {
    Array("Content-Type: \(type)\r\nContent-Length: ".utf8)
  }
}

/// The answer to one request, in buffers that are reused for the next.
public struct Response: Sendable {
  /// `Status:` and the header fields, each ending in CR LF, an empty line last
  /// (RFC 3875 section 6).
  public private(set) var head: [UInt8] = []
  /// The body as sent; empty for HEAD.
  public internal(set) var body: [UInt8] = []
  /// RFC 9110 section 15.
  public internal(set) var status = 200
  /// Of the body; a failure is always JSON.
  var contentType = ContentType.json
  /// Whether the connection may carry another request.
  public internal(set) var mayKeepConnection = true

  /// Header fields but the ones `finish` adds.
  private var fields: [UInt8] = []
  /// An empty answer.
  public init() {}

  /// Forgets the last answer, keeps its memory unless it was a large one.
  public mutating func reset() {
    if body.capacity > 262_144 {
      body = []
    } else {
      body.removeAll(keepingCapacity: true)
    }
    head.removeAll(keepingCapacity: true)
    fields.removeAll(keepingCapacity: true)
    status = 200
    contentType = .json
    mayKeepConnection = true
  }

  /// - Parameter value: holds no CR and no LF.
  mutating func field(_ name: StaticString, _ value: String) {
    fields.append(name)
    fields.append(contentsOf: Self.colon)
    fields.append(contentsOf: value.utf8)
    fields.append(contentsOf: Self.lineEnd)
  }

  /// Adds a field whose value `write` appends.
  mutating func field(_ name: StaticString, write: (inout [UInt8]) -> Void) {
    fields.append(name)
    fields.append(contentsOf: Self.colon)
    write(&fields)
    fields.append(contentsOf: Self.lineEnd)
  }

  /// Puts the failure envelope into the body.
  mutating func write(_ problem: Problem, requestID: String) {
    status = problem.status
    contentType = .json
    if let allow = problem.allow { field("Allow", allow.list) }
    if let seconds = problem.retryAfter { field("Retry-After", "\(seconds)") }
    body.removeAll(keepingCapacity: true)
    body.append(#"{"success":false,"data":null,"error":"#)
    body.appendJSON(problem.message)
    body.append(#","code":"#)
    body.appendJSON(problem.code)
    body.append(#","detail":"#)
    if let violations = problem.violations {
      body.appendJSON(violations)
    } else {
      body.appendJSON(problem.message)
    }
    if let field = problem.field {
      body.append(#","field":"#)
      body.appendJSON(field)
    }
    body.append(#","request_id":"#)
    body.appendJSON(requestID)
    body.append("}")
  }

  /// Builds `head`; for HEAD the body's length stands and the body goes.
  mutating func finish(isHead: Bool, requestID: Span<UInt8>) {
    head.append(contentsOf: Self.statusLines[status - 200])
    if status != 204 && status != 304 {
      head.append(contentsOf: contentType.fields)
      head.appendDecimal(body.count)
      head.append(contentsOf: Self.lineEnd)
    }
    head.append(contentsOf: fields)
    if !requestID.isEmpty {
      head.append(contentsOf: Self.requestIDField)
      head.append(requestID)
      head.append(contentsOf: Self.lineEnd)
    }
    head.append(contentsOf: Self.lineEnd)
    if isHead { body.removeAll(keepingCapacity: true) }
  }

  private static let requestIDField = Array("X-Request-Id: ".utf8)
  private static let colon = Array(": ".utf8)
  private static let lineEnd = Array("\r\n".utf8)

  /// Every status that is answered, rising.
  static var statuses: [Int] { reasons.keys.sorted() }

  /// RFC 9110 section 15.
  private static let reasons = [
    200: "OK", 201: "Created", 204: "No Content", 304: "Not Modified", 400: "Bad Request",
    404: "Not Found", 405: "Method Not Allowed", 409: "Conflict", 412: "Precondition Failed",
    413: "Content Too Large", 415: "Unsupported Media Type", 422: "Unprocessable Content",
    500: "Internal Server Error", 503: "Service Unavailable",
  ]

  /// The line of every status from 200 to 599.
  private static let statusLines = (200..<600).map { status in
    Array("Status: \(status)\(reasons[status].map { " " + $0 } ?? "")\r\n".utf8)
  }
}
