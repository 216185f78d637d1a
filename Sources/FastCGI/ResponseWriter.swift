internal import CFastCGI
internal import Glibc

/// Sends answers. One serves all connections of a loop, since an answer is laid out and sent within
/// one call; what a slow peer leaves is kept by its connection.
@safe public final class ResponseWriter {
  private var records = ResponseRecords()
  private var vectors: [iovec] = unsafe []

  /// IOV_MAX of Linux (limits.h).
  private static let maxPieces = 1024

  /// A writer for one loop.
  public init() {}

  /// - Parameter unsent: replaced by what was not taken, when the result is `.blocked`.
  func send(
    to descriptor: Int32, request: Int, head: [UInt8], body: [UInt8], unsent: inout [UInt8]
  ) -> Connection.Sending {
    records.layOut(request: request, head: head.count, body: body.count)
    return unsafe head.withUnsafeBytes { head in
      unsafe body.withUnsafeBytes { body in
        unsafe records.framing.withUnsafeBytes { framing in
          unsafe send(to: descriptor, head, body, framing, &unsent)
        }
      }
    }
  }

  private func send(
    to descriptor: Int32, _ head: UnsafeRawBufferPointer, _ body: UnsafeRawBufferPointer,
    _ framing: UnsafeRawBufferPointer, _ unsent: inout [UInt8]
  ) -> Connection.Sending {
    func bytes(_ piece: ResponseRecords.Piece) -> UnsafeRawBufferPointer {
      let source =
        switch piece.source {
        case .framing: unsafe framing
        case .head: unsafe head
        case .body: unsafe body
        }
      return unsafe UnsafeRawBufferPointer(rebasing: source[piece.range])
    }
    var first = 0
    while first < records.pieces.count {
      let batch = first..<min(first + Self.maxPieces, records.pieces.count)
      unsafe vectors.removeAll(keepingCapacity: true)
      var total = 0
      for piece in records.pieces[batch] {
        let part = unsafe bytes(piece)
        // sendmsg only reads what the vector points at.
        unsafe vectors.append(
          iovec(iov_base: UnsafeMutableRawPointer(mutating: part.baseAddress), iov_len: part.count))
        total += part.count
      }
      let sent = sendVectors(to: descriptor)
      guard sent >= 0 || errno == EAGAIN else { return .failed }
      if sent < total {
        keep(from: max(sent, 0), &unsent)
        for piece in records.pieces[batch.upperBound...] {
          unsafe unsent.append(contentsOf: bytes(piece))
        }
        return .blocked
      }
      first = batch.upperBound
    }
    return .sent
  }

  private func sendVectors(to descriptor: Int32) -> Int {
    unsafe vectors.withUnsafeMutableBufferPointer { buffer in
      var message = unsafe msghdr()
      unsafe message.msg_iov = buffer.baseAddress
      unsafe message.msg_iovlen = buffer.count
      return unsafe sendmsg(descriptor, &message, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
    }
  }

  /// Copies what of the vectors was not sent.
  private func keep(from sent: Int, _ unsent: inout [UInt8]) {
    var skip = sent
    unsent.removeAll(keepingCapacity: true)
    for index in unsafe vectors.indices {
      let vector = unsafe UnsafeRawBufferPointer(
        start: vectors[index].iov_base, count: vectors[index].iov_len)
      if skip < vector.count {
        unsafe unsent.append(contentsOf: vector[skip...])
        skip = 0
      } else {
        skip -= vector.count
      }
    }
  }
}
