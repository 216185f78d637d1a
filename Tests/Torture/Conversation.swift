@testable import Harness

/// Everything that came back over one connection, whatever the bytes were that went out.
struct Conversation {
  /// Final answers in their order; those of 1xx are left out.
  private(set) var answers: [Answer] = []
  /// Bytes that are no answer: what HTTP/0.9 gets.
  private(set) var rest: [UInt8] = []
  /// Whether nginx closed the connection.
  private(set) var isClosed = false

  var statuses: [Int] { answers.map(\.status) }

  /// Sends `bytes`, waits for `count` answers, and then as long as it takes an answer to come that
  /// nobody should have given.
  ///
  /// - Parameter isHead: whether the first of the requests is a HEAD.
  static func hold(
    _ site: Site, _ bytes: [UInt8], expecting count: Int, isHead: Bool = false,
    endsSending: Bool = false, patience: Double = 0.03
  ) throws -> Conversation {
    let socket = try Socket(port: site.port)
    socket.send(bytes)
    if endsSending { socket.finishSending() }
    var received: [UInt8] = []
    var conversation = Conversation()
    var deadline = Deadline(seconds: count == 0 ? 1 : 10)
    var isLingering = false
    while true {
      guard let more = try? socket.receive(until: deadline) else { break }
      received += more
      conversation.isClosed = more.isEmpty
      try conversation.read(received, isHead)
      if more.isEmpty { break }
      if conversation.answers.count >= count, !isLingering {
        isLingering = true
        deadline = Deadline(seconds: patience)
      }
    }
    return conversation
  }

  /// Takes the stream apart: a length, or none where none may be, says where an answer ends.
  private mutating func read(_ bytes: [UInt8], _ isHead: Bool) throws {
    answers = []
    var left = bytes[...]
    while let end = left.firstRange(of: [13, 10, 13, 10]) {
      let head = Array(left[..<end.upperBound])
      guard head.starts(with: Array("HTTP/1.1 ".utf8)) else { break }
      left = left[end.upperBound...]
      guard let line = try Answer(head, isBodyless: true, atEnd: true) else { break }
      if 100..<200 ~= line.status { continue }
      let isBodyless = isHead && answers.isEmpty || line.status == 204 || line.status == 304
      let length = isBodyless ? 0 : line["content-length"].flatMap(Int.init) ?? 0
      guard left.count >= length else { return }
      let whole = head + left.prefix(length)
      left = left.dropFirst(length)
      if let answer = try Answer(whole, isBodyless: isBodyless, atEnd: true) {
        answers.append(answer)
      }
    }
    rest = Array(left)
  }
}
