/// The way of a request to its statement.
extension Application {
  func route(
    _ request: borrowing Request, _ database: DatabaseState, _ plan: inout Plan,
    _ response: inout Response
  ) throws(Rejection) -> Decision {
    let method = request.method
    plan.isHead = method == .head
    plan.method = Int(method?.rawValue ?? UInt8(Method.allCases.count))
    try locate(request, &plan)
    guard let endpoint = router.match(request.bytes.span, plan.path) else {
      throw Rejection(.noRoute)
    }
    plan.methods = endpoint.methods
    plan.route = router.route(of: endpoint)
    if method == .options {
      response.status = 204
      response.field("Allow", endpoint.methods.list)
      return .respond
    }
    guard let method, endpoint.methods.contains(method) else {
      throw Rejection(.methodNotAllowed(endpoint.methods))
    }
    switch request.bodyState {
    case .whole: break
    case .wrongLength:
      response.mayKeepConnection = false
      throw Rejection(.badLength)
    case .tooLarge: throw Rejection(.tooLarge)
    case .dropped: throw Rejection(.unavailable)
    }
    switch endpoint {
    case .root:
      response.body.append(#"{"message":"#)
      response.body.appendJSON(title)
      response.body.append(#","status":"running"}"#)
      return .respond
    case .live:
      response.body.append(#"{"status":"ok"}"#)
      return .respond
    case .health:
      writeHealth(database, &response)
      return .respond
    case .ready:
      plan.statement = readiness.statement
      plan.answer = .ready
      return .query
    case .metrics: return .measure
    case .openAPI, .docs:
      writeDocument(request, endpoint, &response)
      return .respond
    case .collection(let index):
      plan.resource = index
      return method == .post
        ? try planCreate(request, index, &plan) : try planList(request, index, &plan)
    case .item(let index, let id):
      plan.resource = index
      return try planItem(request, method, index, id, &plan)
    case .search(let index, let term):
      plan.resource = index
      return try planList(request, index, &plan, path: .search(decoded(term, request)))
    case .lookup(let index, let column, let value):
      plan.resource = index
      guard let entry = resources[index].filtered.firstIndex(of: column) else {
        preconditionFailure("a lookup is of a filtered column")
      }
      return try planList(
        request, index, &plan, path: .filter(entry, decoded(value, request)))
    }
  }

  /// Splits the target into path and query, the mount prefix removed.
  private func locate(_ request: borrowing Request, _ plan: inout Plan) throws(Rejection) {
    guard let target = request.range(.target),
      PercentEncoding.isValid(request.bytes.span, target)
    else { throw Rejection(.badTarget) }
    let bytes = request.bytes.span
    let question = bytes.find(UInt8(ascii: "?"), in: target)
    plan.query = min(question + 1, target.upperBound)..<target.upperBound
    var start = target.lowerBound
    if let mount = request.range(.mount) {
      guard mount.count <= question - start else { throw Rejection(.noRoute) }
      for offset in 0..<mount.count where bytes[mount.lowerBound + offset] != bytes[start + offset]
      {
        throw Rejection(.noRoute)
      }
      start += mount.count
    }
    plan.path = start..<question
  }

  private func writeDocument(
    _ request: borrowing Request, _ endpoint: Endpoint, _ response: inout Response
  ) {
    let mount = request.bytes.span.extracting(request.range(.mount) ?? 0..<0)
    if endpoint == .docs {
      response.contentType = .html
      response.field("Content-Security-Policy", OpenAPIPage.contentSecurityPolicy)
      OpenAPIPage.write(title: title, mount: mount, into: &response.body)
    } else {
      document.write(mount: mount, into: &response.body)
    }
  }

  private func writeHealth(_ database: DatabaseState, _ response: inout Response) {
    let isDegraded = database != .connected
    response.body.append(
      isDegraded ? #"{"status":"degraded","version":"# : #"{"status":"ok","version":"#)
    response.body.appendJSON(version)
    if case .away(let reason) = database {
      response.body.append(#","reasons":["#)
      response.body.appendJSON(reason)
      response.body.append("]")
    }
    response.body.append("}")
  }

  private func planItem(
    _ request: borrowing Request, _ method: Method, _ index: Int, _ id: Range<Int>,
    _ plan: inout Plan
  ) throws(Rejection) -> Decision {
    let bytes = request.bytes.span
    let isUUID = plan.parameters.writeChecked { output in
      if UUIDText.parse(bytes, id, into: &output) { return true }
      var decoded: [UInt8] = []
      PercentEncoding.decode(bytes, id, plusIsSpace: false, into: &decoded)
      return UUIDText.parse(decoded.span, decoded.indices, into: &output)
    }
    guard isUUID else {
      var violations = Violations()
      violations.add(.uuidParsing, at: ["path", "id"], "l’identifiant doit être un UUID")
      throw Rejection(.invalid(violations))
    }
    let statements = statementsOf[index]
    let onlyIf = request.range(.ifMatch).map { EntityTagList(bytes, $0, weak: false) }
    switch method {
    case .put, .patch:
      try planUpdate(request, index, onlyIf: onlyIf, &plan)
    case .delete:
      let isGuarded = guardByTags(onlyIf, index, &plan)
      plan.statement = isGuarded ? statements.deleteIfMatch : statements.delete
      plan.answer = .deleted(isGuarded: isGuarded)
    default:
      plan.statement = statements.byID
      plan.answer = .fetched(
        unless: request.range(.ifNoneMatch).map { EntityTagList(bytes, $0, weak: true) })
    }
    return .query
  }

  private func planCreate(
    _ request: borrowing Request, _ index: Int, _ plan: inout Plan
  ) throws(Rejection) -> Decision {
    var validator = try readBody(request, index, &plan)
    validator.create(request.bytes.span, plan.slots, &plan.parameters)
    guard validator.violations.isEmpty else { throw Rejection(.invalid(validator.violations)) }
    plan.statement = statementsOf[index].create
    plan.answer = .created
    return .query
  }

  private func planUpdate(
    _ request: borrowing Request, _ index: Int, onlyIf: EntityTagList?, _ plan: inout Plan
  ) throws(Rejection) {
    var validator = try readBody(request, index, &plan)
    let mask = plan.parameters.ranges.count
    plan.parameters.append(Int64(0))
    validator.update(request.bytes.span, plan.slots, &plan.parameters)
    guard validator.violations.isEmpty else { throw Rejection(.invalid(validator.violations)) }
    let statements = statementsOf[index]
    if validator.sent == 0 {
      plan.parameters.keepFirst()
      plan.statement = statements.byID
      plan.answer = .unchanged(onlyIf: onlyIf)
      return
    }
    plan.parameters.replace(mask, with: validator.sent)
    let isGuarded = guardByTags(onlyIf, index, &plan)
    plan.statement = isGuarded ? statements.updateIfMatch : statements.update
    plan.answer = .updated(isGuarded: isGuarded)
  }

  /// Appends the tags of If-Match as two arrays; false when any state of the row will do.
  private func guardByTags(_ onlyIf: EntityTagList?, _ index: Int, _ plan: inout Plan) -> Bool {
    guard case .tags(let tags) = onlyIf else { return false }
    let ours = tags.filter { $0.fingerprint == resources[index].fingerprint }
    plan.parameters.write {
      BinaryArray.write(of: 28, ours.map(\.transaction), into: &$0)  // xid
    }
    plan.parameters.write {
      BinaryArray.write(of: 1184, ours.map(\.updated), into: &$0)  // timestamptz
    }
    return true
  }

  private func readBody(
    _ request: borrowing Request, _ index: Int, _ plan: inout Plan
  ) throws(Rejection) -> BodyValidator {
    if let type = request.range(.contentType),
      !MediaType.isJSON(request.bytes.span.extracting(type))
    {
      throw Rejection(.unsupportedType)
    }
    // What is stored of a body is hardly longer than the body.
    plan.parameters.reserve(
      bytes: plan.parameters.bytes.count + request.body.count,
      count: plan.parameters.ranges.count + resources[index].writable.count + 3)
    var reader = BodyReader()
    do throws(BodyReader.Failure) {
      try reader.read(
        request.bytes.span, request.body, resources[index].members, into: &plan.slots)
    } catch {
      var violations = Violations()
      switch error {
      case .malformed(let offset):
        violations.add(
          .jsonInvalid, at: ["body", .index(offset)],
          Self.malformed(request.bytes.span.extracting(request.body), at: offset))
      case .notAnObject:
        violations.add(.modelType, at: ["body"], "le corps doit être un objet JSON")
      }
      throw Rejection(.invalid(violations))
    }
    var validator = BodyValidator(resources[index])
    validator.checkUndeclared(reader.undeclared)
    return validator
  }

  /// What is wrong with a body that is no JSON text from `offset` on.
  private static func malformed(_ body: Span<UInt8>, at offset: Int) -> String {
    switch offset < body.count ? body[offset] : nil {
    case nil where body.isEmpty: "le corps est vide : un objet JSON est attendu"
    case nil: "le corps n’est pas un texte JSON valable : il s’arrête trop tôt (octet \(offset))"
    case 0xef where offset == 0:
      "le corps commence par une marque d’ordre des octets (BOM) : envoyez de l’UTF-8 sans elle"
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      "le corps n’est pas un texte JSON valable, ou est imbriqué sur plus de "
        + "\(JSONScanner.maxDepth) niveaux (octet \(offset))"
    default: "le corps n’est pas un texte JSON valable (octet \(offset))"
    }
  }

  private func planList(
    _ request: borrowing Request, _ index: Int, _ plan: inout Plan,
    path: ListQuery.Path = .collection
  ) throws(Rejection) -> Decision {
    let resource = resources[index]
    let preferences = request.text(.prefer).map(Preferences.init) ?? Preferences()
    var list = ListQuery(resource, path)
    let violations = list.read(
      request.bytes.span, plan.query, resource, isStrict: preferences.isStrict)
    guard violations.isEmpty else { throw Rejection(.invalid(violations)) }
    list.shape.hasTotal = preferences.exactCount
    list.write(&plan.parameters)
    plan.statement = list.statement(resource, statementsOf[index])
    plan.limit = list.limit
    plan.offset = list.offset
    plan.answer = .list(list, preferences: preferences)
    return .query
  }

  /// A segment of the path, decoded.
  private func decoded(_ segment: Range<Int>, _ request: borrowing Request) -> [UInt8] {
    var bytes: [UInt8] = []
    PercentEncoding.decode(request.bytes.span, segment, plusIsSpace: false, into: &bytes)
    return bytes
  }
}
