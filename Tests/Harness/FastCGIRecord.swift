/// Records of the FastCGI protocol as bytes, well-formed or not.
enum FastCGIRecord {
  enum Kind: UInt8 {
    case begin = 1
    case abort
    case end
    case parameters
    case input
    case output
    case errors
    case data
    case getValues
  }

  /// One record. Its fields are written as they are given.
  static func make(
    _ kind: Kind, _ content: [UInt8] = [], id: UInt16 = 1, version: UInt8 = 1, padding: Int = 0
  ) -> [UInt8] {
    [
      version, kind.rawValue, UInt8(id >> 8), UInt8(id & 255),
      UInt8(content.count >> 8), UInt8(content.count & 255), UInt8(padding), 0,
    ] + content + [UInt8](repeating: 0, count: padding)
  }

  /// BEGIN_REQUEST; role 1 is the responder's, flag 1 keeps the connection.
  static func begin(id: UInt16 = 1, role: UInt16 = 1, keep: Bool = false) -> [UInt8] {
    make(.begin, [UInt8(role >> 8), UInt8(role & 255), keep ? 1 : 0, 0, 0, 0, 0, 0], id: id)
  }

  /// Names and values as PARAMS carries them.
  static func pairs(_ parameters: [(String, String)]) -> [UInt8] {
    parameters.flatMap { name, value in
      length(name.utf8.count) + length(value.utf8.count) + Array(name.utf8) + Array(value.utf8)
    }
  }

  /// What nginx sends for a request.
  static func parameters(
    _ method: String, _ target: String, _ body: [UInt8], length: Int? = nil
  ) -> [(String, String)] {
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    return [
      ("REQUEST_METHOD", method), ("REQUEST_URI", target), ("SCRIPT_NAME", ""),
      ("QUERY_STRING", parts.count > 1 ? String(parts[1]) : ""),
      ("CONTENT_TYPE", body.isEmpty ? "" : "application/json"),
      ("CONTENT_LENGTH", body.isEmpty && length == nil ? "" : "\(length ?? body.count)"),
      ("REQUEST_ID", "fastcgi-peer-0001"),
    ]
  }

  /// A whole request: begin, parameters, input, each stream with its end.
  static func request(
    _ parameters: [(String, String)], body: [UInt8] = [], id: UInt16 = 1, keep: Bool = false
  ) -> [UInt8] {
    var bytes = begin(id: id, keep: keep) + make(.parameters, pairs(parameters), id: id)
    bytes += make(.parameters, id: id)
    var rest = body[...]
    while !rest.isEmpty {
      bytes += make(.input, Array(rest.prefix(65_535)), id: id)
      rest = rest.dropFirst(65_535)
    }
    return bytes + make(.input, id: id)
  }

  private static func length(_ count: Int) -> [UInt8] {
    count < 128
      ? [UInt8(count)]
      : [24, 16, 8, 0].map { UInt8(count >> $0 & 255) | ($0 == 24 ? 128 : 0) }
  }
}

/// The records that came back, as far as they are whole.
struct FastCGIAnswer: Sendable {
  /// One per END_REQUEST: the id of the request and what STDOUT carried for it.
  private(set) var answers: [(id: UInt16, output: String)] = []
  /// STDOUT without an END_REQUEST.
  private(set) var unfinished = ""

  init(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while rest.count >= 8 {
      let head = Array(rest.prefix(8))
      let length = Int(head[4]) << 8 | Int(head[5])
      guard head[0] == 1, rest.count >= 8 + length + Int(head[6]) else {
        throw Failure("a broken record: \(head)")
      }
      let content = rest.dropFirst(8).prefix(length)
      switch FastCGIRecord.Kind(rawValue: head[1]) {
      case .output: unfinished += String(decoding: content, as: UTF8.self)
      case .end:
        answers.append((UInt16(head[2]) << 8 | UInt16(head[3]), unfinished))
        unfinished = ""
      default: break
      }
      rest = rest.dropFirst(8 + length + Int(head[6]))
    }
    guard rest.isEmpty else { throw Failure("\(rest.count) bytes after the last record") }
  }

  /// Whether END_REQUEST came last, as far as one can tell without reading on.
  static func isWhole(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 16 && bytes[bytes.count - 15] == FastCGIRecord.Kind.end.rawValue
  }

  /// The `Status` of the only answer; nil when there is none or another too.
  var status: Int? {
    guard answers.count == 1,
      let line = answers[0].output.split(separator: "\r\n").first(
        where: { $0.hasPrefix("Status: ") })
    else { return nil }
    return Int(line.dropFirst(8).prefix(3))
  }
}
