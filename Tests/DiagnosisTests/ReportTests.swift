import Foundation
import Testing

@testable import Diagnosis

/// What is printed, and the exit status.
@Suite struct ReportTests {
  private func report(_ findings: Finding...) -> Report {
    var report = Report()
    report.sections = [Report.Section("database", findings), Report.Section("empty", [])]
    return report
  }

  @Test func `each line says how it is, and its remedy stands below`() {
    let text = report(
      .ok("here"), .warning("odd", remedy: "one\ntwo"), .failure("gone", remedy: "start it"),
      .skipped("unseen")
    ).text(colours: false, isQuiet: false)
    #expect(
      text == """
        database
          ok      here
          warning odd
                  remedy: one
                          two
          failure gone
                  remedy: start it
          skipped unseen
        1 ok, 1 warning, 1 failure, 1 skipped

        """)
  }

  @Test func `quiet prints what is wrong, and nothing when nothing is`() {
    #expect(report(.ok("here"), .skipped("x")).text(colours: false, isQuiet: true) == "")
    let text = report(.ok("here"), .warning("odd", remedy: "mend")).text(
      colours: false, isQuiet: true)
    #expect(!text.contains("here"))
    #expect(text.contains("warning odd\n"))
  }

  @Test func `the exit status is that of the worst`() {
    #expect(report(.ok("a"), .warning("b", remedy: "c"), .skipped("d")).exitStatus == 0)
    var failed = report(.failure("a", remedy: "b"))
    #expect(failed.exitStatus == 1)
    failed.verdict.isUnreachable = true
    #expect(failed.exitStatus == 69)
    failed.verdict.isUnusable = true
    #expect(failed.exitStatus == 78)
  }

  @Test func `control characters reach neither the terminal nor the JSON`() throws {
    let report = report(.failure("a\u{1b}[31m\n\"b\\\u{202e}", remedy: "x\n\u{7}y"))
    let text = report.text(colours: false, isQuiet: false)
    #expect(!text.contains("\u{1b}") && !text.contains("\u{202e}") && !text.contains("\u{7}"))
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: Any])
    #expect(json["exit_status"] as? Int == 1)
    let sections = try #require(json["sections"] as? [[String: Any]])
    let finding = try #require((sections[0]["findings"] as? [[String: Any]])?.first)
    #expect(
      finding["text"] as? String == "a\\u{1b}[31m \"b\\\\u{202e}".replacing("\\\\", with: "\\\\"))
    #expect(finding["remedy"] as? String == "x\n\\u{7}y")
    #expect(report.json.filter { $0 == "\n" }.count == 1)
  }

  @Test func `colours are put in on request`() {
    #expect(report(.ok("x")).text(colours: true, isQuiet: false).contains("\u{1b}[32mok\u{1b}[0m"))
  }
}
