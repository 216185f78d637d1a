/// What to do about a connection to the database that could not be made.
enum ConnectionRemedy {
  /// - Parameter reason: libpq's or the server's message; its words that do not change decide.
  static func text(for reason: String) -> String {
    let remedies: [(words: [String], remedy: String)] = [
      (
        ["No such file", "Connection refused", "no answer within"],
        "systemctl start postgresql (pg_lsclusters shows what runs), or correct host and port in DATABASE_URL"
      ),
      (
        ["password authentication failed", "no password supplied"],
        "correct the password in DATABASE_URL, or set it: \\password ROLE in psql"
      ),
      (
        ["Peer authentication failed", "Ident authentication failed"],
        "the role must be called as the system user that connects (erp-back): createuser --createdb erp-back, or use host and password"
      ),
      (
        ["database \"", "does not exist"],
        "runuser -u postgres -- createdb -E UTF8 -T template0 --locale-provider=icu --icu-locale=fr-FR -O erp-back NAME, or correct the name in DATABASE_URL"
      ),
      (
        ["role \"", "does not exist"],
        "runuser -u postgres -- createuser --createdb NAME (erp-back for the service), or correct the user in DATABASE_URL"
      ),
      (["no pg_hba.conf entry"], "add a line for it to pg_hba.conf, then reload PostgreSQL"),
      (
        ["too many connections", "too many clients", "remaining connection slots"],
        "end idle sessions or raise the limit: SELECT usename, count(*) FROM pg_stat_activity GROUP BY 1;"
      ),
      (
        ["could not translate host name"],
        "correct the host in DATABASE_URL, or add it to /etc/hosts"
      ),
      (["starting up", "shutting down", "recovery"], "wait a moment, then run this again"),
    ]
    for (words, remedy) in remedies {
      let isOfDatabase = words.count == 2 && words[1] == "does not exist"
      let applies =
        isOfDatabase ? words.allSatisfy(reason.contains) : words.contains(where: reason.contains)
      if applies { return remedy }
    }
    return "correct DATABASE_URL, or see the server's log"
  }
}
