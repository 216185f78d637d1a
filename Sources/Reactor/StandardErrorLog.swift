public import Logging
internal import Synchronization

/// Writes log lines to standard error in logfmt, each with the `<N>` priority that journald
/// reads (sd-daemon(3)). Control characters are escaped: one event is one line.
public struct StandardErrorLog: LogHandler {
  /// Goes with every line.
  public var metadata = Logger.Metadata()
  /// The least level that is written.
  public var logLevel: Logger.Level
  private let label: String

  /// A handler that writes lines of `level` and above.
  public init(_ label: String, level: Logger.Level) {
    self.label = label
    logLevel = level
  }

  /// One entry of `metadata`.
  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Writes one line.
  public func log(event: LogEvent) {
    var line = "<\(Self.priority(event.level))>level=\(event.level.rawValue) "
    line += "msg=\(Self.quoted("\(event.message)"))"
    let all = metadata.merging(event.metadata ?? [:]) { $1 }
    for (key, value) in all.sorted(by: { $0.key < $1.key }) {
      line += " \(key)=\(Self.quoted("\(value)"))"
    }
    line += "\n"
    Self.write(line)
  }

  /// Writes text to standard error in one call: lines of several threads do not mix. Never waits
  /// for a journal that is slow to read: the line is dropped, and the next one says how many were.
  public static func write(_ text: String) {
    let lost = unsaid.exchange(0, ordering: .relaxed)
    let note = lost == 0 ? "" : "<4>level=warning msg=\"log lines dropped\" lines=\(lost)\n"
    guard !SystemCalls.writeError(note + text) else { return }
    unsaid.add(lost + 1, ordering: .relaxed)
    dropped.add(1, ordering: .relaxed)
  }

  private static let unsaid = Atomic<Int>(0)
  private static let dropped = Atomic<Int>(0)

  /// Lines dropped so far.
  static var droppedLines: Int { dropped.load(ordering: .relaxed) }

  /// syslog(3)
  private static func priority(_ level: Logger.Level) -> Int {
    switch level {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }

  private static func quoted(_ text: String) -> String {
    let isPlain =
      !text.isEmpty
      && text.utf8.allSatisfy {
        $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=")
          && $0 != UInt8(ascii: "\\")
      }
    guard !isPlain else { return text }
    var output = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": output += "\\\""
      case "\\": output += "\\\\"
      case "\n": output += "\\n"
      case "\t": output += "\\t"
      default:
        if scalar.properties.generalCategory == .control
          || scalar.properties.generalCategory == .format
          || scalar.properties.generalCategory == .lineSeparator
          || scalar.properties.generalCategory == .paragraphSeparator
        {
          output += "\\u{\(String(scalar.value, radix: 16))}"
        } else {
          output.unicodeScalars.append(scalar)
        }
      }
    }
    return output + "\""
  }
}
