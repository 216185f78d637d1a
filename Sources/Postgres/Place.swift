/// What a slot of a pool holds: nothing, an attempt to connect, or a connection.
struct Place {
  var connection: Connection?
  /// An attempt that runs in a thread.
  var connector: Connector?
  /// When it is given up: a slow attempt, a cancelled statement that does not end.
  var deadline = never
  /// When something came from it last.
  var heardAt: UInt64 = 0
  /// When its connection was made.
  var openedAt: UInt64 = 0

  static let never = UInt64.max

  /// Ends what it holds.
  mutating func clear() {
    connection = nil
    connector = nil
    deadline = Self.never
  }
}
