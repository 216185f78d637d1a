import Foundation

@testable import API

/// E-mail addresses: the pass over bytes and the one over code points agree, and what is taken can be
/// put into a header field and has a domain.
@Sendable func fuzzEmail(_ input: [UInt8]) {
  guard let text = String(validating: input, as: UTF8.self) else { return }
  let isValid = EmailAddress.isValid(input.span)
  expect(isValid == EmailAddress.isValid(text[...]), "bytes say \(isValid), code points do not")
  let isASCII = input.allSatisfy { $0 < 0x80 }
  if isASCII {
    expect(isValid == slowIsValid(input), "taken: \(isValid)")
    expect(isValid == EmailAddress.isValid(Array(text.uppercased().utf8).span), "case matters")
  }
  guard isValid else { return }
  expect(!input.contains { $0 <= 0x20 || $0 == 0x7f }, "a control character or a blank")
  expect(!input.contains { "\"(),:;<>[\\]".utf8.contains($0) }, "a special character")
  expect(input.count { $0 == UInt8(ascii: "@") } == 1, "not one @")
  expect(text.unicodeScalars.count <= 254, "longer than 254")
  expect(!EmailAddress.isValid((input + input).span), "an address twice")
  expect(!EmailAddress.isValid((input + [UInt8(ascii: ".")]).span), "a dot at the end")
  expect(!EmailAddress.isValid(([UInt8(ascii: ".")] + input).span), "a dot at the beginning")
}

/// The rule over again, as a regular expression would have it.
private func slowIsValid(_ bytes: [UInt8]) -> Bool {
  func isAlphanumeric(_ byte: UInt8) -> Bool {
    Character(Unicode.Scalar(byte)).isLetter || Character(Unicode.Scalar(byte)).isNumber
  }
  let parts = bytes.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
  guard bytes.count <= 254, parts.count == 2, parts[0].count <= 64 else { return false }
  let atoms = parts[0].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
  let labels = parts[1].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
  return labels.count > 1
    && atoms.allSatisfy { atom in
      !atom.isEmpty
        && atom.allSatisfy { isAlphanumeric($0) || "!#$%&'*+-/=?^_`{|}~".utf8.contains($0) }
    }
    && labels.allSatisfy { label in
      1...63 ~= label.count && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
        && label.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }
}
