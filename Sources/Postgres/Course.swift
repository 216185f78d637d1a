/// How far a request has come in its lane.
struct Course {
  /// Which slot runs it; -1: none.
  var slot = -1
  /// How often it was sent.
  var attempts: UInt8 = 0
  /// It was undone with its group.
  var isAlone = false
  /// What its connection had prepared was of no use.
  var isUnprepared = false
}
