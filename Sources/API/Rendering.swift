/// The way of rows to an answer.
extension Application {
  func write<R: Rows & ~Copyable>(
    _ request: borrowing Request, _ plan: borrowing Plan, _ rows: borrowing R,
    _ response: inout Response
  ) throws(Rejection) {
    guard let index = plan.resource else {
      return try writeReady(rows, &response)
    }
    if case .list(let list, let preferences) = plan.answer {
      return writeList(request, plan, index, list, preferences, rows, &response)
    }
    let resource = resources[index]
    guard rows.count > 0 else {
      throw Rejection(Problem(404, "not_found", resource.nouns.notFound))
    }
    switch plan.answer {
    case .none, .ready, .list: break
    case .fetched(let unless):
      let tag = tag(rows, resource)
      if let unless, unless.matches(tag) {
        response.status = 304
        response.field("ETag") { tag.write(into: &$0) }
        return
      }
      writeRow(rows, index, tag, &response)
    case .unchanged(let onlyIf):
      let tag = tag(rows, resource)
      if let onlyIf, !onlyIf.matches(tag) { throw Rejection(.stale) }
      writeRow(rows, index, tag, &response)
    case .created:
      response.status = 201
      response.field("Location") { output in
        if let mount = request.range(.mount) { output.append(contentsOf: request.bytes[mount]) }
        output.append(contentsOf: "/\(resource.name)/".utf8)
        UUIDText.write(rows.cell(0, 0), into: &output)
      }
      writeRow(rows, index, tag(rows, resource), &response)
    case .updated(let isGuarded):
      if isGuarded && rows.isNull(0, 0) { throw Rejection(.stale) }
      writeRow(rows, index, tag(rows, resource), &response)
    case .deleted(let isGuarded):
      if isGuarded && rows.isNull(0, 0) { throw Rejection(.stale) }
      response.body.append(contentsOf: Self.successOpening)
      response.body.append(#"{"id":""#)
      UUIDText.write(rows.cell(0, 0), into: &response.body)
      response.body.append(#"","message":"#)
      response.body.appendJSON(resource.nouns.deleted)
      response.body.append("}}")
    }
  }

  /// A page ends early, and says that there is more, once it has this many bytes.
  static let largestPage = 16_777_216
  private static let successOpening = Array(#"{"success":true,"data":"#.utf8)

  /// The tag of row 0, whose `xmin` stands behind the columns.
  private func tag<R: Rows & ~Copyable>(_ rows: borrowing R, _ resource: Resource) -> EntityTag {
    EntityTag(
      fingerprint: resource.fingerprint,
      transaction: rows.cell(0, resource.columns.count).bigEndian(UInt32.self) ?? 0,
      updated: rows.cell(0, resource.updatedAt).bigEndian(Int64.self) ?? 0)
  }

  private func writeRow<R: Rows & ~Copyable>(
    _ rows: borrowing R, _ index: Int, _ tag: EntityTag, _ response: inout Response
  ) {
    response.field("ETag") { tag.write(into: &$0) }
    response.body.append(contentsOf: Self.successOpening)
    writers[index].write(rows, row: 0, into: &response.body)
    response.body.append(UInt8(ascii: "}"))
  }

  private func writeReady<R: Rows & ~Copyable>(
    _ rows: borrowing R, _ response: inout Response
  ) throws(Rejection) {
    var live: String?
    if rows.count > 0 {
      var bytes: [UInt8] = []
      bytes.append(rows.cell(0, 0))
      live = String(decoding: bytes, as: UTF8.self)
    }
    if let problem = readiness.problem(live: live) { throw Rejection(problem) }
    response.body.append(#"{"status":"ready"}"#)
  }

  private func writeList<R: Rows & ~Copyable>(
    _ request: borrowing Request, _ plan: borrowing Plan, _ index: Int, _ list: ListQuery,
    _ preferences: Preferences, _ rows: borrowing R, _ response: inout Response
  ) {
    // With a total an empty page is one row of NULLs beside it.
    let isEmpty = rows.count == 0 || rows.isNull(0, 0)
    let found = isEmpty ? 0 : rows.count
    let writer = writers[index]
    var count = 0

    response.body.append(contentsOf: Self.successOpening)
    response.body.append(UInt8(ascii: "["))
    while count < min(found, list.limit) && response.body.count < Self.largestPage {
      if count > 0 { response.body.append(UInt8(ascii: ",")) }
      writer.write(rows, row: count, columns: list.fields, into: &response.body)
      count += 1
    }
    let hasMore = found > count || rows.isCut
    response.body.append(#"],"count":"#)
    response.body.appendDecimal(count)
    response.body.append(hasMore ? #","has_more":true"# : #","has_more":false"#)
    if preferences.exactCount {
      let total = rows.cell(0, resources[index].columns.count).bigEndian(Int64.self) ?? 0
      response.body.append(#","total":"#)
      response.body.appendDecimal(Int(total))
    }
    response.body.append(UInt8(ascii: "}"))

    if let applied = preferences.applied { response.field("Preference-Applied", applied) }
    if hasMore {
      var link: [UInt8] = [UInt8(ascii: "<")]
      writeTarget(request, plan, resources[index], into: &link)
      link.append("after=")
      Cursor.write(
        rows, row: count - 1, resources[index], list.completeOrder(resources[index]), into: &link)
      link.append(#">; rel="next""#)
      response.field("Link") { $0.append(contentsOf: link) }
    }
  }

  /// The path as it was called, and the query without its place in the list and without what
  /// means nothing here; ends ready for `after=`.
  private func writeTarget(
    _ request: borrowing Request, _ plan: borrowing Plan, _ resource: Resource,
    into output: inout [UInt8]
  ) {
    let bytes = request.bytes.span
    if let mount = request.range(.mount) { output.appendURI(bytes.extracting(mount)) }
    output.appendURI(bytes.extracting(plan.path))
    output.append(UInt8(ascii: "?"))
    QueryString.forEach(bytes, plan.query) { name, _, pair in
      if ListQuery.isKept(name, resource) {
        output.appendURI(bytes.extracting(pair))
        output.append(UInt8(ascii: "&"))
      }
    }
  }
}

extension [UInt8] {
  /// A part of a URI that came raw: what would end the reference in a Link field, and all that is
  /// not ASCII, goes percent-encoded (RFC 8288 section 3).
  mutating func appendURI(_ raw: Span<UInt8>) {
    for index in raw.indices {
      let byte = raw[index]
      if byte > 0x20 && byte < 0x7f && !Self.notInURI.contains(byte) {
        append(byte)
      } else {
        append(UInt8(ascii: "%"))
        append(contentsOf: String(byte, radix: 16, uppercase: true).utf8)
      }
    }
  }

  private static let notInURI = Array("<>\"\\^`{|}".utf8)
}
