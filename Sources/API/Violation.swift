/// One way in which a request does not fit the declaration, as pydantic words it.
struct Violation: Equatable {
  /// pydantic's error types, of which front ends know these.
  enum Kind: String, CaseIterable {
    case missing
    case stringType = "string_type"
    case stringTooLong = "string_too_long"
    case stringTooShort = "string_too_short"
    case `enum`
    case listType = "list_type"
    case modelType = "model_type"
    case boolType = "bool_type"
    case uuidParsing = "uuid_parsing"
    case intParsing = "int_parsing"
    case greaterThanEqual = "greater_than_equal"
    case lessThanEqual = "less_than_equal"
    case valueError = "value_error"
    case jsonInvalid = "json_invalid"
  }

  /// One step of a location.
  enum Step: Equatable {
    case name(String)
    case index(Int)
  }

  let location: [Step]
  let kind: Kind
  /// French, for the person at the screen.
  let message: String

  /// `detail` lists at most this many.
  static let limit = 100

  init(_ kind: Kind, at location: [Step], _ message: String) {
    self.kind = kind
    self.location = location
    self.message = message
  }
}

extension Violation.Step: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
  init(stringLiteral value: String) { self = .name(value) }
  init(integerLiteral value: Int) { self = .index(value) }
}

/// The violations of one request, in declaration order.
struct Violations {
  private(set) var list: [Violation] = []

  var isEmpty: Bool { list.isEmpty }

  /// Whether no more are taken.
  var isFull: Bool { list.count >= Violation.limit }

  mutating func add(
    _ kind: Violation.Kind, at location: [Violation.Step], _ message: String
  ) {
    if !isFull { list.append(Violation(kind, at: location, message)) }
  }
}
