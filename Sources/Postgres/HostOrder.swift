/// In which order the servers of a connection string are asked. libpq asks one after the other, and
/// would never come past one that does not answer
/// (https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-MULTIPLE-HOSTS).
struct HostOrder {
  /// By host: until when it comes last, since it did not answer.
  private var silentUntil: [UInt64]
  /// How long such a host comes last.
  private static let silenceLimit: UInt64 = 60_000_000_000

  init(count: Int) { silentUntil = Array(repeating: 0, count: count) }

  /// Hosts that answer, then those that did not, each in the order of the string.
  func order(now: UInt64) -> [Int] {
    let silence = silentUntil.map { $0 > now ? $0 : 0 }
    return silence.indices.sorted { (silence[$0], $0) < (silence[$1], $1) }
  }

  /// An attempt has taken all its time: the host that it was at comes last from now on.
  ///
  /// - Parameter host: nil: the one that was tried first.
  mutating func noteSilence(of host: Int?, now: UInt64) {
    guard let host = host ?? order(now: now).first else { return }
    silentUntil[host] = now + Self.silenceLimit
  }
}
