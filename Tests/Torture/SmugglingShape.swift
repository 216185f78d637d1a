/// Bytes of one request with another one hidden in them.
struct SmugglingShape: CustomStringConvertible, Sendable {
  /// What nginx does with a request line, header lines and a body that are to be one request.
  let description: String
  /// The answers that come, and no more.
  let expected: [Int]
  var isHead = false
  /// The client has said that nothing more comes.
  var endsSending = false
  let bytes: @Sendable (_ hidden: [UInt8]) -> [UInt8]

  /// One POST with these header lines.
  private static func post(
    _ lines: [String], _ expected: [Int], _ body: @escaping @Sendable ([UInt8]) -> [UInt8] = { $0 }
  ) -> SmugglingShape {
    let name = lines.joined(separator: "␍␊").debugDescription
    return SmugglingShape(description: "POST " + name.prefix(100), expected: expected) { hidden in
      let text = lines.joined(separator: "\r\n").replacing("LENGTH", with: "\(hidden.count)")
      return Array(
        "POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\(text)\r\n\r\n"
          .utf8)
        + body(hidden)
    }
  }

  /// The hidden request as a chunk.
  private static func chunk(_ hidden: [UInt8]) -> [UInt8] {
    Array("\(String(hidden.count, radix: 16))\r\n".utf8) + hidden + Array("\r\n0\r\n\r\n".utf8)
  }

  /// Request line and header lines.
  private static func head(of request: [UInt8]) -> ArraySlice<UInt8> {
    request[..<(request.firstRange(of: [13, 10, 13, 10])?.upperBound ?? request.endIndex)]
  }

  private static func behindTheLastChunk(_ hidden: [UInt8]) -> [UInt8] {
    Array("0\r\n\r\n".utf8) + hidden
  }

  static let all: [SmugglingShape] =
    bothLengths + obfuscations + lengths + chunks + bodies + lines

  /// CL.TE and TE.CL: which of the two counts is what front and back disagree about.
  private static let bothLengths: [SmugglingShape] = [
    post(["Content-Length: 6", "Transfer-Encoding: chunked"], [400], behindTheLastChunk),
    post(["Transfer-Encoding: chunked", "Content-Length: 4"], [400], chunk),
    post(["Transfer-Encoding: CHUNKED", "Content-Length: LENGTH"], [400], behindTheLastChunk),
    post(["Transfer-Encoding:chunked ", "Content-Length: LENGTH"], [400], behindTheLastChunk),
    post(["X: X\nTransfer-Encoding: chunked", "Content-Length: 5"], [400], behindTheLastChunk),
  ]

  /// TE.TE: a coding that one side does not see.
  private static let obfuscationsTable: [(String, Int)] = [
    ("Transfer-Encoding: xchunked", 501), ("Transfer-Encoding: chunkedx", 501),
    ("Transfer-Encoding : chunked", 400), ("Transfer-Encoding:\tchunked", 501),
    ("Transfer-Encoding: chunked\r\nTransfer-Encoding: x", 400),
    ("Transfer-Encoding: x\r\nTransfer-Encoding: chunked", 400),
    ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400),
    ("Transfer-Encoding: chunked, identity", 501), ("Transfer-Encoding: identity, chunked", 501),
    ("Transfer-Encoding: gzip, chunked", 501), ("Transfer-Encoding: identity", 501),
    ("Transfer-Encoding: \"chunked\"", 501), ("Transfer-Encoding: chunked;q=1", 501),
    ("Transfer-Encoding:\u{B}chunked", 501), ("Transfer-Encoding: \u{C}chunked", 501),
    ("Transfer-Encoding: \u{A0}chunked", 501), ("Transfer-Encoding:", 501),
    ("Transfer-Encoding: chun\0ked", 400), ("Transfer-Encoding\0: chunked", 400),
    ("X: X\rTransfer-Encoding: chunked", 400), ("Transfer-Encoding\r\n : chunked", 400),
    ("Transfer-Encoding:\r\n chunked", 400), (" Transfer-Encoding: chunked", 400),
    ("\tTransfer-Encoding: chunked", 400),
  ]

  private static let obfuscations: [SmugglingShape] =
    obfuscationsTable.flatMap { line, status in
      [post([line], [status], behindTheLastChunk), post([line], [status], chunk)]
        + [post([line, "Content-Length: LENGTH"], [status])]
    } + [
      // No header at all by these names: the chunks are no body, and no request line either.
      post(["Transfer_Encoding: chunked"], [404, 400], chunk),
      post(["TE: chunked"], [404, 400], chunk),
      post(["\u{EF}Transfer-Encoding: chunked"], [404, 400], chunk),
      post(["Transfer_Encoding: chunked", "Content-Length: LENGTH"], [404]),
    ]

  private static let lengthsTable: [(String, Int)] = [
    ("0\r\nContent-Length: LENGTH", 400), ("LENGTH\r\nContent-Length: 0", 400),
    ("LENGTH\r\nContent-Length: LENGTH", 400), ("+LENGTH", 400), ("-0", 400), ("-1", 400),
    ("LENGTH, LENGTH", 400), ("0, LENGTH", 400), ("0x10", 400), ("1e1", 400), ("LENGTH.0", 400),
    ("LENGTH\0", 400), ("\r\n LENGTH", 400), ("\u{663}\u{667}", 400), ("\u{B}LENGTH", 400),
    ("\tLENGTH", 400), ("", 400), ("18446744073709551616", 400), ("18446744073709551621", 400),
    ("9223372036854775808", 400), (String(repeating: "9", count: 400), 400),
    ("9223372036854775807", 413), ("4294967296", 413), ("LENGTH ", 404),
    ("000000000000000000000000LENGTH", 404),
  ]

  private static let lengths: [SmugglingShape] =
    lengthsTable.map { value, status in post(["Content-Length: \(value)"], [status]) } + [
      post(["Content-Length : LENGTH"], [400])
    ]

  private static let chunksTable: [String] = [
    "12;a=\"x\ny\"\r\n{\"type\":\"company\"}\r\n0\r\n\r\n", " 12\r\n{}", "0x12\r\n{}",
    "+12\r\n{}",
    "-12\r\n{}", "2\r{}\r0\r\r", "2\r\n{}0\r\n\r\n", "2\r\n{}XX0\r\n\r\n",
    "FFFFFFFFFFFFFFFF\r\n{}",
    "10000000000000002\r\n{}\r\n0\r\n\r\n", "7FFFFFFFFFFFFFFF\r\n{}", "8000000000000000\r\n{}",
    "2\r\n{}\r\n\r\n0\r\n\r\n", "\r\n2\r\n{}\r\n0\r\n\r\n", "g\r\n", "\r\n",
    "2,2\r\n{}\r\n0\r\n\r\n",
    "2\0\r\n{}\r\n0\r\n\r\n", "2\r\n{}\r\n-0\r\n\r\n", ";a\r\n\r\n",
  ]

  private static let chunks: [SmugglingShape] =
    chunksTable.map { text in
      let shape = post(["Transfer-Encoding: chunked"], [400]) { Array(text.utf8) + $0 }
      return SmugglingShape(
        description: "chunks " + text.debugDescription.prefix(60), expected: [400],
        bytes: shape.bytes)
    } + [
      // Lines behind the last chunk are trailers, even when they look like a request.
      post(["Transfer-Encoding: chunked"], [404]) {
        Array("2\r\n{}\r\n0\r\n".utf8) + head(of: $0)
      },
      post(["Transfer-Encoding: chunked"], [404], chunk),
      // A line feed ends an extension, and the request in it is the chunk.
      post(["Transfer-Encoding: chunked"], [400]) {
        Array("5;".utf8) + $0 + Array("\r\n0\r\n\r\n".utf8)
      },
    ]

  /// A body where none is expected belongs to its request all the same, or the connection ends.
  private static let bodiesTable: [(String, String, Int)] = [
    ("GET", "/", 200), ("GET", "/clients/", 200), ("GET", "/nothing", 404),
    ("GET", "/clients/%ff", 400), ("GET", "/docs/assets/none.js", 404),
    ("HEAD", "/clients/", 200),
    ("OPTIONS", "/clients/", 204), ("DELETE", "/nothing", 404), ("TRACE", "/", 405),
    ("FOO", "/", 405), ("PUT", "/clients/", 405), ("POST", "/docs/assets/none.js", 404),
    ("POST", "/clients/", 422), ("PATCH", "/clients/x", 422), ("GET", "/../", 400),
    ("CONNECT", "a:80", 400), ("GET", "/clients/?limit=0", 422), ("GET", "/health/live", 200),
  ]

  private static let bodies: [SmugglingShape] =
    bodiesTable.flatMap { method, target, status in
      [
        "Content-Length: LENGTH", "Transfer-Encoding: chunked",
        "Expect: 100-continue\r\nContent-Length: LENGTH",
      ]
      .map { length in
        SmugglingShape(
          description: "\(method) \(target), \(length)", expected: [status],
          isHead: method == "HEAD"
        ) { hidden in
          let line = length.replacing("LENGTH", with: "\(hidden.count)")
          let isChunked = length.hasPrefix("T")
          return Array(
            "\(method) \(target) HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\(line)\r\n\r\n"
              .utf8)
            + (isChunked ? chunk(hidden) : hidden)
        }
      }
    } + [
      SmugglingShape(description: "a body over the limit, and one more request", expected: [413]) {
        Array(
          "POST /clients/ HTTP/1.1\r\nHost: a\r\nContent-Length: \(1_048_577 + $0.count)\r\n\r\n"
            .utf8)
          + Array(repeating: 32, count: 1_048_577) + $0
      },
      SmugglingShape(
        description: "a body that ends before its length", expected: [], endsSending: true
      ) {
        Array("POST /clients/ HTTP/1.1\r\nHost: a\r\nContent-Length: \($0.count + 9)\r\n\r\n".utf8)
          + $0
      },
    ]

  /// Request lines and versions after which nothing may be served.
  private static let linesTable: [(String, [Int])] = [
    ("GET / HTTP/1.0\r\n\r\n", [200]),
    ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", [200]),
    ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", [400]),
    (
      "POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      [400]
    ),
    ("GET / HTTP/0.9\r\n\r\n", [400]), ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", [505]),
    ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [400]), ("GET / HTTP/1.1\rHost: a\r\r", [400]),
    ("GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", [400]), ("get / HTTP/1.1\r\nHost: a\r\n\r\n", [400]),
    ("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", [400]), ("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", [400]),
    ("GET / HTTP/1.1 HTTP/1.1\r\nHost: a\r\n\r\n", [400]),
    ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", [400]),
    ("GET /\r\n", []), ("GET /\n", []), ("GET /\r\nX: / HTTP/1.1\r\nHost: a\r\n\r\n", []),
    ("GET / HTTP/1.1\r\n\r\n", [400]), ("GET / HTTP/1.1\r\nHost:\r\n\r\n", [400]),
    ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", [400]),
    ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", [400]),
    ("\0", [400]), ("\u{16}\u{3}\u{1}\u{2}\0\u{1}\0", [400]), (":\r\n\r\n", [400]),
  ]

  private static let lines: [SmugglingShape] = linesTable.map { text, expected in
    SmugglingShape(description: "line " + text.debugDescription.prefix(60), expected: expected) {
      Array(text.utf8) + $0
    }
  }
}
