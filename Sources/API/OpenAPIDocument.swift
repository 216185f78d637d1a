/// The description of what is served (OpenAPI 3.1, https://spec.openapis.org/oas/v3.1.1.html),
/// derived from the resources once.
public struct OpenAPIDocument: Sendable {
  /// Before and behind the one value that differs from request to request: where the API is
  /// mounted.
  private let opening: [UInt8]
  private let closing: [UInt8]

  /// - Parameter title: what `GET /` calls the service.
  public init(_ resources: [Resource], title: String, version: String) {
    let info: OpenAPIValue = [
      "title": OpenAPIValue(title), "version": OpenAPIValue(version),
      "description": OpenAPIValue(Self.description),
    ]
    opening =
      Array(#"{"openapi":"3.1.0","info":"#.utf8) + info.text + Array(#","servers":[{"url":"#.utf8)
    let rest: OpenAPIValue = [
      "tags": OpenAPIValue(
        resources.map { ["name": OpenAPIValue($0.name)] }
          + [["name": "service", "description": "For monitors, operators and developers."]]),
      "paths": OpenAPIValue(
        members: resources.flatMap { OpenAPIOperations($0).paths } + Self.servicePaths(title)),
      "components": [
        "schemas": OpenAPIValue(
          members: resources.flatMap { OpenAPISchemas($0).components } + OpenAPIResponses.schemas),
        "parameters": Self.parameters, "headers": OpenAPIResponses.headers,
        "responses": OpenAPIResponses.components,
      ],
    ]
    closing = Array("}],".utf8) + rest.text.dropFirst()
  }

  /// Appends the document of an API mounted at `mount`; empty: at the root.
  func write(mount: Span<UInt8>, into output: inout [UInt8]) {
    output.append(contentsOf: opening)
    if mount.isEmpty {
      output.append(#""/""#)
    } else {
      output.appendJSON(mount)
    }
    output.append(contentsOf: closing)
  }

  /// The document of an API mounted at `mount`, such as `/api`; empty: at the root.
  public func text(mount: String) -> [UInt8] {
    var output: [UInt8] = []
    let mount = Array(mount.utf8)
    write(mount: mount.span, into: &output)
    return output
  }

  private static let description = """
    Answers are one envelope: `{"success":true,"data":…}`, or `{"success":false,"data":null,\
    "error":…,"code":…,"detail":…,"request_id":…}` with a French sentence in `error` and a stable \
    word in `code`.

    - Every path answers with and without one trailing slash; one form is listed.
    - `HEAD` works wherever `GET` does, `OPTIONS` answers 204 with `Allow`, another method gets \
    405 `method_not_allowed` with `Allow`; an unknown path is a 404.
    - Query parameters that are not listed are ignored; of a list they are a 422 when the request \
    says `Prefer: handling=strict`. Of one given twice the last counts. A column may be named in \
    camelCase too.
    - Lengths count Unicode code points.
    - A request may name itself with `X-Request-Id` (8 to 128 of `A-Za-z0-9._-`).
    - In front stands nginx, which says 401 (`unauthorized`), 403 (`forbidden`), 413 (`too_large`), \
    429 (`rate_limited`), 502, 503 (`unavailable`), 501 (`not_implemented`) and 505 \
    (`version_not_supported`) in the same envelope, on any path.
    - A write that ended in 502 or 503 was not done, unless `error` asks to check first \
    (« vérifiez … »): then it was done once or not at all.
    - There is no authentication here: the web server in front lets callers in.
    """

  private static let parameters: OpenAPIValue = [
    "Id": [
      "name": "id", "in": "path", "required": true, "schema": OpenAPIValue(members: Column.uuid),
    ],
    "Limit": [
      "name": "limit", "in": "query",
      "description": OpenAPIValue(
        "Rows in a page at most. Large rows end a page before: go on while `has_more`."),
      "schema": [
        "type": "integer", "minimum": 1, "maximum": OpenAPIValue(ListQuery.maxLimit),
        "default": OpenAPIValue(ListQuery.defaultLimit),
      ],
    ],
    "Offset": [
      "name": "offset", "in": "query",
      "description": OpenAPIValue(
        "Rows to skip; the next page's is this one's and its `count`. `after` does not get slower "
          + "with every page, this does."),
      "schema": [
        "type": "integer", "format": "int64", "minimum": 0,
        "maximum": OpenAPIValue(Int.max - 1), "default": 0,
      ],
    ],
    "After": [
      "name": "after", "in": "query",
      "description": "The cursor of the `Link` to the next page; good for the same `sort` only.",
      "schema": ["type": "string", "pattern": "^[A-Za-z0-9_-]*$"],
    ],
    "Prefer": [
      "name": "Prefer", "in": "header",
      "description": OpenAPIValue(
        "`count=exact` adds `total`; `handling=strict` refuses parameters that do not exist. "
          + "Several go into one line, with commas."),
      "schema": ["type": "string"],
      "examples": [
        "none": ["value": ""], "count": ["value": "count=exact"],
        "strict": ["value": "handling=strict"],
      ],
    ],
    "IfMatch": [
      "name": "If-Match", "in": "header",
      "description": "Only if the row's `ETag` is one of these; `*` for any.",
      "schema": ["type": "string"],
    ],
    "IfNoneMatch": [
      "name": "If-None-Match", "in": "header",
      "description": "Only if the row's `ETag` is none of these; weak ones count.",
      "schema": ["type": "string"],
    ],
  ]

  // MARK: service routes

  private static func servicePaths(_ title: String) -> [(String, OpenAPIValue?)] {
    [
      (
        "/",
        service(
          "root", "What this is",
          json(
            "The service's name.",
            ["message": ["const": OpenAPIValue(title)], "status": ["const": "running"]],
            required: ["message", "status"]))
      ),
      (
        "/health",
        service(
          "health", "How the service is",
          json(
            "`degraded`, with the reasons, while the database is away.",
            [
              "status": ["enum": ["ok", "degraded"]], "version": ["type": "string"],
              "reasons": ["type": "array", "items": ["type": "string"]],
            ], required: ["status", "version"]))
      ),
      (
        "/health/live",
        service(
          "health_live", "Whether the process serves",
          json("It does.", ["status": ["const": "ok"]], required: ["status"]))
      ),
      (
        "/health/ready",
        service(
          "health_ready", "Whether the database answers at the revision this build needs",
          json("It does.", ["status": ["const": "ready"]], required: ["status"]),
          failures: [.unavailable])
      ),
      (
        "/metrics",
        service(
          "metrics", "Counters for Prometheus",
          answer(
            "Prometheus' text format.", "text/plain", ["type": "string"]), failures: [.forbidden])
      ),
      (
        "/openapi.json",
        service(
          "openapi", "This document",
          answer("OpenAPI 3.1.", "application/json", ["type": "object"]))
      ),
      (
        "/docs",
        service("docs", "This document as a page", answer("HTML.", "text/html", ["type": "string"]))
      ),
    ]
  }

  private static func service(
    _ id: String, _ summary: String, _ success: OpenAPIValue,
    failures: [OpenAPIResponses.Failure] = []
  ) -> OpenAPIValue {
    [
      "get": [
        "operationId": OpenAPIValue(id), "tags": ["service"], "summary": OpenAPIValue(summary),
        "responses": OpenAPIValue(
          members: [("200", success)]
            + ([.badRequest] + failures).map {
              ("\($0.status)", .component("responses/\($0.rawValue)"))
            }),
      ]
    ]
  }

  private static func json(
    _ description: String, _ properties: OpenAPIValue, required: OpenAPIValue
  ) -> OpenAPIValue {
    answer(
      description, "application/json",
      ["type": "object", "required": required, "properties": properties])
  }

  private static func answer(
    _ description: String, _ type: String, _ schema: OpenAPIValue
  ) -> OpenAPIValue {
    [
      "description": OpenAPIValue(description), "headers": OpenAPIResponses.fields([:]),
      "content": OpenAPIValue(members: [(type, ["schema": schema])]),
    ]
  }
}
