/// One request as it was sent: the CGI variables that are used, and the body.
///
/// Reused from request to request: the bytes stay in one array, the fields are ranges of it.
public struct Request: Sendable {
  /// What is read of a request (RFC 3875 section 4.1).
  public enum Field: Int, CaseIterable, Sendable {
    case method, target, mount, contentType, contentLength
    /// nginx's name for the request, and the client's own where nobody stands between.
    case requestID, ownRequestID
    case ifMatch, ifNoneMatch, prefer
    case origin, accessControlRequestMethod

    /// The CGI variable that carries the field.
    public var parameterName: String {
      switch self {
      case .method: "REQUEST_METHOD"
      case .target: "REQUEST_URI"
      case .mount: "SCRIPT_NAME"
      case .contentType: "CONTENT_TYPE"
      case .contentLength: "CONTENT_LENGTH"
      case .requestID: "REQUEST_ID"
      case .ownRequestID: "HTTP_X_REQUEST_ID"
      case .ifMatch: "HTTP_IF_MATCH"
      case .ifNoneMatch: "HTTP_IF_NONE_MATCH"
      case .prefer: "HTTP_PREFER"
      case .origin: "HTTP_ORIGIN"
      case .accessControlRequestMethod: "HTTP_ACCESS_CONTROL_REQUEST_METHOD"
      }
    }
  }

  /// What became of the body on its way in.
  public enum BodyState: Sendable {
    case whole
    /// Its length is not what CONTENT_LENGTH says.
    case wrongLength
    /// Longer than the limit; what was read of it is dropped.
    case tooLarge
    /// Not kept, for want of memory.
    case dropped
  }

  /// Everything that is read of the request, one after the other.
  public private(set) var bytes: [UInt8] = []
  /// Where each field stands in `bytes`, by the field's raw value; empty when it was not sent.
  public private(set) var fields = [Range<Int>](repeating: 0..<0, count: Field.allCases.count)
  /// Where the body stands in `bytes`.
  public var body: Range<Int> = 0..<0
  /// Whether `body` is to be believed.
  public var bodyState = BodyState.whole

  /// An empty request.
  public init() {}

  /// Replaces the request: `read` fills the bytes and says where each field stands. Their memory is
  /// kept unless it is much.
  public mutating func receive<Body>(
    _ read: (inout [UInt8], inout [Range<Int>]) -> Body
  ) -> Body {
    trim()
    return read(&bytes, &fields)
  }

  /// Gives its memory back if it is much; the request is of no more use then.
  public mutating func trim() {
    if bytes.capacity > 65_536 { bytes = [] }
  }

  /// Where `field` stands; nil when it was not sent or is empty.
  func range(_ field: Field) -> Range<Int>? {
    let range = fields[field.rawValue]
    return range.isEmpty ? nil : range
  }

  /// The field as text, for what is off the hot path.
  public func text(_ field: Field) -> String? {
    range(field).map { String(decoding: bytes[$0], as: UTF8.self) }
  }

  /// Sets a field, as a test or a CGI environment does.
  public mutating func set(_ field: Field, _ value: String) {
    let start = bytes.count
    bytes.append(contentsOf: value.utf8)
    fields[field.rawValue] = start..<bytes.count
  }

  /// Whether method and target were sent.
  public var isComplete: Bool { range(.method) != nil && range(.target) != nil }

  /// The method, of those that are answered.
  var method: Method? {
    guard let range = range(.method),
      let method = Method(length: range.count, first: bytes[range.lowerBound])
    else { return nil }
    return method.name.utf8.elementsEqual(bytes[range]) ? method : nil
  }

  /// The request's identifier, written to logs and answers.
  public var id: String { text(.requestID) ?? "" }

  /// Sees to it that the request has an identifier of 8 to 128 characters of `[A-Za-z0-9._-]`:
  /// nginx's, else the client's own, else a new one.
  public mutating func identify(using random: inout some RandomNumberGenerator) {
    if isID(fields[Field.requestID.rawValue]) { return }
    let own = fields[Field.ownRequestID.rawValue]
    if isID(own) {
      fields[Field.requestID.rawValue] = own
    } else {
      let start = bytes.count
      bytes.appendHex(random.next(), digits: 16)
      bytes.appendHex(random.next(), digits: 16)
      fields[Field.requestID.rawValue] = start..<bytes.count
    }
  }

  private func isID(_ range: Range<Int>) -> Bool {
    8...128 ~= range.count
      && bytes[range].allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f: true
        default: false
        }
      }
  }
}

/// The methods of RFC 9110 section 9.3 and RFC 5789 that routes answer.
enum Method: UInt8, CaseIterable {
  case get, head, post, put, patch, delete, options

  /// The only one whose name has this length and begins so.
  init?(length: Int, first: UInt8) {
    switch (length, first) {
    case (3, UInt8(ascii: "G")): self = .get
    case (4, UInt8(ascii: "H")): self = .head
    case (4, UInt8(ascii: "P")): self = .post
    case (3, UInt8(ascii: "P")): self = .put
    case (5, UInt8(ascii: "P")): self = .patch
    case (6, UInt8(ascii: "D")): self = .delete
    case (7, UInt8(ascii: "O")): self = .options
    default: return nil
    }
  }

  var name: String {
    switch self {
    case .get: "GET"
    case .head: "HEAD"
    case .post: "POST"
    case .put: "PUT"
    case .patch: "PATCH"
    case .delete: "DELETE"
    case .options: "OPTIONS"
    }
  }
}

/// A set of methods, in the order in which `Allow` lists them.
struct Methods: OptionSet {
  let rawValue: UInt8

  init(rawValue: UInt8) { self.rawValue = rawValue }

  init(_ methods: Method...) {
    self.init(rawValue: methods.reduce(0) { $0 | 1 << $1.rawValue })
  }

  func contains(_ method: Method) -> Bool { rawValue & 1 << method.rawValue != 0 }

  var list: String {
    Method.allCases.filter { contains($0) }.map(\.name).joined(separator: ", ")
  }
}
