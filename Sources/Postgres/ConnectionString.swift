internal import CPostgres

/// Where the database is, in what form soever an operator writes it: SQLAlchemy's
/// `postgresql+psycopg2://…`, libpq's URIs, libpq's keyword strings
/// (https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING).
public struct ConnectionString: Sendable, Equatable {
  /// As libpq reads it. Holds the password: never logged.
  let conninfo: String
  /// Whether the name service has to be asked for the server's address.
  let needsNameService: Bool
  /// The servers it names, in its order; empty unless there are several.
  let hosts: [Host]

  /// One of several servers.
  struct Host: Sendable, Equatable {
    /// A name, or a socket's directory.
    let name: String
    let address: String
    let port: String
  }

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
    let options = try Self.options(conninfo)
    if let reason = Self.misplaced(options, conninfo) { throw Unusable(reason) }
    needsNameService = options["hostaddr", default: ""].isEmpty && Self.hasNames(options["host"])
    hosts = Self.hosts(options)
  }

  /// Which of `hosts` libpq tells of; nil: none.
  func host(named name: String, port: String) -> Int? {
    hosts.firstIndex {
      ($0.name.isEmpty ? $0.address : $0.name) == name
        && ($0.port.isEmpty ? Self.defaultPort : $0.port) == port
    }
  }

  /// Options that override the string's own: its hosts in another order.
  ///
  /// - Parameter order: of the indices of `hosts`.
  func options(inOrder order: [Int]) -> [String: String] {
    guard order.count == hosts.count, !order.isEmpty, order != Array(hosts.indices) else {
      return [:]
    }
    let ordered = order.map { hosts[$0] }
    func list(_ values: [String]) -> String? {
      values.allSatisfy(\.isEmpty) ? nil : values.joined(separator: ",")
    }
    var options: [String: String] = [:]
    options["host"] = list(ordered.map(\.name))
    options["hostaddr"] = list(ordered.map(\.address))
    options["port"] = list(ordered.map(\.port))
    return options
  }

  private static let defaultPort = "5432"

  /// libpq's lists: as many hosts as addresses where there are both, one port for all or one for each.
  private static func hosts(_ options: [String: String]) -> [Host] {
    func list(_ name: String) -> [String] {
      let text = options[name, default: ""]
      return text.isEmpty
        ? [] : text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let (names, addresses, ports) = (list("host"), list("hostaddr"), list("port"))
    let count = max(names.count, addresses.count)
    guard count > 1, [0, count].contains(names.count), [0, count].contains(addresses.count),
      [0, 1, count].contains(ports.count)
    else { return [] }
    return (0..<count).map { index in
      Host(
        name: names.isEmpty ? "" : names[index],
        address: addresses.isEmpty ? "" : addresses[index],
        port: ports.isEmpty ? "" : ports[ports.count == 1 ? 0 : index])
    }
  }

  /// The string as a section of a service file, for PostgreSQL's own programs
  /// (https://www.postgresql.org/docs/15/libpq-pgservice.html). Holds the password.
  public func serviceSection(_ name: String) throws(Unusable) -> String {
    let options = try Self.options(conninfo)
    guard options["service"] == nil else {
      throw Unusable("it names a service: write host, user and dbname")
    }
    var section = "[\(name)]\n"
    for (keyword, value) in options.sorted(by: { $0.key < $1.key }) where !value.isEmpty {
      // The file has no way to write them.
      guard !value.contains(where: \.isNewline), value.last?.isWhitespace != true else {
        throw Unusable("its \(keyword) holds a line break or ends in a blank")
      }
      section += "\(keyword)=\(value)\n"
    }
    return section
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
        "its scheme is not postgresql:// (also understood: postgres://, and SQLAlchemy's such as postgresql+psycopg2://)"
      )
    }
    return "postgresql" + text[separator.lowerBound...]
  }

  /// Options that libpq checks only when it connects
  /// (https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-PARAMKEYWORDS).
  private static let words = [
    ("sslmode", ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]),
    (
      "target_session_attrs",
      ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"]
    ),
    ("gssencmode", ["disable", "prefer", "require"]),
    ("channel_binding", ["disable", "prefer", "require"]),
  ]

  /// The options as libpq reads them.
  private static func options(_ conninfo: String) throws(Unusable) -> [String: String] {
    var message: UnsafeMutablePointer<CChar>? = nil
    let first = unsafe PQconninfoParse(conninfo, &message)
    defer {
      unsafe PQconninfoFree(first)
      unsafe PQfreemem(message)
    }
    guard var option = unsafe first else {
      let text = unsafe message.map { unsafe String(cString: $0) } ?? "out of memory"
      throw Unusable("libpq cannot read it: \(withoutQuotations(text))")
    }
    var options: [String: String] = [:]
    // libpq ends the array with a null keyword.
    while let keyword = unsafe option.pointee.keyword {
      if let value = unsafe option.pointee.val {
        unsafe options[String(cString: keyword)] = unsafe String(cString: value)
      }
      unsafe option += 1
    }
    return options
  }

  /// Which option holds what belongs to another. An `@` or `/` of a password that is not
  /// percent-encoded ends up there, and libpq would name it in its errors.
  private static func misplaced(_ options: [String: String], _ conninfo: String) -> String? {
    let isURL = conninfo.hasPrefix("postgresql://")
    let remedy = "percent-encode the password (@ is %40, / is %2F, : is %3A, # is %23, ? is %3F)"
    func isOdd(_ text: some StringProtocol) -> Bool {
      text.unicodeScalars.contains { $0 == "@" || $0 == "/" }
    }
    for port in options["port", default: ""].split(separator: ",") {
      guard let number = Int(port), 1...65_535 ~= number else {
        return "its port is not a number from 1 to 65535: \(remedy)"
      }
    }
    for (name, words) in Self.words {
      if let value = options[name], !value.isEmpty, !words.contains(value) {
        return "its \(name) is none of \(words.joined(separator: ", "))"
      }
    }
    if let seconds = options["connect_timeout"], Int(seconds) == nil {
      return "its connect_timeout is not a number of seconds"
    }
    for name in ["host", "hostaddr"] {
      for host in options[name, default: ""].split(separator: ",")
      where isOdd(host) && !host.hasPrefix("/") && (isURL || !host.hasPrefix("@")) {
        return "its \(name) holds @ or /: \(remedy)"
      }
    }
    let path = conninfo.prefix { $0 != "?" }.dropFirst("postgresql://".count).drop { $0 != "/" }
    if isURL && path.contains("@") { return "its database's name holds @: \(remedy)" }
    return nil
  }

  /// Whether one of the hosts is neither a socket's directory nor an address.
  private static func hasNames(_ hosts: String?) -> Bool {
    (hosts ?? "").split(separator: ",").contains { host in
      let isAddress =
        host.contains(":") || host.utf8.allSatisfy { 0x30...0x39 ~= $0 || $0 == UInt8(ascii: ".") }
      return !host.hasPrefix("/") && !host.hasPrefix("@") && !isAddress
    }
  }

  /// libpq quotes what it stumbled over, which may be a piece of the password.
  private static func withoutQuotations(_ message: String) -> String {
    let line = message.trimmingSpace()
    // Scalars and not Characters: a quotation mark and the accent behind it are one Character.
    let scalars = line.unicodeScalars
    guard let first = scalars.firstIndex(of: "\""), let last = scalars.lastIndex(of: "\"") else {
      return line
    }
    return String(scalars[..<first]) + "…" + String(scalars[scalars.index(after: last)...])
  }
}

/// Printed or dumped it shows nothing.
extension ConnectionString: CustomStringConvertible, CustomReflectable {
  /// Nothing of the string.
  public var description: String { "ConnectionString(…)" }

  /// No member.
  public var customMirror: Mirror { Mirror(self, children: []) }
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
