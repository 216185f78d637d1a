/// The answers that operations share: failures, header fields, and what is said of them.
enum OpenAPIResponses {
  /// A failure as the document names it.
  enum Failure: String, CaseIterable {
    case badRequest = "BadRequest"
    case forbidden = "Forbidden"
    case notFound = "NotFound"
    case conflict = "Conflict"
    case stale = "PreconditionFailed"
    case tooLarge = "TooLarge"
    case addressTooLong = "AddressTooLong"
    case unsupportedType = "UnsupportedMediaType"
    case invalid = "Invalid"
    case bug = "Internal"
    case unavailable = "Unavailable"

    var status: Int {
      switch self {
      case .badRequest: 400
      case .forbidden: 403
      case .notFound: 404
      case .conflict: 409
      case .stale: 412
      case .tooLarge: 413
      case .addressTooLong: 414
      case .unsupportedType: 415
      case .invalid: 422
      case .bug: 500
      case .unavailable: 503
      }
    }

    fileprivate var description: String {
      switch self {
      case .badRequest:
        "The request is malformed: percent-encoding, UTF-8 or U+0000 in the address, or a body "
          + "that is not as long as announced."
      case .forbidden: "Answered to callers on this machine only."
      case .notFound: "There is no such row."
      case .conflict:
        "A unique value is taken (e-mail addresses in any case), a value that has to name a row names "
          + "none, or other rows refer to the one to be deleted; `field` names the member."
      case .stale: "The row has changed since the `ETag` in `If-Match` was read."
      case .tooLarge: "The body is larger than the server takes, 1 MiB by default."
      case .addressTooLong: "The address is longer than the web server takes."
      case .unsupportedType: "The body was sent as something else than JSON."
      case .invalid:
        "The request does not fit: `detail` lists every violation, 100 at most, and never "
          + "repeats what was sent."
      case .bug: "A bug; the server's log has it under the request id."
      case .unavailable:
        "The database is away, busy (`unavailable`) or slow (`timeout`): try again after "
          + "`Retry-After` seconds. A write whose `error` says so may have been done, once: read "
          + "before it is sent again."
      }
    }

    fileprivate var example: OpenAPIValue {
      switch self {
      case .badRequest: .failure(.badTarget)
      case .forbidden: .failure(Problem(403, "forbidden", "L’accès à cette adresse est refusé"))
      case .notFound: .failure(.noRoute)
      case .conflict: .failure(.taken("Cette valeur existe déjà", field: "email"))
      case .stale: .failure(.stale)
      case .tooLarge: .failure(.tooLarge)
      case .addressTooLong:
        .failure(Problem(414, "uri_too_long", "L’adresse demandée est trop longue"))
      case .unsupportedType: .failure(.unsupportedType)
      case .invalid: .failure(.invalid(Self.violations))
      case .bug: .failure(.internal)
      case .unavailable: .failure(.unavailable)
      }
    }

    private static var violations: Violations {
      var violations = Violations()
      violations.add(.missing, at: ["body", "name"], "le champ « name » est requis")
      return violations
    }

    fileprivate var schema: OpenAPIValue {
      switch self {
      case .conflict: .component("schemas/Conflict")
      case .invalid: .component("schemas/Invalid")
      default: .component("schemas/Failure")
      }
    }
  }

  /// Components of every failure.
  static var components: OpenAPIValue {
    OpenAPIValue(
      members: Failure.allCases.map { failure in
        (
          failure.rawValue,
          [
            "description": OpenAPIValue(failure.description),
            "headers": failure == .unavailable
              ? fields(["Retry-After": "RetryAfter"]) : fields([:]),
            "content": [
              "application/json": ["schema": failure.schema, "example": failure.example]
            ],
          ]
        )
      })
  }

  /// The header fields of an answer by the names of their components, X-Request-Id first.
  static func fields(_ names: KeyValuePairs<String, String>) -> OpenAPIValue {
    OpenAPIValue(
      members: [("X-Request-Id", .component("headers/XRequestId"))]
        + names.map { ($0, .component("headers/\($1)")) })
  }

  /// Components of every header field.
  static let headers: OpenAPIValue = [
    "XRequestId": [
      "description": "Names the request in the server's log.", "required": true,
      "schema": ["type": "string", "pattern": "^[A-Za-z0-9._-]{8,128}$"],
    ],
    "ETag": [
      "description": "The state of the row, for `If-Match` and `If-None-Match`.",
      "required": true, "schema": ["type": "string", "pattern": #"^"[0-9a-f]{32}"$"#],
    ],
    "Location": [
      "description": "Where the new row is.", "required": true,
      "schema": ["type": "string", "format": "uri-reference"],
    ],
    "Link": [
      "description": "The next page, with `rel=\"next\"`; absent on the last one.",
      "schema": ["type": "string"],
    ],
    "PreferenceApplied": [
      "description": "What of `Prefer` was honoured; absent when nothing was asked.",
      "schema": ["type": "string"],
    ],
    "RetryAfter": [
      "description": "Seconds to wait before trying again.", "required": true,
      "schema": ["type": "integer", "minimum": 0],
    ],
  ]

  /// Schemas of the failure envelope, and the values that may stand undeclared in a body.
  static var schemas: [(String, OpenAPIValue?)] {
    [
      ("Failure", envelope(detail: ["type": "string", "description": "The same as `error`."])),
      (
        "Conflict",
        envelope(
          detail: ["type": "string", "description": "The same as `error`."],
          field: ["type": "string", "description": "The member whose value is taken."])
      ),
      (
        "Invalid",
        envelope(
          detail: [
            "type": "array", "minItems": 1, "maxItems": OpenAPIValue(Violation.limit),
            "items": .component("schemas/Violation"),
          ])
      ),
      ("Violation", violation), ("AnyValue", anyValue),
    ]
  }

  private static func envelope(
    detail: OpenAPIValue, field: OpenAPIValue? = nil
  ) -> OpenAPIValue {
    [
      "type": "object",
      "required": ["success", "data", "error", "code", "detail", "request_id"],
      "properties": [
        "success": ["const": false], "data": ["type": "null"],
        "error": [
          "type": "string", "description": "A French sentence for the person at the screen.",
        ],
        "code": [
          "type": "string", "pattern": "^[a-z_]+$", "description": "A stable word for programs.",
        ],
        "detail": detail, "field": field, "request_id": ["type": "string"],
      ],
    ]
  }

  private static let violation: OpenAPIValue = [
    "type": "object", "required": ["loc", "msg", "type"],
    "properties": [
      "loc": [
        "type": "array", "minItems": 1,
        "items": ["type": ["string", "integer"]],
        "description": OpenAPIValue(
          "`body`, `query` or `path`, then names and indices; a byte offset where the body is not "
            + "JSON."),
      ],
      "msg": ["type": "string", "description": "French."],
      "type": ["enum": OpenAPIValue(Violation.Kind.allCases.map(\.rawValue))],
    ],
  ]

  /// What may stand where nothing is declared: anything that PostgreSQL's jsonb can hold.
  private static let anyValue: OpenAPIValue = [
    "description": OpenAPIValue(
      "Any JSON value, nested \(JSONScanner.maxDepth) deep at most in the whole body, without "
        + "U+0000 and without numbers whose exponent no double has."),
    "type": ["null", "boolean", "number", "string", "array", "object"],
    "pattern": OpenAPIValue(SchemaPattern.storable),
    "items": .component("schemas/AnyValue"),
    "propertyNames": ["pattern": OpenAPIValue(SchemaPattern.storable)],
    "additionalProperties": .component("schemas/AnyValue"),
  ]
}

extension OpenAPIValue {
  /// The envelope as a client gets it.
  static func failure(_ problem: Problem) -> OpenAPIValue {
    var response = Response()
    response.write(problem, requestID: "5fd9c78ac6e81ff61f67f729675315d5")
    return OpenAPIValue(json: String(decoding: response.body, as: UTF8.self))
  }
}
