import Foundation
import Testing

@testable import Harness

extension EndToEnd {
  /// The Big List of Naughty Strings: stored and found again byte for byte, or refused.
  @Suite struct NaughtyStringTests {
    static let file = Workbench.shared("blns/blns.json")

    static let strings: [String] = {
      guard let data = FileManager.default.contents(atPath: file) else { return [] }
      return (JSON(Array(data))?.array ?? []).compactMap(\.string)
    }()

    @Test(.enabled(if: Workbench.exists(file), "../shared/data/blns is not there"))
    func storedAndFoundOrRefused() throws {
      let site = try Site.shared()
      #expect(Self.strings.count > 500)
      var stored = 0
      for string in Self.strings {
        let city = unique()
        let value = JSON.string(string)
        let answer = try site.create(
          client(["name": value, "address": value, "tags": [value], "city": .string(city)]))
        guard answer.status == 201 else {
          #expect(answer.status == 422, "\(string)")
          let isRefusable =
            string.unicodeScalars.allSatisfy(\.properties.isWhitespace)
            || string.unicodeScalars.count > 100 || string.unicodeScalars.contains("\0")
          #expect(isRefusable, "\(string): \(answer)")
          continue
        }
        stored += 1
        let row = try site.get(try #require(answer["Location"])).json["data"]
        #expect(
          [row["name"], row["address"], row["tags"][0]] == [value, value, value], "\(string)")

        let term = percentEncoded(string)
        let found = try site.get("/clients/?q=\(term)&city=\(city)")
        #expect(found.ids == [row["id"].string], "\(string)")
        let path = try site.get("/clients/search/\(term)?city=\(city)")
        // nginx itself refuses a path that climbs above its root.
        let expected = string.contains("../") ? [200, 400] : [200]
        #expect(expected.contains(path.status), "\(string): \(path)")
        if path.status == 200 { #expect(path.ids == found.ids, "\(string)") }
      }
      #expect(stored > 400)
    }
  }
}
