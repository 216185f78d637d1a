public import Glibc

/// A system call that failed.
public struct SystemError: Error, CustomStringConvertible {
  /// The call's name.
  public let call: String
  /// `errno`
  public let code: Int32

  /// Takes `errno` as the call left it.
  public init(_ call: String, code: Int32 = errno) {
    self.call = call
    self.code = code
  }

  /// The call and the system's words for the error.
  public var description: String { "\(call): \(Self.text(code))" }

  /// What the system calls an error number.
  public static func text(_ code: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 128)
    guard unsafe strerror_r(code, &buffer, buffer.count) == 0 else { return "errno \(code)" }
    let end = buffer.firstIndex(of: 0) ?? buffer.endIndex
    return String(decoding: buffer[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
