/// Checks the records of one request, before libfcgi reads them, from BEGIN_REQUEST to the empty STDIN:
/// version 1, one request id that is not 0 (management records never reach libfcgi), role responder,
/// PARAMS then STDIN, each ended by an empty record, and pairs that end where PARAMS do. Bytes behind
/// the end are none of this request's: invalid.
///
/// It goes on where it stopped: a peer that sends many records, one at a time, pays for each once.
struct RecordCheck {
  /// The first record that is not checked yet.
  private var position = 0
  private var request = 0
  private var expected = Record.Kind.beginRequest
  private var pairs = PairLengths()
  /// Where STDIN begins, behind the end of PARAMS.
  private var inputStart = 0

  /// - Parameter bytes: what has come of the request: what the last call was given, and more.
  mutating func advance(_ bytes: Span<UInt8>) -> Arrival {
    while true {
      guard position + Record.headerLength <= bytes.count else {
        let version = position < bytes.count ? bytes[position] : Record.version
        return version == Record.version ? .partial : .invalid
      }
      let id = Int(bytes[position + 2]) << 8 | Int(bytes[position + 3])
      let length = Int(bytes[position + 4]) << 8 | Int(bytes[position + 5])
      let content = position + Record.headerLength..<position + Record.headerLength + length
      let next = content.upperBound + Int(bytes[position + 6])
      guard bytes[position] == Record.version, bytes[position + 1] == expected.rawValue else {
        return .invalid
      }
      switch expected {
      case .beginRequest:
        guard id != 0, length == 8 else { return .invalid }
        if position + 10 <= bytes.count,
          bytes[position + 8] != 0 || bytes[position + 9] != Record.responder
        {
          return .invalid
        }
      case .params, .stdin:
        guard id == request else { return .invalid }
        if length == 0 {
          if expected == .stdin {
            return next == bytes.count ? .whole : next < bytes.count ? .invalid : .partial
          }
          guard pairs.isWhole else { return .invalid }
        }
      case .endRequest, .stdout: return .invalid
      }
      guard next <= bytes.count else { return .partial }
      switch expected {
      case .beginRequest:
        request = id
        expected = .params
      case .params:
        pairs.advance(bytes, content)
        if length == 0 {
          expected = .stdin
          inputStart = next
        }
      case .stdin, .endRequest, .stdout: break
      }
      position = next
    }
  }

  /// Where the records of STDIN stand that were checked, but the empty one: the caller takes them out.
  mutating func skipInput() -> Range<Int> {
    guard expected == .stdin else { return position..<position }
    defer { position = inputStart }
    return inputStart..<position
  }
}

/// Follows the name-value pairs of PARAMS from record to record (FastCGI Specification 1.0,
/// section 3.4). libfcgi allocates what the lengths say before it looks whether it is there, and
/// ends the process when it does not get it.
struct PairLengths {
  /// Bytes of a name and its value that are still to come.
  private var rest = 0
  /// Bytes of a four-byte length that are still to come, and what it amounts to so far.
  private var digits = 0
  private var number = 0
  /// The name's length, when the value's is next.
  private var name: Int?

  /// Whether the last pair is complete.
  var isWhole: Bool { rest == 0 && digits == 0 && name == nil }

  /// Goes through the content of the next record.
  mutating func advance(_ bytes: Span<UInt8>, _ content: Range<Int>) {
    var position = content.lowerBound
    while position < content.upperBound {
      if rest > 0 {
        let step = min(rest, content.upperBound - position)
        rest -= step
        position += step
        continue
      }
      let byte = Int(bytes[position])
      position += 1
      if digits > 0 {
        number = number << 8 | byte
        digits -= 1
      } else if byte & 0x80 != 0 {
        number = byte & 0x7f
        digits = 3
      } else {
        number = byte
      }
      guard digits == 0 else { continue }
      if let length = name {
        rest = length + number
        name = nil
      } else {
        name = number
      }
    }
  }
}
