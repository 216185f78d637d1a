extension Connection {
  /// What `advance` waits for.
  enum Progress: Equatable {
    case reading, writing
    case ready
    case failed(String)
  }

  /// What comes back, in the order of `send`.
  enum Event: ~Copyable {
    case rows(tag: Int, Result)
    case refused(tag: Int, ServerError)
    /// Did not run or was rolled back, because another of the same batch was refused.
    case aborted(tag: Int)
    /// Nothing more can be read now.
    case none
    /// The connection is dead.
    case dead
  }

  /// What was sent and not yet answered. A tag of -1: nobody waits for it any more.
  enum Entry {
    case settings
    case prepare(Int)
    /// `rowBytes`: of rows taken one at a time; nil: taken whole.
    case execute(statement: Int?, tag: Int, isRead: Bool, rowBytes: Int?)
    case sync

    /// Of the request that waits for it; -1: none.
    var tag: Int { if case .execute(_, let tag, _, _) = self { tag } else { -1 } }

    /// Nobody waits for it any more.
    mutating func orphan() {
      if case .execute(let statement, _, let isRead, let rowBytes) = self {
        self = .execute(statement: statement, tag: -1, isRead: isRead, rowBytes: rowBytes)
      }
    }
  }
}
