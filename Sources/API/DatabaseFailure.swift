/// What came instead of rows.
public enum DatabaseFailure: Sendable {
  /// The server refused the statement.
  case refused(ServerError)
  /// No connection within the wait limit, or none at all: nothing was done.
  case unavailable
  /// The connection died under the statement: a write may have been done.
  case lost
  /// The client-side deadline passed: a write may have been done.
  case timeout
}

/// The fields of an ErrorResponse that decide an answer
/// (https://www.postgresql.org/docs/15/protocol-error-fields.html).
public struct ServerError: Sendable {
  /// Five characters (https://www.postgresql.org/docs/15/errcodes-appendix.html).
  public let sqlState: String
  /// Names the key and the value of a violation.
  public let detail: String
  /// The constraint or unique index that was violated.
  public let constraint: String

  /// Carries the fields as the server sent them; empty where it sent none.
  public init(sqlState: String, detail: String, constraint: String) {
    self.sqlState = sqlState
    self.detail = detail
    self.constraint = constraint
  }
}

/// What a SQLSTATE means to the client. This is the one table of it.
public enum Verdict: Sendable {
  /// `taken`: a unique value; `reference`: a row that is not there, or that others refer to.
  case taken, reference, invalid, timeout, unavailable, misconfigured, bug

  /// Looks a code up.
  public init(sqlState: String) {
    self =
      switch sqlState {
      case "23505": .taken
      case "23503": .reference
      case "23502", "23514": .invalid
      case "57014": .timeout
      case "40001", "40P01", "55P03", "25006": .unavailable
      case "42501", "42P01", "42703", "3F000": .misconfigured
      default:
        switch sqlState.prefix(3) {
        case "57P": .unavailable
        default:
          switch sqlState.prefix(2) {
          case "08", "53": .unavailable
          case "22": .invalid
          default: .bug
          }
        }
      }
  }
}

extension Problem {
  /// - Parameters:
  ///   - answer: what rows would have been made of.
  ///   - isWrite: the statement would have changed rows.
  init(_ failure: DatabaseFailure, for resource: Resource?, _ answer: Plan.Answer, isWrite: Bool) {
    switch failure {
    case .unavailable: self = .unavailable
    case .lost: self = isWrite ? .lostWrite : .unavailable
    case .timeout: self = isWrite ? .lateWrite : .timeout
    case .refused(let error):
      switch Verdict(sqlState: error.sqlState) {
      case .taken:
        self = .taken(
          resource?.nouns.taken ?? "Cette valeur existe déjà",
          field: resource?.columnInConflict(error))
      case .reference:
        let field = resource?.columnInConflict(error)
        if case .deleted = answer {
          self = .stillReferenced(field: field)
        } else {
          self = .dangling(field: field)
        }
      case .invalid:
        if case .list = answer {
          self = .rejectedByDatabase("query")
        } else {
          self = .rejectedByDatabase("body")
        }
      case .timeout: self = .timeout
      case .unavailable: self = .unavailable
      case .misconfigured, .bug: self = .internal
      }
    }
  }
}

extension Resource {
  /// The JSON name of the column that a key violation is about. PostgreSQL names the key's
  /// expression first in its detail, in every language: `Key (lower(email::text))=(…)`.
  func columnInConflict(_ error: ServerError) -> String? {
    let key =
      error.detail.split(separator: "=", maxSplits: 1).first.map(String.init) ?? ""
    return column(namedIn: key) ?? column(namedIn: error.constraint)
  }

  private func column(namedIn text: String) -> String? {
    let words = Set(text.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init))
    return columns.first { words.contains($0.name) }?.jsonName
      ?? columns.dropFirst().filter { text.contains("_\($0.name)") }
      .max { $0.name.count < $1.name.count }?.jsonName
  }
}
