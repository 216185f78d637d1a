import Foundation
import Testing

@testable import Harness

/// A password of four words, with something between them that the spelling at hand trips over: a
/// piece of it is as bad as the whole.
struct Secret {
  let words = (0..<4).map { _ in "canary\(unique())" }

  /// The words with `separators` between them, the last of these again and again.
  func spelt(_ separators: String...) -> String {
    words.dropFirst().enumerated().reduce(words[0]) { text, next in
      text + separators[min(next.offset, separators.count - 1)] + next.element
    }
  }

  /// Whether any of it is in a text.
  func isIn(_ text: String) -> Bool { words.contains { text.contains($0) } }
}
