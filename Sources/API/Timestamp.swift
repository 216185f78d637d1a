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
  static func write(_ microseconds: Int64, into output: inout OutputSpan<UInt8>) {
    guard microseconds != .max, microseconds != .min else {
      return output.append(microseconds == .max ? infinity.span : minusInfinity.span)
    }
    let perDay: Int64 = 86_400_000_000
    let day = Int((microseconds / perDay) - (microseconds % perDay < 0 ? 1 : 0))
    let time = UInt(microseconds - Int64(day) * perDay)
    let date = civil(daysSince2000: day)
    if date.year > 9999 { output.appendDecimal(UInt(date.year) / 10_000, digits: 2) }
    let year = UInt(max(date.year, 0)) % 10_000
    let seconds = time / 1_000_000
    let fraction = time % 1_000_000
    /// A separator at the place of a byte in its word.
    func at(_ place: UInt64, _ separator: Unicode.Scalar) -> UInt64 {
      UInt64(UInt8(ascii: separator)) << (8 * place)
    }
    // 2025-10-  31T10:00  :00.1234  56+00:00
    EightBytes(
      EightBytes.pair(year / 100) | EightBytes.pair(year % 100) << 16 | at(4, "-")
        | EightBytes.pair(UInt(date.month)) << 40 | at(7, "-")
    ).write(into: &output)
    EightBytes(
      EightBytes.pair(UInt(date.day)) | at(2, "T") | EightBytes.pair(seconds / 3600) << 24
        | at(5, ":") | EightBytes.pair(seconds / 60 % 60) << 48
    ).write(into: &output)
    let second = at(0, ":") | EightBytes.pair(seconds % 60) << 8
    guard fraction != 0 else {
      EightBytes(second | utc << 24).write(into: &output)
      return output.append(UInt8(ascii: "0"))
    }
    EightBytes(
      second | at(3, ".") | EightBytes.pair(fraction / 10_000) << 32
        | EightBytes.pair(fraction / 100 % 100) << 48
    ).write(into: &output)
    EightBytes(EightBytes.pair(fraction % 100) | utc << 16).write(into: &output)
  }

  /// `+00:00`, the first lowest.
  private static let utc: UInt64 = 0x3030_3a30_302b
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
