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

  /// Checks `bytes` from the first record on: see ``RecordCheck``.
  public init(_ bytes: Span<UInt8>) {
    var check = RecordCheck()
    self = check.advance(bytes)
  }
}
