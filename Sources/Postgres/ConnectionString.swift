internal import CPostgres

/// Where the database is, in what form soever an operator writes it: SQLAlchemy's
/// `postgresql+psycopg2://…`, libpq's URIs, libpq's keyword strings
/// (https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING).
public struct ConnectionString: Sendable, Equatable {
  /// As libpq reads it. Holds the password: never logged.
  let conninfo: String

  /// Why a string is of no use; never holds any part of it that could be secret.
  public struct Unusable: Error, Equatable, CustomStringConvertible {
    /// The reason alone.
    public let description: String
    init(_ reason: String) { description = reason }
  }

  /// Throws when libpq could not use the string either.
  public init(_ text: String) throws(Unusable) {
    let text = text.trimmingSpace()
    guard !text.isEmpty else { throw Unusable("it is empty") }
    guard !text.utf8.contains(0) else { throw Unusable("it holds a NUL byte") }
    conninfo = try Self.libpq(text)
    if let reason = Self.refusal(conninfo) { throw Unusable(reason) }
  }

  /// Turns SQLAlchemy's `dialect+driver` scheme into libpq's.
  private static func libpq(_ text: String) throws(Unusable) -> String {
    guard let separator = text.firstRange(of: "://") else {
      guard text.contains("=") else {
        throw Unusable(
          "it is neither a URL (postgresql://USER:PASSWORD@HOST:5432/DATABASE) "
            + "nor a keyword string (host=… dbname=…)")
      }
      return text
    }
    let scheme = text[..<separator.lowerBound]
    // A keyword string may hold "://" in a value.
    if scheme.contains("=") { return text }
    let dialect = scheme.split(separator: "+", omittingEmptySubsequences: false)[0]
    guard dialect == "postgresql" || dialect == "postgres" else {
      throw Unusable(
        "its scheme is not postgresql:// (also understood: postgres://, postgresql+psycopg2://, postgresql+psycopg://)"
      )
    }
    return "postgresql" + text[separator.lowerBound...]
  }

  /// Why libpq cannot read it; nil when it can.
  private static func refusal(_ conninfo: String) -> String? {
    var message: UnsafeMutablePointer<CChar>? = nil
    let options = unsafe PQconninfoParse(conninfo, &message)
    defer {
      unsafe PQconninfoFree(options)
      unsafe PQfreemem(message)
    }
    if let options = unsafe options {
      return unsafe misplaced(options, isURL: conninfo.hasPrefix("postgresql://"))
    }
    let text = unsafe message.map { unsafe String(cString: $0) } ?? "out of memory"
    return "libpq cannot read it: \(withoutQuotations(text))"
  }

  /// Which option holds what belongs to another. An `@` or `/` of a password that is not
  /// percent-encoded ends up there, and libpq would name it in its errors.
  private static func misplaced(
    _ options: UnsafeMutablePointer<PQconninfoOption>, isURL: Bool
  ) -> String? {
    let remedy = "percent-encode the password (@ is %40, / is %2F, : is %3A, # is %23, ? is %3F)"
    var option = unsafe options
    // libpq ends the array with a null keyword.
    while let keyword = unsafe option.pointee.keyword {
      let name = unsafe String(cString: keyword)
      let value = unsafe option.pointee.val.map { unsafe String(cString: $0) } ?? ""
      switch name {
      case "port":
        let isNumbers = value.utf8.allSatisfy { 0x30...0x39 ~= $0 || $0 == UInt8(ascii: ",") }
        if !isNumbers { return "its port is not a number: \(remedy)" }
      case "host", "hostaddr":
        let isPlain = value.split(separator: ",").allSatisfy {
          $0.hasPrefix("/") || ($0.hasPrefix("@") && !isURL)
            || !$0.contains { $0 == "@" || $0 == "/" }
        }
        if !isPlain { return "its \(name) holds @ or /: \(remedy)" }
      case "user", "dbname":
        if isURL && value.contains(where: { $0 == "@" || $0 == "/" }) {
          return "its \(name) holds @ or /: \(remedy)"
        }
      default: break
      }
      unsafe option += 1
    }
    return nil
  }

  /// libpq quotes what it stumbled over, which may be a piece of the password.
  private static func withoutQuotations(_ message: String) -> String {
    let line = message.trimmingSpace()
    guard let first = line.firstIndex(of: "\""), let last = line.lastIndex(of: "\"") else {
      return line
    }
    return line[..<first] + "…" + line[line.index(after: last)...]
  }
}

extension String {
  func trimmingSpace() -> String {
    var rest = self[...]
    while let first = rest.first, first.isWhitespace { rest.removeFirst() }
    while let last = rest.last, last.isWhitespace { rest.removeLast() }
    return String(rest)
  }

  fileprivate func firstRange(of other: String) -> Range<String.Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(other) {
        return start..<index(start, offsetBy: other.count)
      }
      start = index(after: start)
    }
    return nil
  }
}
