/// Random bytes that are the same in every run.
struct Xorshift: RandomNumberGenerator {
  private var state: UInt64 = 2_463_534_242

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }

  mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: next() >> 24) }
}
