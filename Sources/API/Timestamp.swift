/// `timestamptz` in binary: microseconds since 2000-01-01 00:00 UTC
/// (https://www.postgresql.org/docs/15/datatype-datetime.html).
enum Timestamp {
  /// What `timestamptz` can hold: 4714-11-24 BC to 294276 AD, and the infinities
  /// (src/include/datatype/timestamp.h).
  static func isValue(_ microseconds: Int64) -> Bool {
    -211_813_488_000_000_000..<9_223_371_331_200_000_000 ~= microseconds
      || microseconds == .max || microseconds == .min
  }

  /// 294276-12-31T23:59:59.999999+00:00
  static let maxLength = 34

  /// Appends it as Python's isoformat writes a UTC time: no fraction when it is zero.
  static func write(_ microseconds: Int64, into output: inout OutputSpan<UInt8>) {
    guard microseconds != .max, microseconds != .min else {
      return output.append(microseconds == .max ? infinity.span : minusInfinity.span)
    }
    let perDay: Int64 = 86_400_000_000
    let day = Int((microseconds / perDay) - (microseconds % perDay < 0 ? 1 : 0))
    let time = UInt(microseconds - Int64(day) * perDay)
    let date = civil(daysSince2000: day)
    if date.year > 9999 {
      output.appendDecimal(UInt(date.year), digits: 6)
    } else {
      let year = UInt(max(date.year, 0))
      output.appendPair(year / 100)
      output.appendPair(year % 100)
    }
    output.append(UInt8(ascii: "-"))
    output.appendPair(UInt(date.month))
    output.append(UInt8(ascii: "-"))
    output.appendPair(UInt(date.day))
    output.append(UInt8(ascii: "T"))
    let seconds = time / 1_000_000
    output.appendPair(seconds / 3600)
    output.append(UInt8(ascii: ":"))
    output.appendPair(seconds / 60 % 60)
    output.append(UInt8(ascii: ":"))
    output.appendPair(seconds % 60)
    let fraction = time % 1_000_000
    if fraction != 0 {
      output.append(UInt8(ascii: "."))
      output.appendPair(fraction / 10_000)
      output.appendPair(fraction / 100 % 100)
      output.appendPair(fraction % 100)
    }
    output.append(utc.span)
  }

  private static let utc = Array("+00:00".utf8)
  private static let infinity = Array("infinity".utf8)
  private static let minusInfinity = Array("-infinity".utf8)

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
