import Catalog
import Testing

@testable import API

@Suite struct NameTableTests {
  private func find(_ name: String, in table: NameTable) -> [Int]? {
    let bytes = Array("\"\(name)\"".utf8)
    return table.find(bytes.span, 1..<bytes.count - 1).map { [$0.slot, $0.spelling] }
  }

  @Test func `every spelling of every column is found`() {
    for (slot, column) in clients.writable.enumerated() {
      for (spelling, name) in clients.columns[column].spellings.enumerated() {
        #expect(find(name, in: clients.members) == [slot, spelling])
      }
    }
  }

  @Test func `what differs by a byte is not found`() {
    for column in clients.writable {
      for name in clients.columns[column].spellings {
        for other in [
          "", "\(name)x", "x\(name)", String(name.dropLast()) + "\u{1}", "X\(name.dropFirst())",
        ] {
          #expect(find(other, in: clients.members) == nil, "\(other)")
        }
      }
    }
  }

  @Test func `of one name twice the first counts`() {
    let table = NameTable([(name: "ab", slot: 0), (name: "cd", slot: 1), (name: "ab", slot: 2)])
    #expect(find("ab", in: table) == [0, 0])
    #expect(find("cd", in: table) == [1, 0])
  }

  @Test func `an empty name and an empty table are no trouble`() {
    #expect(find("", in: NameTable([])) == nil)
    #expect(find("a", in: NameTable([])) == nil)
    #expect(find("", in: NameTable([(name: "", slot: 0)])) == [0, 0])
  }
}
