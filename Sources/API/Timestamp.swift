/// `timestamptz` in binary: microseconds since 2000-01-01 00:00 UTC
/// (https://www.postgresql.org/docs/15/datatype-datetime.html).
enum Timestamp {
  /// What `timestamptz` can hold: 4714-11-24 BC to 294276 AD, and the infinities
  /// (src/include/datatype/timestamp.h).
  static func isValue(_ microseconds: Int64) -> Bool {
    -211_813_488_000_000_000..<9_223_371_331_200_000_000 ~= microseconds
      || microseconds == .max || microseconds == .min
  }

  /// Appends it as Python's isoformat writes a UTC time: no fraction when it is zero.
  static func write(_ microseconds: Int64, into output: inout [UInt8]) {
    guard microseconds != .max, microseconds != .min else {
      output.append(microseconds == .max ? "infinity" : "-infinity")
      return
    }
    let perDay: Int64 = 86_400_000_000
    let day = Int((microseconds / perDay) - (microseconds % perDay < 0 ? 1 : 0))
    let time = Int(microseconds - Int64(day) * perDay)
    let date = civil(daysSince2000: day)
    output.appendDecimal(max(date.year, 0), digits: date.year > 9999 ? 6 : 4)
    output.append(UInt8(ascii: "-"))
    output.appendDecimal(date.month, digits: 2)
    output.append(UInt8(ascii: "-"))
    output.appendDecimal(date.day, digits: 2)
    output.append(UInt8(ascii: "T"))
    output.appendDecimal(time / 3_600_000_000, digits: 2)
    output.append(UInt8(ascii: ":"))
    output.appendDecimal(time / 60_000_000 % 60, digits: 2)
    output.append(UInt8(ascii: ":"))
    output.appendDecimal(time / 1_000_000 % 60, digits: 2)
    if time % 1_000_000 != 0 {
      output.append(UInt8(ascii: "."))
      output.appendDecimal(time % 1_000_000, digits: 6)
    }
    output.append(contentsOf: utc)
  }

  private static let utc = Array("+00:00".utf8)

  /// The proleptic Gregorian date: years of 365.2425 days counted from 1 March, in eras of 400.
  private static func civil(daysSince2000: Int) -> (year: Int, month: Int, day: Int) {
    let days = daysSince2000 + 730_425  // 0000-03-01 is day 0
    let era = (days >= 0 ? days : days - 146_096) / 146_097
    let dayOfEra = days - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month,
      dayOfYear - (153 * shifted + 2) / 5 + 1
    )
  }
}
