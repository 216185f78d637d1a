/// FastCGI records (FastCGI Specification 1.0, section 3.3 and 8).
enum Record {
  static let headerLength = 8
  static let version: UInt8 = 1
  /// Longest content of one record that needs no padding: a multiple of 8 under 65,536.
  static let maxContent = 65_528

  enum Kind: UInt8 {
    case beginRequest = 1
    case endRequest = 3
    case params = 4
    case stdin = 5
    case stdout = 6
  }

  /// FCGI_RESPONDER, the only role served.
  static let responder: UInt8 = 1

  /// Appends a record's header.
  static func writeHeader(
    _ kind: Kind, request: Int, length: Int, into output: inout [UInt8]
  ) {
    output.append(version)
    output.append(kind.rawValue)
    output.append(UInt8(truncatingIfNeeded: request >> 8))
    output.append(UInt8(truncatingIfNeeded: request))
    output.append(UInt8(truncatingIfNeeded: length >> 8))
    output.append(UInt8(truncatingIfNeeded: length))
    output.append(0)
    output.append(0)
  }
}

/// What the bytes that a peer has sent so far amount to. Only record headers are read.
public enum Arrival: Equatable, Sendable {
  /// Not a byte.
  case nothing
  /// More has to come.
  case partial
  /// One whole request, and nothing behind it.
  case whole
  /// Not the one request of a responder that may come here.
  case invalid

  /// Checks the records from BEGIN_REQUEST to the empty STDIN: version 1, one request id that is
  /// not 0 (management records never reach libfcgi), role responder, PARAMS then STDIN, each ended
  /// by an empty record. Bytes behind the end are none of this request's: invalid.
  public init(_ bytes: Span<UInt8>) {
    var position = 0
    var request = 0
    var expected = Record.Kind.beginRequest
    while true {
      guard position + Record.headerLength <= bytes.count else {
        let version = position < bytes.count ? bytes[position] : Record.version
        self = version == Record.version ? .partial : .invalid
        return
      }
      let id = Int(bytes[position + 2]) << 8 | Int(bytes[position + 3])
      let length = Int(bytes[position + 4]) << 8 | Int(bytes[position + 5])
      let next = position + Record.headerLength + length + Int(bytes[position + 6])
      guard bytes[position] == Record.version, bytes[position + 1] == expected.rawValue else {
        self = .invalid
        return
      }
      switch expected {
      case .beginRequest:
        guard id != 0, length == 8 else {
          self = .invalid
          return
        }
        if position + 10 <= bytes.count,
          bytes[position + 8] != 0 || bytes[position + 9] != Record.responder
        {
          self = .invalid
          return
        }
        request = id
        expected = .params
      case .params, .stdin:
        guard id == request else {
          self = .invalid
          return
        }
        if length == 0 {
          if expected == .stdin {
            self = next == bytes.count ? .whole : next < bytes.count ? .invalid : .partial
            return
          }
          expected = .stdin
        }
      case .endRequest, .stdout:
        self = .invalid
        return
      }
      position = next
    }
  }
}
