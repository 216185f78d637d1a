/// The functional core: `plan` turns a request into a statement or an answer, `render` turns rows
/// or a failure into an answer. Neither touches a socket, a clock, a thread or C.
public final class Application: Sendable {
  let resources: [Resource]
  let statementsOf: [ResourceStatements]
  let writers: [RowWriter]
  let router: Router
  let crossOrigin: CrossOrigin
  let title: String
  /// Of this build.
  public let version: String
  /// Of the schema that this build needs.
  public let revision: String
  let readiness: Readiness
  let document: OpenAPIDocument
  /// How many statements have an index.
  public let statementCount: Int

  /// - Parameters:
  ///   - title: what `GET /` calls the service.
  ///   - revision: of the schema, that this build needs.
  ///   - origins: that may call from a browser; none: no CORS.
  public init(
    _ resources: [Resource], title: String, version: String, revision: String, origins: [String]
  ) {
    self.resources = resources
    var next = 0
    statementsOf = resources.map { ResourceStatements($0, next: &next) }
    readiness = Readiness(revision: revision, resources, next: &next)
    statementCount = next
    writers = resources.map { RowWriter($0.columns) }
    router = Router(resources)
    crossOrigin = CrossOrigin(origins)
    self.title = title
    document = OpenAPIDocument(resources, title: title, version: version)
    self.version = version
    self.revision = revision
  }

  /// Path templates, such as `/clients/{id}`, by `Plan.route`; the first is empty: no route.
  public var routes: [String] { router.templates }

  /// Names of methods by `Plan.method`; the last stands for all that are not answered.
  public static let methods = Method.allCases.map(\.name) + ["other"]

  /// Every status that an answer may have, rising.
  public static let statuses = Response.statuses

  /// Decides what a request needs.
  ///
  /// - Parameters:
  ///   - plan: holds the statement when the decision is `.query`.
  ///   - response: complete when the decision is `.respond`.
  public func plan(
    _ request: borrowing Request, database: DatabaseState, _ plan: inout Plan,
    _ response: inout Response
  ) -> Decision {
    plan.reset()
    response.reset()
    do throws(Rejection) {
      let decision = try route(request, database, &plan, &response)
      if decision != .respond { return decision }
    } catch {
      response.write(error.problem, requestID: request.id)
    }
    finish(request, plan, &response)
    return .respond
  }

  /// Answers with the rows of the plan's statement.
  public func render<R: Rows & ~Copyable>(
    _ request: borrowing Request, _ plan: borrowing Plan, rows: borrowing R,
    _ response: inout Response
  ) {
    response.reset()
    do throws(Rejection) {
      try write(request, plan, rows, &response)
    } catch {
      response.write(error.problem, requestID: request.id)
    }
    finish(request, plan, &response)
  }

  /// Answers with figures in Prometheus' text format.
  public func render(
    _ request: borrowing Request, _ plan: borrowing Plan, metrics: [UInt8],
    _ response: inout Response
  ) {
    response.reset()
    response.contentType = .metrics
    response.body.append(contentsOf: metrics)
    finish(request, plan, &response)
  }

  /// Answers when no rows came.
  public func render(
    _ request: borrowing Request, _ plan: borrowing Plan, failure: DatabaseFailure,
    _ response: inout Response
  ) {
    let resource = plan.resource.map { resources[$0] }
    let problem =
      switch plan.answer {
      case .ready: readiness.problem(failure)
      default:
        Problem(failure, for: resource, plan.answer, isWrite: plan.statement?.isRead == false)
      }
    response.reset()
    response.write(problem, requestID: request.id)
    finish(request, plan, &response)
  }

  private func finish(
    _ request: borrowing Request, _ plan: borrowing Plan, _ response: inout Response
  ) {
    crossOrigin.write(request, methods: plan.methods, into: &response)
    let id = request.range(.requestID) ?? 0..<0
    response.finish(isHead: plan.isHead, requestID: request.bytes.span.extracting(id))
  }
}

/// A request that is answered with a problem.
struct Rejection: Error {
  let problem: Problem

  init(_ problem: Problem) { self.problem = problem }
}
