internal import API
internal import ArgumentParser
internal import Catalog
internal import Reactor

/// `erp-back openapi`
struct OpenAPI: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "openapi",
    abstract: "Print the description of the API (OpenAPI 3.1), as /openapi.json answers it.")

  @Option(help: "Where the API is mounted, such as /api.")
  var mount = ""

  func validate() throws {
    // The path of a URL, RFC 3986 section 3.3, without escapes: what `location` takes as it is.
    guard mount.isEmpty || mount.wholeMatch(of: /(\/[A-Za-z0-9._~-]+)+/) != nil else {
      throw ValidationError("--mount begins with a slash and does not end with one, such as /api.")
    }
  }

  func run() {
    let document = OpenAPIDocument(Catalog.resources, title: Catalog.title, version: version)
    print(String(decoding: document.text(mount: mount), as: UTF8.self))
  }
}
