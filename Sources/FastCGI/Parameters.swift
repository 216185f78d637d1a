internal import Glibc

/// The CGI variables of a request, `NAME=value` strings ended by a null pointer.
enum Parameters {
  /// Appends the values wanted to `bytes`; of two of one name the first counts.
  static func copy(
    _ environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ names: [[UInt8]],
    into bytes: inout [UInt8], _ values: inout [Range<Int>]
  ) {
    guard var next = unsafe environment else { return }
    // Valid while the request is: libfcgi ends the array with a null pointer.
    while let variable = unsafe next.pointee {
      unsafe copy(
        UnsafeRawBufferPointer(start: variable, count: strlen(variable)), names, into: &bytes,
        &values)
      unsafe next += 1
    }
  }

  private static func copy(
    _ variable: UnsafeRawBufferPointer, _ names: [[UInt8]], into bytes: inout [UInt8],
    _ values: inout [Range<Int>]
  ) {
    for index in names.indices {
      let length = names[index].count
      guard variable.count > length, unsafe variable[length] == UInt8(ascii: "="),
        unsafe variable[..<length].elementsEqual(names[index])
      else { continue }
      if values[index].isEmpty {
        let start = bytes.count
        unsafe bytes.append(contentsOf: variable[(length + 1)...])
        values[index] = start..<bytes.count
      }
      return
    }
  }

  /// A decimal number; nil when there is none.
  static func number(_ bytes: [UInt8], _ range: Range<Int>) -> Int? {
    guard 1...18 ~= range.count else { return nil }
    return bytes[range].reduce(0 as Int?) { total, digit in
      0x30...0x39 ~= digit ? total.map { $0 * 10 + Int(digit - 0x30) } : nil
    }
  }
}
