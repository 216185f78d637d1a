/// One JSON value as its text, written as a Swift literal. Members keep their order, and a member
/// that is nil is left out.
struct OpenAPIValue: Sendable {
  let text: [UInt8]

  /// - Parameter members: in the order in which they stand.
  init(members: [(String, OpenAPIValue?)]) {
    var text = [UInt8(ascii: "{")]
    for (name, value) in members {
      guard let value else { continue }
      if text.count > 1 { text.append(UInt8(ascii: ",")) }
      text.appendJSON(name)
      text.append(UInt8(ascii: ":"))
      text += value.text
    }
    self.text = text + [UInt8(ascii: "}")]
  }

  init(_ elements: [OpenAPIValue]) {
    text =
      [UInt8(ascii: "[")] + elements.map(\.text).joined(separator: [UInt8(ascii: ",")])
      + [UInt8(ascii: "]")]
  }

  init(_ string: String) {
    var text: [UInt8] = []
    text.appendJSON(string)
    self.text = text
  }

  init(_ strings: [String]) { self.init(strings.map { OpenAPIValue($0) }) }

  init(_ number: Int) { text = Array("\(number)".utf8) }

  /// - Parameter json: one well-formed value.
  init(json: String) { text = Array(json.utf8) }

  static let null = OpenAPIValue(json: "null")

  /// A reference to a component, such as `schemas/Failure`.
  static func component(_ path: String) -> OpenAPIValue { ["$ref": "#/components/\(path)"] }
}

extension OpenAPIValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral,
  ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral
{
  init(dictionaryLiteral members: (String, OpenAPIValue?)...) { self.init(members: members) }
  init(arrayLiteral elements: OpenAPIValue...) { self.init(elements) }
  init(stringLiteral string: String) { self.init(string) }
  init(integerLiteral number: Int) { self.init(number) }
  init(booleanLiteral flag: Bool) { self.init(json: flag ? "true" : "false") }
}
