/// What a request comes down to: one statement with its parameters, and what to make of its rows.
/// Reused from request to request.
public struct Plan: Sendable {
  /// What `render` does with the rows.
  enum Answer: Sendable {
    case none
    /// `GET` of one row; the tags of If-None-Match.
    case fetched(unless: EntityTagList?)
    /// An update that names no column; the tags of If-Match.
    case unchanged(onlyIf: EntityTagList?)
    case created
    /// An update or a delete; `isGuarded`: by If-Match, so that a row of NULLs is a 412.
    case updated(isGuarded: Bool)
    case deleted(isGuarded: Bool)
    case list(ListQuery, preferences: Preferences)
    case ready
  }

  /// What to run; set when the decision is `.query`.
  public internal(set) var statement: Statement?
  /// Its parameters.
  public internal(set) var parameters = Parameters()
  /// Rows that a list may have; 0: it is none.
  var limit = 0
  /// Rows before them.
  var offset = 0
  var answer = Answer.none
  /// Index of the resource; nil for service routes.
  var resource: Int?
  /// The request's path and query without the mount prefix.
  var path: Range<Int> = 0..<0
  var query: Range<Int> = 0..<0
  var isHead = false
  var methods: Methods?
  /// What was asked for, as an index of `Application.routes`.
  public internal(set) var route = 0
  /// How, as an index of `Application.methods`.
  public internal(set) var method = 0
  /// Where the members of a body stand; kept for its memory.
  var slots: [BodyReader.Slot] = []

  /// An empty plan.
  public init() {}

  /// A number for the row that it is about; nil when that has no id yet.
  public var rowKey: UInt64? {
    guard let id = parameters.ranges.first ?? nil else { return nil }
    let uuid = parameters.bytes.span.extracting(id)
    return (uuid.bigEndian(UInt64.self) ?? 0) ^ (uuid.bigEndian(UInt64.self, at: 8) ?? 0)
  }

  /// Whether its statement may share a connection with others: one that looks at few rows. A large
  /// write may not: libpq keeps the room that a group took in its buffer.
  public var mayShare: Bool {
    guard let statement, statement.mayShare else { return false }
    return limit <= ListQuery.defaultLimit && offset <= Self.shortOffset
      && parameters.bytes.count <= 65_536
  }

  /// Of a list that may share a connection: how many may be in flight there with it. Short ones are
  /// over before the loop comes round again; of long ones a second keeps PostgreSQL busy, and more would
  /// only wait there instead of in their order.
  public var depth: Int { min(16, max(2, 200 / max(limit, 1))) }

  /// Rows that PostgreSQL passes over in less time than it takes for a list of 100.
  private static let shortOffset = 1000

  /// Of a list longer than the usual: when its rows have as many bytes, those behind are not wanted.
  public var rowBytes: Int? { limit > ListQuery.defaultLimit ? Application.largestPage : nil }

  /// Gives the memory of its parameters back if it is much; the plan is of no more use then.
  public mutating func trim() { parameters.trim() }

  mutating func reset() {
    statement = nil
    parameters.reset()
    limit = 0
    offset = 0
    answer = .none
    resource = nil
    path = 0..<0
    query = 0..<0
    isHead = false
    methods = nil
    route = 0
    method = 0
  }
}

/// What comes of planning a request.
public enum Decision: Sendable {
  /// The answer stands; no database connection is involved.
  case respond
  /// The plan's statement is to run, then `render` answers.
  case query
  /// The process's figures are wanted, then `render` answers.
  case measure
}

/// Whether the database can be had, as `/health` reports it.
public enum DatabaseState: Sendable, Equatable {
  case connected
  /// Why not, in one English line without secrets.
  case away(reason: String)
}
