import Foundation

/// The targets by name. One binary holds all: what libFuzzer needs is linked once.
private let targets: [String: @Sendable (_ input: [UInt8]) -> Void] = [
  "body": fuzzBody, "json": fuzzJSON, "rows": fuzzRows, "target": fuzzTarget, "uuid": fuzzUUID,
  "email": fuzzEmail, "cursor": fuzzCursor, "headers": fuzzHeaders, "scans": fuzzScans,
  "records": fuzzRecords, "connection": fuzzConnection,
]

/// The one that `FUZZ_TARGET` names.
private let chosen: @Sendable (_ input: [UInt8]) -> Void = {
  let name = ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? ""
  guard let target = targets[name] else {
    print("FUZZ_TARGET is none of \(targets.keys.sorted().joined(separator: " "))")
    exit(64)
  }
  // What lives as long as the process is no leak; the detector does not see it all: in an enum with
  // several payloads Swift keeps the case in the upper bits of the pointer.
  ignoreLeaks()
  _ = Exchange.clientsOnly
  _ = notes
  heedLeaks()
  return target
}()

@_silgen_name("__lsan_disable") private func ignoreLeaks()
@_silgen_name("__lsan_enable") private func heedLeaks()

/// What libFuzzer calls with every input (https://llvm.org/docs/LibFuzzer.html).
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  chosen(Array(UnsafeBufferPointer(start: bytes, count: count)))
  return 0
}

/// A property that every input has to have; libFuzzer keeps the input that has it not.
func expect(
  _ claim: @autoclosure () throws -> Bool, _ text: @autoclosure () -> String,
  line: UInt = #line, file: StaticString = #fileID
) {
  if (try? claim()) != true {
    print("property broken at \(file):\(line): \(text())")
    fflush(nil)
    abort()
  }
}

/// Small choices from an input: its first bytes, then zeros.
struct Choices {
  private(set) var rest: ArraySlice<UInt8>
  init(_ input: [UInt8]) { rest = input[...] }

  mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }
  mutating func number() -> Int { Int(byte()) << 8 | Int(byte()) }

  /// Up to `count` bytes.
  mutating func bytes(_ count: Int) -> [UInt8] {
    let taken = rest.prefix(count)
    rest = rest.dropFirst(count)
    return Array(taken)
  }
}
