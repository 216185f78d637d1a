import Foundation
import Testing

@testable import Harness

extension EndToEnd {
  /// The page at `/docs` in a real browser that reaches nothing but this machine.
  @Suite(
    .enabled(
      if: DocsFiles.missingInBrowser == nil, Comment(rawValue: DocsFiles.missingInBrowser ?? "")))
  struct DocsTests {
    @Test(arguments: [false, true])
    func everyOperationIsShownAndCanBeTried(isMounted: Bool) throws {
      // The page shows all that the list holds: other tests' rows are many, and long.
      try Site.new(Site.Options(mountsAPI: true)) { try tryIt(on: $0, isMounted: isMounted) }
    }

    private func tryIt(on site: Site, isMounted: Bool) throws {
      let origin = "http://127.0.0.1:\(isMounted ? try #require(site.apiPort) : site.port)"
      let root = origin + (isMounted ? "/api" : "")
      let name = unique()
      _ = try site.created(client(["name": .string(name)]))

      let browser = try Browser.started()
      defer { browser.end() }
      try browser.visit(root + (isMounted ? "/docs/" : "/docs"))
      let operations = try site.get("/openapi.json").json["paths"].members?.values
        .reduce(0) { $0 + ($1.members?.keys.count { $0 != "parameters" } ?? 0) }
      try browser.wait(
        for: "document.querySelectorAll('.opblock').length === \(try #require(operations))")
      #expect(try browser.evaluate("document.querySelectorAll('.errors-wrapper').length") == 0)

      let list = "#operations-clients-clients_list"
      try browser.click("\(list) .opblock-summary-control")
      // Swagger UI follows the operation's references first, and does not know it before.
      try browser.wait(
        for: "!!ui.specSelectors.specResolvedSubtree(['paths', '/clients/', 'get'])")
      try browser.click("\(list) .execute")
      try browser.wait(
        for:
          "document.querySelector('\(list) .live-responses-table tr.response .response-col_status')"
          + "?.textContent.startsWith('200') ?? false")
      try browser.wait(
        for: "document.querySelector('\(list) .live-responses-table').textContent"
          + ".includes('\(name)')")
      #expect(browser.requested.contains { $0.hasPrefix(root + "/clients/") })

      _ = try browser.evaluate(
        "document.querySelector('\(list) .live-responses-table').scrollIntoView({block: 'center'})")
      try browser.photograph(DocsFiles.picture(isMounted ? "api-docs" : "docs"))

      #expect(browser.complaints == [])
      let elsewhere = browser.requested.filter {
        !$0.hasPrefix(origin + "/") && !$0.hasPrefix("data:")
      }
      #expect(elsewhere == [])
    }
  }
}
