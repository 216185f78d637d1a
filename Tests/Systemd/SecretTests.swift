import Foundation
import Testing

extension SystemdTests {
  /// The password in the files that the units read: what systemd shows of it, before a crash and after.
  @Suite(.serialized) struct SecretTests {
    @Test(arguments: ["credential", "variable"])
    func systemdAndTheJournalSayNothingOfThePassword(_ place: String) throws {
      let box = try Box.shared()
      _ = try box.stage("reset")
      let password = "canary" + UUID().uuidString.replacing("-", with: "").lowercased()
      let text = try box.stage("secrets", place, password, within: 90)
      _ = try box.stage("reset")
      let said = Said(text)
      #expect(said["limit"].split(separator: " ") == ["1", "1"], "\(said["limit"])")
      #expect(said["environ"] == "400 erp-back")
      #expect(said["file"] == "600 root")
      if place == "credential" { #expect(said["credential"] == "400") }
      // The crash was one, and the journal has it.
      #expect(text.contains("code=killed, status=11/SEGV"), "\(text.suffix(3000))")
      #expect(text.contains("_SYSTEMD_UNIT=erp-back.service"))
      for line in said.lines {
        #expect(!line.contains(password), "\(line)")
        #expect(!line.hasPrefix("core file "), "\(line)")
        #expect(line != "password is in environ" && line != "credential is for www-data to see")
      }
      print(
        "secrets, \(place): \(text.utf8.count / 1024) KB of status, properties and journal, no password"
      )
    }
  }
}
