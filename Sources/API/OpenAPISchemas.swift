/// The JSON Schemas (draft 2020-12) of what a resource's declaration takes and answers.
///
/// Patterns are ECMA-262's with its flag `u`, as JSON Schema asks. They say what the validator
/// checks and no more: a client that checks against them is never refused for it.
struct OpenAPISchemas {
  let resource: Resource
  /// Begins the names of the resource's components: `order_lines` gives `OrderLines`.
  let prefix: String

  init(_ resource: Resource) {
    self.resource = resource
    prefix = resource.name.split(separator: "_").reduce("") {
      $0 + $1.prefix(1).uppercased() + $1.dropFirst()
    }
  }

  /// Name and schema of each component.
  var components: [(String, OpenAPIValue?)] {
    [
      ("\(prefix)Row", row), ("\(prefix)Fields", fields), ("\(prefix)Create", create),
      ("\(prefix)Update", update), ("\(prefix)Answer", answer), ("\(prefix)Page", page),
      ("\(prefix)Deleted", deleted),
    ]
  }

  // MARK: what is answered

  private var row: OpenAPIValue {
    [
      "description": "One row, every column of it.",
      "allOf": [.component("schemas/\(prefix)Fields")],
      "required": OpenAPIValue(resource.columns.map(\.name)),
    ]
  }

  private var fields: OpenAPIValue {
    [
      "type": "object",
      "description": "A row of a list: every column, or those that `fields` names.",
      "properties": OpenAPIValue(members: resource.columns.map { ($0.name, $0.answered) }),
    ]
  }

  private var answer: OpenAPIValue {
    [
      "type": "object", "required": ["success", "data"],
      "properties": [
        "success": ["const": true], "data": .component("schemas/\(prefix)Row"),
      ],
    ]
  }

  private var page: OpenAPIValue {
    [
      "type": "object", "required": ["success", "data", "count", "has_more"],
      "properties": [
        "success": ["const": true],
        "data": [
          "type": "array", "maxItems": OpenAPIValue(ListQuery.maxLimit),
          "items": .component("schemas/\(prefix)Fields"),
        ],
        "count": [
          "type": "integer", "minimum": 0, "maximum": OpenAPIValue(ListQuery.maxLimit),
          "description": "Rows in this page.",
        ],
        "has_more": [
          "type": "boolean",
          "description": "Whether rows follow; `Link` with `rel=\"next\"` then leads to them.",
        ],
        "total": [
          "type": "integer", "minimum": 0,
          "description": "Rows in all pages; only with `Prefer: count=exact`.",
        ],
      ],
    ]
  }

  private var deleted: OpenAPIValue {
    [
      "type": "object", "required": ["success", "data"],
      "properties": [
        "success": ["const": true],
        "data": [
          "type": "object", "required": ["id", "message"],
          "properties": [
            "id": OpenAPIValue(members: Column.uuid),
            "message": ["const": OpenAPIValue(resource.nouns.deleted)],
          ],
        ],
      ],
    ]
  }

  // MARK: what is taken

  private var create: OpenAPIValue {
    let columns = resource.writable.map { resource.columns[$0] }
    let required = columns.filter { $0.initial == .required }.map(\.jsonName)
    return body(
      columns, required: required.isEmpty ? nil : OpenAPIValue(required), isCreate: true,
      "A new row. A column that is not sent takes its default.")
  }

  private var update: OpenAPIValue {
    body(
      resource.writable.dropFirst().map { resource.columns[$0] }, required: nil, isCreate: false,
      "The columns to change; the others stay as they are. An empty object changes nothing.")
  }

  private func body(
    _ columns: [Column], required: OpenAPIValue?, isCreate: Bool, _ description: String
  ) -> OpenAPIValue {
    [
      "type": "object",
      "description": OpenAPIValue(
        description + " The column's own name (snake_case) is understood as well, one of the two "
          + "per column. Other members are checked like any value and ignored."),
      "required": required,
      "properties": OpenAPIValue(
        members: columns.map { ($0.jsonName, $0.taken(isCreate: isCreate)) }),
      "propertyNames": ["pattern": OpenAPIValue(SchemaPattern.storable)],
      "additionalProperties": .component("schemas/AnyValue"),
    ]
  }

  /// A body that is accepted as it stands: in the page it is what one edits to try.
  var exampleBody: OpenAPIValue {
    OpenAPIValue(
      members: resource.writable.dropFirst().map {
        (resource.columns[$0].jsonName, resource.columns[$0].example)
      })
  }
}

/// What strings have to look like.
enum SchemaPattern {
  /// U+0000 cannot be stored.
  static let storable = #"^[^\u0000]*$"#

  /// Unicode's property White_Space, spelled out: engines differ over `\s`.
  private static let space = #"\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"#

  static let notBlank = #"^[\#(space)]*[^\u0000\#(space)][^\u0000]*$"#

  static let uuid = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"

  /// The length of what stands before the `@`. Apart from the rest: in one pattern it would take a
  /// look ahead, which is slow to generate from and is not understood everywhere.
  static let local = "^([^@]{1,64}@.*)?$"

  /// What EmailAddress checks, or nothing at all, but for lengths: `maxLength` and `local` say
  /// the rest.
  static let email: String = {
    let mark = #"\p{M}"#
    let letter = #"\p{L}0-9"#
    let sign = "!#$%&'*+/=?^_`{|}~"
    let atom = "[\(letter)\(sign)-][\(letter)\(mark)\(sign)-]*"
    let label = "[\(letter)]([\(letter)\(mark)-]{0,61}[\(letter)\(mark)])?"
    return #"^(\#(atom)(\.\#(atom))*@(\#(label)\.)+\#(label))?$"#
  }()
}

extension Column {
  static let uuid: [(String, OpenAPIValue?)] = [
    ("type", "string"), ("format", "uuid"), ("pattern", OpenAPIValue(SchemaPattern.uuid)),
  ]

  /// `"string"`, or with null beside it.
  private static func type(_ name: String, orNull: Bool) -> OpenAPIValue {
    orNull ? [OpenAPIValue(name), "null"] : OpenAPIValue(name)
  }

  /// The schema of the column in a row.
  var answered: OpenAPIValue {
    switch kind {
    case .uuid: OpenAPIValue(members: Self.uuid)
    case .timestamp: ["type": "string", "format": "date-time", "readOnly": true]
    case .text(let maxLength):
      [
        "type": Self.type("string", orNull: isNullable), "enum": words,
        "maxLength": words == nil ? OpenAPIValue(maxLength) : nil,
      ]
    case .textArray(let maxCount, let maxLength):
      [
        "type": "array", "maxItems": OpenAPIValue(maxCount),
        "items": ["type": "string", "maxLength": OpenAPIValue(maxLength)],
      ]
    case .objects(let shape, let maxCount):
      [
        "type": "array", "maxItems": OpenAPIValue(maxCount),
        "items": [
          "type": "object", "required": OpenAPIValue(shape.members.map(\.name)),
          "properties": OpenAPIValue(members: shape.members.map { ($0.name, $0.schema) }),
        ],
      ]
    }
  }

  /// The schema of the column's member in a body.
  ///
  /// - Parameter isCreate: whether a default stands in for the member.
  func taken(isCreate: Bool) -> OpenAPIValue {
    let initial = isCreate ? defaultValue : nil
    switch kind {
    case .uuid:
      return [
        "type": ["string", "null"], "format": "uuid", "pattern": OpenAPIValue(SchemaPattern.uuid),
        "description": "Made by the server when absent or null.",
      ]
    case .timestamp: return [:]
    case .text(let maxLength): return takenText(maxLength, initial)
    case .textArray(let maxCount, let maxLength):
      return [
        "type": "array", "maxItems": OpenAPIValue(maxCount),
        "items": [
          "type": "string", "maxLength": OpenAPIValue(maxLength),
          "pattern": OpenAPIValue(SchemaPattern.storable),
        ],
        "default": initial,
      ]
    case .objects(let shape, let maxCount):
      return [
        "type": "array", "maxItems": OpenAPIValue(maxCount), "items": shape.taken,
        "default": initial,
      ]
    }
  }

  private func takenText(_ maxLength: Int, _ initial: OpenAPIValue?) -> OpenAPIValue {
    switch rule {
    case nil:
      [
        "type": Self.type("string", orNull: isNullable), "maxLength": OpenAPIValue(maxLength),
        "pattern": OpenAPIValue(SchemaPattern.storable), "default": initial,
      ]
    case .notBlank:
      [
        "type": Self.type("string", orNull: isNullable), "minLength": 1,
        "maxLength": OpenAPIValue(maxLength), "pattern": OpenAPIValue(SchemaPattern.notBlank),
        "default": initial,
      ]
    case .oneOf:
      [
        "type": Self.type("string", orNull: isNullable), "enum": words, "default": initial,
      ]
    case .email:
      [
        "type": Self.type("string", orNull: isNullable),
        "maxLength": OpenAPIValue(min(maxLength, 254)),
        "pattern": OpenAPIValue(SchemaPattern.email),
        "allOf": [["pattern": OpenAPIValue(SchemaPattern.local)]],
        "description": "An e-mail address; the empty string is taken as null.",
        "default": initial,
      ]
    }
  }

  /// The values of an enumeration.
  private var words: OpenAPIValue? {
    guard case .oneOf(let words) = rule else { return nil }
    return OpenAPIValue(words.map { OpenAPIValue($0) } + (isNullable ? [.null] : []))
  }

  private var defaultValue: OpenAPIValue? {
    switch initial {
    case .required, .generated: nil
    case .null: .null
    case .text(let text): OpenAPIValue(text)
    case .empty: []
    }
  }

  /// A value that is accepted.
  var example: OpenAPIValue? {
    switch kind {
    case .uuid, .timestamp: nil
    case .text(let maxLength):
      switch rule {
      case .email: "nom@exemple.fr"
      case .oneOf(let words): OpenAPIValue(words[0])
      case nil, .notBlank:
        if case .text(let text) = initial {
          OpenAPIValue(text)
        } else {
          OpenAPIValue(String(jsonName.prefix(maxLength)))
        }
      }
    case .textArray(_, let maxLength): [OpenAPIValue(String(jsonName.prefix(maxLength)))]
    case .objects(let shape, _):
      [OpenAPIValue(members: shape.members.map { ($0.name, $0.example) })]
    }
  }
}

extension ObjectShape {
  /// The schema of one object in a body.
  fileprivate var taken: OpenAPIValue {
    let required = members.filter { $0.missing == nil }.map(\.name)
    return [
      "type": "object", "required": required.isEmpty ? nil : OpenAPIValue(required),
      "properties": OpenAPIValue(members: members.map { ($0.name, $0.taken) }),
      "propertyNames": ["pattern": OpenAPIValue(SchemaPattern.storable)],
      "additionalProperties": .component("schemas/AnyValue"),
    ]
  }
}

extension ObjectShape.Member {
  fileprivate var schema: OpenAPIValue { schema(pattern: nil, initial: nil) }

  fileprivate var taken: OpenAPIValue {
    schema(
      pattern: OpenAPIValue(SchemaPattern.storable), initial: missing.map { OpenAPIValue(json: $0) }
    )
  }

  private func schema(pattern: OpenAPIValue?, initial: OpenAPIValue?) -> OpenAPIValue {
    switch kind {
    case .string: ["type": "string", "pattern": pattern]
    case .nullableString: ["type": ["string", "null"], "pattern": pattern, "default": initial]
    case .boolean: ["type": "boolean", "default": initial]
    case .stringArray:
      ["type": "array", "items": ["type": "string", "pattern": pattern], "default": initial]
    }
  }

  fileprivate var example: OpenAPIValue {
    missing.map { OpenAPIValue(json: $0) } ?? OpenAPIValue(name)
  }
}
