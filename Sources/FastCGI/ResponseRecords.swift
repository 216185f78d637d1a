/// One answer as FastCGI records: STDOUT records with the head and the body, the end of STDOUT,
/// END_REQUEST (FastCGI Specification 1.0, sections 5.3 and 5.5).
struct ResponseRecords {
  /// A stretch of the wire: of `framing`, of the head or of the body.
  struct Piece: Equatable {
    enum Source { case framing, head, body }
    let source: Source
    let range: Range<Int>
  }

  /// Record headers and the closing records, one after the other.
  private(set) var framing: [UInt8] = []
  /// What to send, in order.
  private(set) var pieces: [Piece] = []

  /// Lays out the answer to `request`.
  mutating func layOut(request: Int, head: Int, body: Int) {
    framing.removeAll(keepingCapacity: true)
    pieces.removeAll(keepingCapacity: true)
    var sent = 0
    while sent < head + body {
      let length = min(head + body - sent, Record.maxContent)
      frame { Record.writeHeader(.stdout, request: request, length: length, into: &$0) }
      if sent < head {
        pieces.append(Piece(source: .head, range: sent..<min(head, sent + length)))
      }
      if sent + length > head {
        pieces.append(Piece(source: .body, range: max(sent - head, 0)..<sent + length - head))
      }
      sent += length
    }
    frame { framing in
      Record.writeHeader(.stdout, request: request, length: 0, into: &framing)
      Record.writeHeader(.endRequest, request: request, length: 8, into: &framing)
      // appStatus 0, FCGI_REQUEST_COMPLETE
      for _ in 0..<8 { framing.append(0) }
    }
  }

  private mutating func frame(_ write: (inout [UInt8]) -> Void) {
    let start = framing.count
    write(&framing)
    pieces.append(Piece(source: .framing, range: start..<framing.count))
  }
}
