import Testing

@testable import API

@Suite struct PreferencesTests {
  static let fields: [(String, Bool, Bool)] = [
    ("", false, false), ("count=exact", true, false), ("handling=strict", false, true),
    ("count=exact, handling=strict", true, true), ("handling=strict,count=exact", true, true),
    (" count = exact ", true, false), ("count=\"exact\"", true, false),
    ("Count=Exact", true, false),
    ("respond-async, count=exact; x=1", true, false), ("wait=10,,count=exact,", true, false),
    ("count", false, false), ("count=", false, false), ("count=planned", false, false),
    ("count=exactly", false, false), ("xcount=exact", false, false),
    ("handling=lenient", false, false),
    ("handling=lenient, handling=strict", false, false),
    ("handling=strict; handling=lenient", false, true),
    ("count=none, count=exact, handling=strict", false, true),
    ("count=exact, count=none", true, false), ("counts=exact, count=exact", true, false),
    ("exact", false, false), ("strict", false, false), (",;,", false, false),
    ("return=representation", false, false),
  ]

  @Test(arguments: fields)
  func `what is honoured is read among the rest`(
    _ field: String, _ isExact: Bool, _ isStrict: Bool
  ) {
    let preferences = Preferences(field)
    #expect(preferences.exactCount == isExact)
    #expect(preferences.isStrict == isStrict)
  }

  @Test func `what was honoured is said`() {
    #expect(Preferences("").applied == nil)
    #expect(Preferences("count=exact").applied == "count=exact")
    #expect(Preferences("handling=strict, count=exact").applied == "count=exact, handling=strict")
  }
}
