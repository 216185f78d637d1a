/// An environment variable: the one place of its name, default, unit and explanation.
struct Variable {
  let name: String
  /// As an operator would write it; empty: none.
  let initial: String
  let unit: String
  let help: String

  static let databaseURL = Variable(
    name: "DATABASE_URL", initial: "", unit: "URL or libpq keywords",
    help: "required, here or as the credential database_url (LoadCredential=)")
  static let socket = Variable(
    name: "ERP_SOCKET", initial: "/run/erp-back/fcgi.sock", unit: "path",
    help: "unix socket to listen on, unless systemd passes one")
  static let socketMode = Variable(
    name: "ERP_SOCKET_MODE", initial: "0660", unit: "octal", help: "permissions of that socket")
  static let socketGroup = Variable(
    name: "ERP_SOCKET_GROUP", initial: "", unit: "group",
    help: "owner group of that socket; the web server's")
  static let reactors = Variable(
    name: "ERP_REACTORS", initial: "1", unit: "1-64",
    help: "event loops, each with its own connections")
  static let poolSize = Variable(
    name: "ERP_POOL_SIZE", initial: "8", unit: "connections, 1-1000",
    help: "for lists and writes, per reactor")
  static let pointConnections = Variable(
    name: "ERP_POINT_CONNECTIONS", initial: "1", unit: "connections, 1-64",
    help: "pipelined, for reads of one row, per reactor")
  static let poolQueue = Variable(
    name: "ERP_POOL_QUEUE", initial: "1024", unit: "requests, 1-100000",
    help: "that may wait for a connection, per lane")
  static let poolWait = Variable(
    name: "ERP_POOL_WAIT_MS", initial: "2000", unit: "ms, 1-3600000",
    help: "wait for a connection; then 503")
  static let statementTimeout = Variable(
    name: "ERP_STATEMENT_TIMEOUT_MS", initial: "5000", unit: "ms, 1-3600000",
    help: "PostgreSQL's statement_timeout")
  static let lockTimeout = Variable(
    name: "ERP_LOCK_TIMEOUT_MS", initial: "2000", unit: "ms, 1-3600000",
    help: "PostgreSQL's lock_timeout")
  static let deadline = Variable(
    name: "ERP_DEADLINE_MS", initial: "7000", unit: "ms, 1-3600000",
    help: "client-side limit of a request's database work; then 503")
  static let connectTimeout = Variable(
    name: "ERP_CONNECT_TIMEOUT_MS", initial: "3000", unit: "ms, 1-3600000",
    help: "one attempt to connect to the database")
  static let idleTimeout = Variable(
    name: "ERP_IDLE_TIMEOUT_MS", initial: "600000", unit: "ms, 1-86400000",
    help: "idle database connections beyond the first are closed")
  static let maxLifetime = Variable(
    name: "ERP_MAX_LIFETIME_MS", initial: "3600000", unit: "ms, 1000-86400000",
    help: "database connections are renewed at this age, less up to a tenth")
  static let maxBody = Variable(
    name: "ERP_MAX_BODY", initial: "1048576", unit: "bytes, 1-67108864",
    help: "of a request; nginx's client_max_body_size goes with it")
  static let prepare = Variable(
    name: "ERP_PREPARE", initial: "on", unit: "on|off",
    help: "prepared statements; off behind PgBouncer in transaction mode")
  static let drain = Variable(
    name: "ERP_DRAIN_MS", initial: "10000", unit: "ms, 0-3600000",
    help: "a stop waits this long for requests under way; below TimeoutStopSec")
  static let logLevel = Variable(
    name: "ERP_LOG_LEVEL", initial: "info", unit: "trace|debug|info|notice|warning|error|critical",
    help: "least level that is logged")
  static let slow = Variable(
    name: "ERP_SLOW_MS", initial: "1000", unit: "ms, 0-3600000",
    help: "a request that takes this long is logged; 0: none is")
  static let accessLog = Variable(
    name: "ERP_ACCESS_LOG", initial: "off", unit: "on|off",
    help: "a line per request; nginx has them too")
  static let corsOrigins = Variable(
    name: "CORS_ORIGINS", initial: "", unit: "comma-separated origins, or *",
    help: "browsers' origins that may call; empty: CORS is off")

  static let all = [
    databaseURL, socket, socketMode, socketGroup, reactors, poolSize, pointConnections, poolQueue,
    poolWait, statementTimeout, lockTimeout, deadline, connectTimeout, idleTimeout, maxLifetime,
    maxBody, prepare, drain, logLevel, slow, accessLog, corsOrigins,
  ]

  /// The table of `serve --help`.
  static var table: String {
    all.map { variable in
      let initial = variable.initial.isEmpty ? "none" : variable.initial
      return "  \(variable.name)\n      \(variable.help).\n"
        + "      Unit: \(variable.unit). Default: \(initial)."
    }.joined(separator: "\n")
  }
}
