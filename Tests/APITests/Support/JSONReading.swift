@testable import API

/// What came of reading a whole text as one JSON value.
enum Reading: Equatable, CustomStringConvertible {
  case object
  /// Well-formed, but another kind.
  case other
  case malformed(at: Int)

  init(_ text: String) { self.init(Array(text.utf8)) }

  init(_ bytes: [UInt8]) {
    var slots: [BodyReader.Slot] = []
    var reader = BodyReader()
    do throws(BodyReader.Failure) {
      try reader.read(bytes.span, bytes.indices, NameTable([]), into: &slots)
      self = .object
    } catch {
      switch error {
      case .notAnObject: self = .other
      case .malformed(let offset): self = .malformed(at: offset)
      }
    }
  }

  var description: String {
    switch self {
    case .object: "object"
    case .other: "other"
    case .malformed(let offset): "malformed at \(offset)"
    }
  }

  var isWellFormed: Bool { if case .malformed = self { false } else { true } }
}

/// The one value of a text, white space around it at most.
func scan(_ bytes: [UInt8]) throws -> JSONScanner.Value {
  var scanner = JSONScanner(bytes.indices)
  let value = try scanner.value(bytes.span)
  guard scanner.isAtEnd else { throw JSONScanner.Malformed(offset: scanner.position) }
  return value
}

func scan(_ text: String) throws -> JSONScanner.Value { try scan(Array(text.utf8)) }
