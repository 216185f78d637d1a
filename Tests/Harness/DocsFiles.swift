import Foundation

/// What `scripts/ui` has fetched for the page at `/docs`.
enum DocsFiles {
  private static let build = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../.build").standardized.path

  static let folder = build + "/swagger-ui"

  /// Why tests of the files cannot run here; nil: they can.
  static let missing: String? =
    Workbench.exists(folder + "/docs.js") ? nil : "Swagger UI is not there: scripts/ui"

  /// Why tests of the page in a browser cannot run here; nil: they can.
  static let missingInBrowser: String? =
    Browser.executable == nil ? "Chromium is not installed: scripts/prepare --checks" : missing

  /// Where a picture of the page is kept, to be looked at.
  static func picture(_ name: String) -> String { "\(build)/\(name).png" }
}
