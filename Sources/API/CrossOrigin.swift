/// Cross-origin resource sharing (https://fetch.spec.whatwg.org/#http-cors-protocol): off unless
/// origins are listed.
struct CrossOrigin: Sendable {
  private let origins: [[UInt8]]
  private let isAny: Bool

  /// - Parameter origins: such as `https://app.example.fr`; `*` for all.
  init(_ origins: [String]) {
    self.origins = origins.map { Array($0.utf8) }
    isAny = origins.contains("*")
  }

  var isOff: Bool { origins.isEmpty }

  /// Adds the fields of an answer, and of a preflight where the request is one.
  func write(_ request: borrowing Request, methods: Methods?, into response: inout Response) {
    guard !isOff else { return }
    if !isAny { response.field("Vary", "Origin") }
    guard let origin = request.range(.origin),
      isAny || origins.contains(where: { $0.elementsEqual(request.bytes[origin]) })
    else { return }
    response.field("Access-Control-Allow-Origin") { output in
      if isAny {
        output.append("*")
      } else {
        output.append(contentsOf: request.bytes[origin])
      }
    }
    response.field(
      "Access-Control-Expose-Headers",
      "ETag, Link, Location, Preference-Applied, Retry-After, X-Request-Id")
    guard let methods, request.range(.accessControlRequestMethod) != nil else { return }
    response.field("Access-Control-Allow-Methods", methods.list)
    response.field(
      "Access-Control-Allow-Headers",
      "Authorization, Content-Type, If-Match, If-None-Match, Prefer, X-Request-Id")
    response.field("Access-Control-Max-Age", "600")
  }
}
