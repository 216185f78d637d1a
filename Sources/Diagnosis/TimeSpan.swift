/// Lengths of time as nginx and systemd write them.
enum TimeSpan {
  /// https://nginx.org/en/docs/syntax.html
  static let nginx = [
    "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000,
  ]
  /// systemd.time(7), as `systemctl show` prints them.
  static let systemd = [
    "us": 0, "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000,
    "w": 604_800_000, "month": 2_629_800_000, "y": 31_557_600_000,
  ]

  /// The sum of such as `1min 30s`; nil when it cannot be read (`infinity`).
  ///
  /// - Parameter bare: what a number without a unit counts.
  static func milliseconds(_ text: String, bare: Int, units: [String: Int]) -> Int? {
    var sum = 0
    var rest = text[...].drop { $0 == " " }
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(digits.count)
      let unit = rest.prefix { $0.isASCII && $0.isLetter }
      rest = rest.dropFirst(unit.count).drop { $0 == " " }
      guard let number = Int(digits), let factor = unit.isEmpty ? bare : units[String(unit)]
      else { return nil }
      let (part, isTooLong) = number.multipliedReportingOverflow(by: factor)
      let (total, isBeyond) = sum.addingReportingOverflow(part)
      guard !isTooLong, !isBeyond else { return nil }
      sum = total
    }
    return sum
  }
}
