/// One byte read behind an allocation, for scripts/sanitize to find.
@main enum Planted {
  static func main() {
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 8)
    bytes.initialize(repeating: 1, count: 8)
    print(bytes[8 * CommandLine.arguments.count])
    bytes.deallocate()
  }
}
