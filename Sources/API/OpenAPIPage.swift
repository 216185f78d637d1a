/// The page at `/docs`: a shell around Swagger UI, whose files the web server has under
/// `docs/assets/`. Nothing in it comes from another host, and no script stands in it.
enum OpenAPIPage {
  /// Swagger UI draws its icons from data: URLs; it needs no more.
  static let contentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    + "connect-src 'self'; base-uri 'none'; form-action 'none'; "
    + "frame-ancestors 'none'"

  /// - Parameter mount: where the API is; the page may be asked for with and without a trailing
  ///   slash, so that relative links would not do.
  static func write(title: String, mount: Span<UInt8>, into output: inout [UInt8]) {
    var assets: [UInt8] = []
    assets.appendHTML(mount)
    let root = assets
    assets.append("/docs/assets/")
    var name: [UInt8] = []
    let titleBytes = Array(title.utf8)
    name.appendHTML(titleBytes.span)

    output.append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>")
    output += name
    output.append(
      "</title>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
    output.append("<link rel=\"icon\" href=\"")
    output += assets
    output.append("favicon-32x32.png\">\n<link rel=\"stylesheet\" href=\"")
    output += assets
    output.append("swagger-ui.css\">\n<script defer src=\"")
    output += assets
    output.append("swagger-ui-bundle.js\"></script>\n<script defer src=\"")
    output += assets
    output.append("docs.js\"></script>\n</head>\n<body>\n<main id=\"docs\" data-document=\"")
    output += root
    output.append("/openapi.json\">\n<h1>")
    output += name
    output.append("</h1>\n<p>The API is described in <a href=\"")
    output += root
    output.append(
      """
      /openapi.json">openapi.json</a>. If this stays all there is to see, scripts are off in \
      your browser, or the files of Swagger UI are not on the server: <code>scripts/ui</code> \
      fetches them into <code>.build/swagger-ui</code>, and nginx looks for them in \
      <code>/usr/share/erp-back/swagger-ui</code>.</p>
      </main>
      </body>
      </html>

      """)
  }
}

extension [UInt8] {
  /// Text inside an HTML element or a quoted attribute.
  fileprivate mutating func appendHTML(_ text: Span<UInt8>) {
    for index in text.indices {
      switch text[index] {
      case UInt8(ascii: "&"): append("&amp;")
      case UInt8(ascii: "<"): append("&lt;")
      case UInt8(ascii: ">"): append("&gt;")
      case UInt8(ascii: "\""): append("&quot;")
      case let byte: append(byte)
      }
    }
  }
}
