import Foundation

@testable import Harness

/// How a request fared by curl's clock: the harness reads every answer as JSON, and takes its time.
struct Timed {
  let status: Int
  let bytes: Int
  let seconds: Double

  init(_ site: Site, _ method: String, _ target: String, _ body: [UInt8]) throws {
    let output = try Output.of(
      "/usr/bin/curl",
      [
        "-s", "-o", "/dev/null", "-X", method, "-H", Site.jsonType, "-H", "Expect:",
        "--data-binary", "@-", "-w", "%{http_code} %{size_download} %{time_total}", "--max-time",
        "30",
        "http://127.0.0.1:\(site.port)\(target)",
      ], input: body)
    let words = output.out.split(separator: " ")
    guard output.status == 0, words.count == 3, let status = Int(words[0]),
      let bytes = Int(words[1]),
      let seconds = Double(words[2])
    else { throw Failure("curl: \(output)") }
    self.status = status
    self.bytes = bytes
    self.seconds = seconds
  }
}
