import Foundation

/// The folder `shared/data` beside the package; tests that read it are skipped where it is not.
enum SharedData {
  static let missing = "../shared/data is not there"

  static func path(_ name: String) -> String {
    var root = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { root.deleteLastPathComponent() }
    return root.deletingLastPathComponent().appendingPathComponent("shared/data/\(name)").path
  }

  static func has(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: path(name))
  }

  static func read(_ name: String) throws -> [UInt8] {
    try Array(Data(contentsOf: URL(fileURLWithPath: path(name))))
  }

  /// One case of JSON Schema's format tests.
  struct FormatCase {
    let description: String
    let text: String
    let isValid: Bool
  }

  /// The cases that are about strings; the rest say that a format ignores other types.
  static func formatCases(_ name: String) throws -> [FormatCase] {
    let json = try JSONSerialization.jsonObject(
      with: Data(read("json-schema-formats/\(name).json")))
    return (json as? [[String: Any]] ?? []).flatMap { $0["tests"] as? [[String: Any]] ?? [] }
      .compactMap { test in
        guard let text = test["data"] as? String, let isValid = test["valid"] as? Bool,
          let description = test["description"] as? String
        else { return nil }
        return FormatCase(description: description, text: text, isValid: isValid)
      }
  }
}
