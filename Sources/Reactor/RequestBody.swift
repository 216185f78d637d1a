internal import API
internal import FastCGI

extension Request {
  /// Takes over what became of the body.
  mutating func take(_ body: FastCGI.Connection.Body) {
    self.body = 0..<0
    switch body {
    case .whole(let range):
      self.body = range
      bodyState = .whole
    case .wrongLength: bodyState = .wrongLength
    case .tooLarge: bodyState = .tooLarge
    case .dropped: bodyState = .dropped
    }
  }
}
