public import Postgres

/// The index of searches for a part of a text, which needs an extension that not every server has.
public enum SearchIndex {
  /// What makes it, once the extension is there to be had; one command a line.
  public static let remedy = """
    CREATE EXTENSION pg_trgm; -- as the database's owner or a superuser; where it is there, GRANT USAGE ON its SCHEMA
    CREATE INDEX CONCURRENTLY clients_search_idx ON public.clients USING gin \
    (name gin_trgm_ops, email gin_trgm_ops, phone gin_trgm_ops) WITH (gin_pending_list_limit = 512);
    """

  /// Whether the database has what the index needs.
  public static func isPossible(_ session: Session) throws(Session.Failure) -> Bool {
    !(try session.rows(
      """
      SELECT FROM pg_extension
      WHERE extname = 'pg_trgm' AND has_schema_privilege(extnamespace, 'USAGE')
      """)).isEmpty
  }
}
