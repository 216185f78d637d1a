import Foundation

/// Reads every row of a run through the API, page by page along the cursor.
struct Audit {
  struct Failure: Error, CustomStringConvertible { let description: String }

  private struct Page: Decodable {
    struct Row: Decodable {
      let name: String
      let city: String?
      let last_service: String?
      let address: String?
      let email: String?
    }
    let data: [Row]
    let has_more: Bool
  }

  private let settings: Settings
  /// 200 rows of 20 KB are 4 MB.
  private static let pageSize = 200

  init(_ settings: Settings) { self.settings = settings }

  /// - Parameter seconds: how long the API may be away before the audit gives up.
  func rows(within seconds: Double) throws -> [Balance.Row] {
    var rows: [Balance.Row] = []
    var target: String? =
      "\(settings.clientsPath)status/\(settings.status)?limit=\(Self.pageSize)"
      + "&fields=name,city,last_service,address,email"
    while let next = target {
      let answer = try get(next, until: Clock.monotonic + UInt64(seconds * 1e9))
      let page = try JSONDecoder().decode(Page.self, from: Data(answer.body))
      rows += page.data.map {
        Balance.Row(
          name: $0.name, city: $0.city, lastService: $0.last_service, address: $0.address,
          email: $0.email)
      }
      target = Self.next(answer)
      guard page.has_more == (target != nil) else {
        throw Failure(description: "has_more and Link differ after \(rows.count) rows")
      }
    }
    return rows
  }

  private func get(_ target: String, until deadline: UInt64) throws -> HTTPAnswer {
    var last = ""
    repeat {
      do throws(HTTPConnection.Failure) {
        let answer = try HTTPConnection(settings.address).exchange(
          Array(
            "GET \(target) HTTP/1.1\r\nHost: \(settings.address.host)\r\nConnection: close\r\n\r\n"
              .utf8), until: deadline)
        if answer.status == 200 { return answer }
        last = "status \(answer.status)"
      } catch {
        last = "\(error)"
      }
      usleep(50_000)
    } while Clock.monotonic < deadline
    throw Failure(description: "the rows cannot be read: \(last)")
  }

  private static func next(_ answer: HTTPAnswer) -> String? {
    guard let link = answer["link"], link.hasSuffix(#">; rel="next""#), link.first == "<" else {
      return nil
    }
    return String(link.dropFirst().prefix { $0 != ">" })
  }
}
