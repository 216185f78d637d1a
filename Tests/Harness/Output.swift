import Foundation

/// What a command printed and how it ended.
struct Output: Sendable {
  let status: Int32
  let out: String
  let errors: String

  /// Runs a command to its end.
  static func of(
    _ executable: String, _ arguments: [String], environment: [String: String] = [:],
    input: [UInt8] = [], within seconds: Double = 60
  ) throws -> Output {
    let directory = "\(try Workbench.require().directory)/command-\(unique())"
    let (source, out, errors) = (directory + "/in", directory + "/out", directory + "/err")
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try Data(input).write(to: URL(fileURLWithPath: source))
    let child = try Child(
      executable, arguments, environment: environment, input: source, output: out,
      errors: errors)
    do {
      let status = try child.wait(within: seconds)
      return Output(status: status, out: try text(of: out), errors: try text(of: errors))
    } catch {
      child.end()
      throw error
    }
  }

  /// What a command that must succeed prints.
  static func ofSuccess(
    _ executable: String, _ arguments: [String], environment: [String: String] = [:]
  ) throws -> String {
    let output = try of(executable, arguments, environment: environment)
    guard output.status == 0 else {
      let command = ([executable] + arguments).joined(separator: " ").prefix(500)
      throw Failure("\(command): exit \(output.status): \(output.errors)\(output.out)")
    }
    return output.out
  }

  private static func text(of path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
  }
}
