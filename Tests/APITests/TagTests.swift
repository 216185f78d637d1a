import Testing

@testable import API

@Suite struct TagTests {
  private func tags(_ json: String) throws -> [UInt8]? {
    let exchange = Exchange.create(["tags": json])
    try #require(exchange.decision == .query, "\(exchange.text)")
    return exchange.parameters[12]
  }

  @Test func `tags become an array of text in their order`() throws {
    #expect(try tags("[]") == Cell.textArray([]))
    #expect(try tags(" [ ] ") == Cell.textArray([]))
    #expect(
      try tags(#"["b", "a","b" ,"", "NULL","{},\"","é","\u00e9\n"]"#)
        == Cell.textArray(["b", "a", "b", "", "NULL", "{},\"", "é", "é\n"]))
  }

  @Test(arguments: ["😀", "é", "x"])
  func `a hundred tags of a hundred code points are taken`(_ unit: String) throws {
    let tag = String(repeating: unit, count: 100)
    let list = Array(repeating: tag, count: 100)
    #expect(
      try tags("[\(list.map(quoted).joined(separator: ","))]") == Cell.textArray(list))
    #expect(
      Exchange.create(["tags": #"["a","\#(tag + unit)","b"]"#]).violations == [
        "body.tags.1 string_too_long"
      ])
  }

  @Test func `a hundred and one tags are refused once`() {
    let list = Array(repeating: "1", count: 101).joined(separator: ",")
    let violations = Exchange.create(["tags": "[\(list)]"]).violations
    #expect(violations.count == 1)
    #expect(violations.first?.hasPrefix("body.tags ") == true)
  }

  @Test(arguments: [#""x""#, "5", "{}", "true", #"{"0":"x"}"#])
  func `tags are a list`(_ value: String) {
    #expect(Exchange.create(["tags": value]).violations == ["body.tags list_type"])
  }

  @Test func `each tag that is no text is named`() {
    #expect(
      Exchange.create(["tags": #"["ok",5,null,["x"],"fine",{},true]"#]).violations
        == [1, 2, 3, 5, 6].map { "body.tags.\($0) string_type" })
  }
}
