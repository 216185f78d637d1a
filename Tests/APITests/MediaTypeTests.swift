import TestSupport
import Testing

@testable import API

@Suite struct MediaTypeTests {
  private func isJSON(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return MediaType.isJSON(bytes.span)
  }

  @Test(arguments: [
    "application/json", "Application/JSON", "application/json;", "application/json;charset=utf-8",
    "application/json; x=é", "application/json ;x", " application/json", "application/vnd.api+json",
    "application / json", "application/problem+JSON;v=1",
  ])
  func `bytes of JSON are told`(_ text: String) {
    #expect(isJSON(text))
  }

  @Test(arguments: [
    "", ";", "application/jso", "application/jsonx", "application/json,", "application-json",
    "application/json;\u{301}", "application/json\u{301}", "\u{600}+json", "application\u{f}json",
    "text/plain;application/json", "aPPLICATION/JSO.", "application/json\u{0}", "`pplication/json",
  ])
  func `bytes of another type are told`(_ text: String) {
    #expect(!isJSON(text))
  }

  @Test func `bytes and text are judged alike`() {
    var random = SeededGenerator(20_261_122)
    let pieces = [
      "application/json", "Application/Json", "application/", "json", "+json", "+JSON", ";", " ",
      "\t", "charset=utf-8", "\u{301}", "é", "\u{600}", "\u{212a}", "\r\n", "\u{0}", "a", "/", "@",
      "[",
    ]
    var count = 0
    for _ in 0..<20_000 {
      let length = Int.random(in: 0...4, using: &random)
      var text = Bool.random(using: &random) ? "application/json" : ""
      for _ in 0..<length { text += pieces.randomElement(using: &random) ?? "" }
      let expected = MediaType.isJSON(text)
      #expect(isJSON(text) == expected, "\(text.debugDescription)")
      if expected { count += 1 }
    }
    #expect(2_000...18_000 ~= count)
  }
}
