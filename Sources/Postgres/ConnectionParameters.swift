internal import CPostgres
internal import Glibc

extension ConnectionString {
  /// Calls `body` with keywords and values as PQconnectStartParams takes them; it copies both.
  func withParameters(
    _ extra: [String: String],
    _ body: ([UnsafePointer<CChar>?], [UnsafePointer<CChar>?]) -> OpaquePointer?
  ) -> OpaquePointer? {
    let options =
      [
        ("dbname", conninfo), ("client_encoding", "UTF8"),
        ("fallback_application_name", "erp-back"),
      ] + extra.map { ($0.key, $0.value) }
    let keywords = unsafe options.map { unsafe UnsafePointer(strdup($0.0)) } + [nil]
    let values = unsafe options.map { unsafe UnsafePointer(strdup($0.1)) } + [nil]
    defer {
      unsafe (keywords + values).forEach { unsafe free(UnsafeMutablePointer(mutating: $0)) }
    }
    return unsafe body(keywords, values)
  }
}
