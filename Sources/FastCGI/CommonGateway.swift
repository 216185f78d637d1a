internal import Glibc

/// The process's environment, and plain CGI (RFC 3875): one request in it and on standard input,
/// the answer on standard output.
public enum CommonGateway {
  /// All variables of the process.
  public static func environment() -> [String: String] {
    var variables: [String: String] = [:]
    var next = unsafe environ
    // The C library ends the array with a null pointer; nothing here changes it.
    while let entry = unsafe next.pointee {
      let text = unsafe String(cString: entry)
      if let equals = text.firstIndex(of: "=") {
        variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
      }
      unsafe next += 1
    }
    return variables
  }

  /// Reads one request, as `Connection.read` does.
  public static func read(
    _ names: [[UInt8]], into bytes: inout [UInt8], values: inout [Range<Int>], limit: Int,
    contentLength: Int
  ) -> Connection.Body {
    unsafe Parameters.copy(environ, names, into: &bytes, &values)
    let declared = Parameters.number(bytes, values[contentLength]) ?? 0
    guard declared <= limit else { return .tooLarge }
    let start = bytes.count
    while bytes.count - start < declared {
      guard let part = readInput(declared - (bytes.count - start)), !part.isEmpty else {
        return .wrongLength
      }
      bytes.append(contentsOf: part)
    }
    return .whole(start..<bytes.count)
  }

  /// Writes all of `bytes` to standard output; false when that cannot be written. When nobody reads it
  /// SIGPIPE ends the process.
  public static func write(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Glibc.write(
          STDOUT_FILENO, buffer.baseAddress.unsafelyUnwrapped + sent, buffer.count - sent)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  private static func readInput(_ count: Int) -> [UInt8]? {
    while true {
      var failed = false
      let part = unsafe [UInt8](unsafeUninitializedCapacity: min(count, 65_536)) { buffer, filled in
        let got = unsafe Glibc.read(STDIN_FILENO, buffer.baseAddress, buffer.count)
        failed = got < 0
        filled = max(got, 0)
      }
      if failed && errno == EINTR { continue }
      return failed ? nil : part
    }
  }
}
