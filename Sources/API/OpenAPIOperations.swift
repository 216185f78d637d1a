/// The paths of one resource.
struct OpenAPIOperations {
  private let resource: Resource
  private let schemas: OpenAPISchemas
  /// What people call the rows here: the resource's name.
  private let name: String

  init(_ resource: Resource) {
    self.resource = resource
    schemas = OpenAPISchemas(resource)
    name = resource.name
  }

  /// Path templates and their items.
  var paths: [(String, OpenAPIValue?)] {
    [
      ("/\(name)/", ["get": list, "post": create]),
      (
        "/\(name)/{id}",
        [
          "parameters": [.component("parameters/Id")],
          "get": read, "put": update("put"), "patch": update("patch"), "delete": delete,
        ]
      ),
      ("/\(name)/search/{term}", ["get": search]),
    ]
      + resource.lookups.map { column in
        let columnName = resource.columns[column].name
        return ("/\(name)/\(columnName)/{\(columnName)}", ["get": lookup(column)])
      }
  }

  // MARK: lists

  private var list: OpenAPIValue {
    page(
      "list", "List \(name)", "Sorted by \(order) unless `sort` says otherwise.",
      query: [search(in: "query", "q")] + filters(but: nil))
  }

  private var order: String {
    resource.order.map { key in
      "`\(key.descending ? "-" : "")\(resource.columns[key.column].name)`"
    }.commaSeparated
  }

  private var search: OpenAPIValue {
    let columns = resource.searched.map { "`\(resource.columns[$0].name)`" }
    return page(
      "search", "Search \(name)",
      "Rows of which \(columns.joined(separator: ", ")) contains the term, in any case. "
        + "`%`, `_` and `\\` are plain characters.",
      path: search(in: "path", "term"), query: filters(but: nil))
  }

  private func lookup(_ column: Int) -> OpenAPIValue {
    let columnName = resource.columns[column].name
    return page(
      "by_\(columnName)", "List \(name) by \(columnName)",
      "Rows with exactly that `\(columnName)`.",
      path: text(
        columnName, in: "path", "The `\(columnName)` as it is stored.", minLength: 1),
      query: [search(in: "query", "q")] + filters(but: column))
  }

  private func page(
    _ operation: String, _ summary: String, _ description: String, path: OpenAPIValue? = nil,
    query: [OpenAPIValue]
  ) -> OpenAPIValue {
    let shared = ["Limit", "Offset", "After"].map { OpenAPIValue.component("parameters/\($0)") }
    let own = [
      words(
        "sort", resource.sortable, sign: "-?",
        "Columns to sort by, with commas between them, `-` before one for descending; `id` "
          + "breaks ties."),
      words(
        "fields", Array(resource.columns.indices), sign: "",
        "The columns to answer, with commas between them; all of them without it."),
    ]
    return [
      "operationId": "\(name)_\(operation)", "tags": [OpenAPIValue(name)],
      "summary": OpenAPIValue(summary),
      "description": OpenAPIValue(description),
      "parameters": OpenAPIValue(
        (path.map { [$0] } ?? []) + query + shared + own + [.component("parameters/Prefer")]),
      "responses": responses(
        200, "A page of rows.", ["Link": "Link", "Preference-Applied": "PreferenceApplied"],
        "Page", failures: [.badRequest, .addressTooLong, .invalid, .bug, .unavailable]),
    ]
  }

  private func search(in place: String, _ name: String) -> OpenAPIValue {
    let columns = resource.searched.map { "`\(resource.columns[$0].name)`" }
    return text(
      name, in: place, "Looked for in \(columns.joined(separator: ", ")).",
      minLength: place == "path" ? 1 : nil)
  }

  private func filters(but fixed: Int?) -> [OpenAPIValue] {
    resource.filtered.filter { $0 != fixed }.map { index in
      let column = resource.columns[index]
      return text(column.name, in: "query", "Rows with exactly this `\(column.name)`.")
    }
  }

  private func text(
    _ name: String, in place: String, _ description: String, minLength: Int? = nil
  ) -> OpenAPIValue {
    [
      "name": OpenAPIValue(name), "in": OpenAPIValue(place),
      "required": place == "path" ? true : nil,
      "description": OpenAPIValue(description),
      "schema": [
        "type": "string", "minLength": minLength.map { OpenAPIValue($0) },
        "pattern": OpenAPIValue(SchemaPattern.storable),
      ],
    ]
  }

  /// Names of columns with commas between them. No array: empty words count for nothing, which
  /// a list of words could not say.
  private func words(
    _ name: String, _ columns: [Int], sign: String, _ description: String
  ) -> OpenAPIValue {
    let names = columns.map { "`\(resource.columns[$0].name)`" }.commaSeparated
    let spellings = columns.flatMap { resource.columns[$0].spellings }.joined(separator: "|")
    let word = "(\(sign)(\(spellings)))?"
    return [
      "name": OpenAPIValue(name), "in": "query",
      "description": OpenAPIValue("\(description) Of: \(names)."),
      "schema": ["type": "string", "pattern": OpenAPIValue("^\(word)(,\(word))*$")],
    ]
  }

  // MARK: rows

  private var create: OpenAPIValue {
    [
      "operationId": "\(name)_create", "tags": [OpenAPIValue(name)],
      "summary": "Create a row of \(name)",
      "requestBody": body("Create"),
      "responses": responses(
        201, "The new row.", ["Location": "Location", "ETag": "ETag"], "Answer",
        links: links,
        failures: [
          .badRequest, .conflict, .tooLarge, .unsupportedType, .invalid, .bug, .unavailable,
        ]),
    ]
  }

  private var read: OpenAPIValue {
    [
      "operationId": "\(name)_read", "tags": [OpenAPIValue(name)],
      "summary": "Read a row of \(name)",
      "parameters": [.component("parameters/IfNoneMatch")],
      "responses": responses(
        200, "The row.", ["ETag": "ETag"], "Answer",
        more: [
          (
            "304",
            [
              "description": "The row is as `If-None-Match` says; no body.",
              "headers": OpenAPIResponses.fields(["ETag": "ETag"]),
            ]
          )
        ], failures: [.badRequest, .notFound, .invalid, .bug, .unavailable]),
    ]
  }

  private func update(_ method: String) -> OpenAPIValue {
    [
      "operationId": "\(name)_\(method)", "tags": [OpenAPIValue(name)],
      "summary": "Change a row of \(name)",
      "description": OpenAPIValue(
        "`PUT` and `PATCH` are the same: only the members that are sent are changed. Without "
          + "`If-Match` the last one to write wins."),
      "parameters": [.component("parameters/IfMatch")],
      "requestBody": body("Update"),
      "responses": responses(
        200, "The whole row as it is now.", ["ETag": "ETag"], "Answer",
        failures: [
          .badRequest, .notFound, .conflict, .stale, .tooLarge, .unsupportedType, .invalid, .bug,
          .unavailable,
        ]),
    ]
  }

  private var delete: OpenAPIValue {
    [
      "operationId": "\(name)_delete", "tags": [OpenAPIValue(name)],
      "summary": "Delete a row of \(name)",
      "parameters": [.component("parameters/IfMatch")],
      "responses": responses(
        200, "It is gone.", [:], "Deleted",
        failures: [.badRequest, .notFound, .conflict, .stale, .invalid, .bug, .unavailable]),
    ]
  }

  private func body(_ schema: String) -> OpenAPIValue {
    [
      "required": true,
      "description":
        "`application/json` or any type that ends in `+json`; no type is taken as JSON.",
      "content": [
        "application/json": [
          "schema": .component("schemas/\(schemas.prefix)\(schema)"),
          "example": schemas.exampleBody,
        ]
      ],
    ]
  }

  /// From a new row to what can be done with it.
  private var links: OpenAPIValue {
    OpenAPIValue(
      members: ["read", "put", "patch", "delete"].map { operation in
        (
          operation,
          [
            "operationId": "\(name)_\(operation)",
            "parameters": ["id": "$response.body#/data/id"],
          ]
        )
      })
  }

  private func responses(
    _ status: Int, _ description: String, _ fields: KeyValuePairs<String, String>,
    _ schema: String, links: OpenAPIValue? = nil, more: [(String, OpenAPIValue?)] = [],
    failures: [OpenAPIResponses.Failure]
  ) -> OpenAPIValue {
    let success: OpenAPIValue = [
      "description": OpenAPIValue(description), "headers": OpenAPIResponses.fields(fields),
      "content": [
        "application/json": ["schema": .component("schemas/\(schemas.prefix)\(schema)")]
      ],
      "links": links,
    ]
    return OpenAPIValue(
      members: [("\(status)", success)] + more
        + failures.map { ("\($0.status)", .component("responses/\($0.rawValue)")) })
  }
}
