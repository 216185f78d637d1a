@testable import Postgres

/// A piece of a password, that no error may show.
private let secret = "kT7geheim"

/// Connection strings: what is taken is taken again, and no error holds a piece of the string.
@Sendable func fuzzConnection(_ input: [UInt8]) {
  check(String(decoding: input, as: UTF8.self))
  // In the place of each of the first zero bytes, a piece of a secret.
  let pieces = input.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
  guard pieces.count > 1 else { return }
  let text = pieces.map { String(decoding: $0, as: UTF8.self) }.joined(separator: secret)
  check(text)
}

private func check(_ text: String) {
  do throws(ConnectionString.Unusable) {
    let string = try ConnectionString(text)
    expect(!"\(string) \(String(reflecting: string))".contains(secret), "the secret is shown")
    let again = try ConnectionString(string.conninfo)
    expect(again == string, "taken otherwise the second time")
    checkSection(string)
  } catch {
    expect(!error.description.contains(secret), "the secret is in: \(error.description)")
    expect(error.description.utf8.count < 400, "a long error: \(error.description)")
  }
}

private func checkSection(_ string: ConnectionString) {
  do throws(ConnectionString.Unusable) {
    let lines = try string.serviceSection("erp").split(
      separator: "\n", omittingEmptySubsequences: false)
    expect(lines.first == "[erp]" && lines.last == "", "\(lines.count) lines")
    for line in lines.dropFirst().dropLast() {
      expect(
        // Bytes and not Characters: a mark in the value would make another one of the equals sign.
        line.utf8.contains(UInt8(ascii: "="))
          && line.utf8.prefix { $0 != UInt8(ascii: "=") }.allSatisfy {
            0x61...0x7a ~= $0 || $0 == 0x5f
          },
        "a line that is no setting")
    }
  } catch {
    expect(!error.description.contains(secret), "the secret is in: \(error.description)")
  }
}
