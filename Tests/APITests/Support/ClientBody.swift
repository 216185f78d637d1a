/// A body that is right but for the members given, as raw JSON texts; nil leaves one out.
func clientBody(_ members: KeyValuePairs<String, String?> = [:]) -> String {
  var all: [(String, String)] = []
  if !members.contains(where: { $0.key == "type" }) { all.append(("type", #""company""#)) }
  if !members.contains(where: { $0.key == "name" }) { all.append(("name", #""Wash""#)) }
  for case (let name, let value?) in members { all.append((name, value)) }
  return "{" + all.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
}

/// A JSON string of characters that need no escape.
func quoted(_ text: String) -> String { "\"\(text)\"" }

/// A contact with what is required, and what is given as raw JSON texts.
func contact(_ members: String...) -> String {
  let required = [#""id":"1""#, #""firstName":"A""#, #""lastName":"B""#]
  return "{" + (required + members).joined(separator: ",") + "}"
}

extension Exchange {
  static func create(_ members: KeyValuePairs<String, String?>) -> Exchange {
    Exchange("POST", "/clients/", json: clientBody(members))
  }

  static func update(_ json: String, _ method: String = "PATCH") -> Exchange {
    Exchange(method, "/clients/00000000-0000-4000-8000-000000000001", json: json)
  }
}
