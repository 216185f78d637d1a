import Foundation

/// Chromium without a window, driven by its DevTools protocol
/// (https://chromedevtools.github.io/devtools-protocol/) over a pair of pipes: with
/// `--remote-debugging-pipe` it reads messages that end in NUL from descriptor 3 and writes them
/// to 4, so that no port is opened and no other program is needed.
final class Browser {
  /// Nil where there is none.
  static let executable: String? = ["/usr/bin/chromium", "/usr/bin/chromium-browser"]
    .first(where: Workbench.exists)

  /// The address of every request that the page made.
  private(set) var requested: [String] = []
  /// What went wrong, as the console tells it: errors, exceptions, what a policy refused.
  private(set) var complaints: [String] = []

  private let child: Child
  private let input: Int32
  private let output: Int32
  private var received: [UInt8] = []
  private var calls = 0
  private var page: JSON = nil
  private let errors: String

  /// Opens an empty page. No name is resolved: a host other than this one cannot be reached.
  ///
  /// One that ends or hangs before its page is open is started again: it is the tool here, and not what is
  /// tested. Why the last one did not open is said.
  static func started(attempts: Int = 3) throws -> Browser {
    for _ in 1..<attempts {
      if let browser = try? Browser() { return browser }
    }
    return try Browser()
  }

  private init() throws {
    guard let executable = Self.executable else { throw Failure("there is no Chromium") }
    let directory = "\(try Workbench.require().directory)/browser-\(unique())"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    let (source, sink) = ("\(directory)/in", "\(directory)/out")
    guard mkfifo(source, 0o600) == 0, mkfifo(sink, 0o600) == 0 else { throw Failure("mkfifo") }
    // For reading and writing, so that neither side's opening waits for the other.
    input = open(source, O_RDWR | O_CLOEXEC)
    output = open(sink, O_RDWR | O_CLOEXEC | O_NONBLOCK)
    errors = directory + "/stderr"
    let sandbox = geteuid() == 0 ? ["--no-sandbox"] : []
    child = try Child(
      "/bin/bash",
      ["-c", #"exec "$@" 3<"$0/in" 4>"$0/out""#, directory, executable]
        + sandbox + [
          "--headless=new", "--remote-debugging-pipe", "--user-data-dir=\(directory)",
          "--window-size=1280,1600", "--hide-scrollbars", "--disable-gpu", "--no-first-run",
          "--disable-dev-shm-usage", "--disable-background-networking", "--disable-breakpad",
          "--disable-component-update", "--disable-sync", "--no-default-browser-check",
          "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "about:blank",
        ],
      environment: ["HOME": directory, "TMPDIR": directory],
      output: directory + "/stdout", errors: errors)
    do {
      let target = try call("Target.createTarget", ["url": "about:blank"], isOfPage: false)
      page = try call(
        "Target.attachToTarget", ["targetId": target["targetId"], "flatten": true], isOfPage: false)[
          "sessionId"]
      for domain in ["Page", "Runtime", "Log", "Network"] { _ = try call("\(domain).enable") }
    } catch {
      release()
      throw error
    }
  }

  /// Ends it, with the processes that it started.
  func end() {
    _ = try? call("Browser.close", isOfPage: false)
    _ = try? child.wait(within: 10)
    release()
  }

  private func release() {
    child.end()
    close(input)
    close(output)
  }

  func visit(_ address: String) throws { _ = try call("Page.navigate", ["url": .string(address)]) }

  /// What the expression comes to; a failure when it throws.
  func evaluate(_ expression: String) throws -> JSON {
    let answer = try call(
      "Runtime.evaluate", ["expression": .string(expression), "returnByValue": true])
    guard answer["exceptionDetails"] == .absent else {
      throw Failure("\(expression): \(answer["exceptionDetails"].text.prefix(500))")
    }
    return answer["result"]["value"]
  }

  /// Waits until the expression is true.
  func wait(for expression: String, within seconds: Double = 60) throws {
    try eventually("in the page: \(expression); \(complaints)", within: seconds) {
      try evaluate(expression) == true
    }
  }

  /// Clicks what the selector finds, once it is there.
  func click(_ selector: String) throws {
    try wait(for: "document.querySelector(\(JSON.quoted(selector))) !== null")
    _ = try evaluate("document.querySelector(\(JSON.quoted(selector))).click()")
  }

  /// Writes what is seen as a PNG.
  func photograph(_ path: String) throws {
    let answer = try call("Page.captureScreenshot", ["format": "png"])
    guard let data = Data(base64Encoded: answer["data"].string ?? "") else {
      throw Failure("no screenshot")
    }
    try data.write(to: URL(fileURLWithPath: path))
  }

  // MARK: the protocol

  private func call(
    _ method: String, _ parameters: JSON = [:], isOfPage: Bool = true
  ) throws -> JSON {
    calls += 1
    let number = JSON.number(Decimal(calls))
    let message: JSON = [
      "id": number, "method": .string(method), "params": parameters,
      "sessionId": isOfPage ? page : .absent,
    ]
    let bytes = Array(message.text.utf8) + [0]
    guard write(input, bytes, bytes.count) == bytes.count else { throw Failure("\(method): write") }
    let deadline = Deadline(seconds: 60)
    while true {
      let answer = try receive(until: deadline)
      guard answer["id"] == number else {
        note(answer)
        continue
      }
      guard answer["error"] == .absent else { throw Failure("\(method): \(answer["error"].text)") }
      return answer["result"]
    }
  }

  private func receive(until deadline: Deadline) throws -> JSON {
    while true {
      if let end = received.firstIndex(of: 0) {
        defer { received.removeSubrange(...end) }
        guard let message = JSON(Array(received[..<end])) else { throw Failure("not JSON") }
        return message
      }
      var ready = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
      // Both sides of the pipe are held open here, so its end does not show when Chromium's does.
      guard poll(&ready, 1, min(deadline.milliseconds, 200)) > 0 else {
        guard child.isRunning, deadline.milliseconds > 0 else {
          let ended = child.exitStatus.map { "ended with \($0)" } ?? "runs"
          let said = (try? String(contentsOfFile: errors, encoding: .utf8)) ?? ""
          throw Failure("Chromium says nothing more, and \(ended): \(said.suffix(1500))")
        }
        continue
      }
      var chunk = [UInt8](repeating: 0, count: 65536)
      let count = read(output, &chunk, chunk.count)
      if count > 0 { received += chunk[..<count] }
    }
  }

  private func note(_ event: JSON) {
    let details = event["params"]
    switch event["method"].string {
    case "Network.requestWillBeSent":
      requested.append(details["request"]["url"].string ?? "")
    case "Log.entryAdded" where details["entry"]["level"] == "error":
      complaints.append(details["entry"].text)
    case "Runtime.exceptionThrown": complaints.append(details.text)
    case "Runtime.consoleAPICalled" where details["type"] == "error":
      complaints.append(details["args"].text)
    default: break
    }
  }
}
