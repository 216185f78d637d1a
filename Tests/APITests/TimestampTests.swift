import Foundation
import TestSupport
import Testing

@testable import API

@Suite struct TimestampTests {
  private func text(_ microseconds: Int64) -> String {
    var output: [UInt8] = []
    output.append(addingCapacity: "294276-12-31T23:59:59.999999+00:00".utf8.count) {
      Timestamp.write(microseconds, into: &$0)
    }
    return String(decoding: output, as: UTF8.self)
  }

  private static let day: Int64 = 86_400_000_000

  static let times: [(Int64, String)] = [
    (0, "2000-01-01T00:00:00+00:00"), (1, "2000-01-01T00:00:00.000001+00:00"),
    (123_456, "2000-01-01T00:00:00.123456+00:00"), (100_000, "2000-01-01T00:00:00.100000+00:00"),
    (999_999, "2000-01-01T00:00:00.999999+00:00"), (1_000_000, "2000-01-01T00:00:01+00:00"),
    (-1, "1999-12-31T23:59:59.999999+00:00"), (-1_000_000, "1999-12-31T23:59:59+00:00"),
    (day - 1, "2000-01-01T23:59:59.999999+00:00"), (day, "2000-01-02T00:00:00+00:00"),
    (-day, "1999-12-31T00:00:00+00:00"), (-day - 1, "1999-12-30T23:59:59.999999+00:00"),
    (59 * day, "2000-02-29T00:00:00+00:00"), (60 * day, "2000-03-01T00:00:00+00:00"),
    // SELECT extract(epoch FROM …) and 946684800 s between 1970 and 2000
    ((1_761_904_800 - 946_684_800) * 1_000_000 + 123_456, "2025-10-31T10:00:00.123456+00:00"),
    (-946_684_800_000_000, "1970-01-01T00:00:00+00:00"),
    ((951_782_400 - 946_684_800) * 1_000_000, "2000-02-29T00:00:00+00:00"),
    ((4_107_542_400 - 946_684_800) * 1_000_000, "2100-03-01T00:00:00+00:00"),
    ((4_107_456_000 - 946_684_800) * 1_000_000, "2100-02-28T00:00:00+00:00"),
    ((253_402_300_799 - 946_684_800) * 1_000_000 + 999_999, "9999-12-31T23:59:59.999999+00:00"),
    ((-62_135_596_800 - 946_684_800) * 1_000_000, "0001-01-01T00:00:00+00:00"),
  ]

  @Test(arguments: times)
  func `a time is written as Python's isoformat writes it`(_ microseconds: Int64, _ time: String) {
    #expect(text(microseconds) == time)
  }

  @Test func `infinity has its name`() {
    #expect(text(.max) == "infinity")
    #expect(text(.min) == "-infinity")
  }

  /// Counted day by day from 2000-01-01 with nothing but the rule of leap years.
  @Test func `every day from the year 1 to 9999 is right`() {
    func length(_ month: Int, _ year: Int) -> Int {
      let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }
    func pad(_ number: Int, _ digits: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: digits - text.count) + text
    }
    // 730,119 days lie between 0001-01-01 and 2000-01-01 (Python: date(2000, 1, 1).toordinal() - 1).
    var (year, month, date) = (1, 1, 1)
    var wrong = 0
    for day in Int64(-730_119)...2_921_939 {
      // The whole of the calendar takes long in a debug build: the edges of the months that
      // leap years move, and some.
      if (date == 1 || date == length(month, year)) && (month <= 3 || month == 12) || day % 97 == 0
      {
        let expected = "\(pad(year, 4))-\(pad(month, 2))-\(pad(date, 2))T00:00:00+00:00"
        if text(day * Self.day) != expected { wrong += 1 }
      }
      date += 1
      if date > length(month, year) {
        date = 1
        month += 1
      }
      if month > 12 {
        month = 1
        year += 1
      }
    }
    #expect(wrong == 0)
    #expect(year == 10_000)
  }

  @Test func `random times agree with Foundation's calendar`() throws {
    var random = SeededGenerator(2000)
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
    // Foundation's calendar is Julian before October 1582.
    let first: Int64 = -13_165_977_600
    for _ in 0..<3000 {
      let seconds = Int64.random(in: first..<252_455_616_000, using: &random)
      let fraction = max(0, Int64.random(in: -500_000..<1_000_000, using: &random))
      let parts = calendar.dateComponents(
        [.year, .month, .day, .hour, .minute, .second],
        from: Date(timeIntervalSince1970: Double(seconds + 946_684_800)))
      let expected =
        String(
          format: "%04d-%02d-%02dT%02d:%02d:%02d", parts.year ?? 0, parts.month ?? 0,
          parts.day ?? 0, parts.hour ?? 0, parts.minute ?? 0, parts.second ?? 0)
        + (fraction == 0 ? "" : String(format: ".%06d", fraction)) + "+00:00"
      #expect(text(seconds * 1_000_000 + fraction) == expected)
    }
  }

  static let bounds: [(Int64, Bool)] = [
    (0, true), (.max, true), (.min, true), (-211_813_488_000_000_000, true),
    (-211_813_488_000_000_001, false), (9_223_371_331_199_999_999, true),
    (9_223_371_331_200_000_000, false), (.max - 1, false), (.min + 1, false),
  ]

  @Test(arguments: bounds)
  func `what timestamptz can hold is a value`(_ microseconds: Int64, _ isValue: Bool) {
    #expect(Timestamp.isValue(microseconds) == isValue)
  }

  /// src/include/datatype/timestamp.h: 4713 BC to 294276 AD.
  @Test func `no time that PostgreSQL can hold traps`() {
    for time: Int64 in [
      -211_813_488_000_000_000, 9_223_371_331_199_999_999, -63_082_281_600_000_001,
    ] {
      #expect(text(time).hasSuffix("+00:00"))
    }
  }
}
