/// The configuration of a command that somebody types in a shell: the environment, or, where that
/// says nothing of a database, the files that the units read.
public struct ServiceFiles: Sendable {
  /// Where the package and the guide put them; the units name the same.
  public static let environmentFile = "/etc/erp-back/erp-back.env"
  /// One line: the database's URL.
  public static let credentialFile = "/etc/erp-back/database_url"
  /// The same of the server itself, where that other one leads through a pooler: for what needs a
  /// session of its own.
  public static let directCredentialFile = credentialFile + ".direct"

  /// What libpq's own variables begin with: it reads them in the process's environment
  /// (https://www.postgresql.org/docs/15/libpq-envars.html).
  public static let libpqPrefix = "PG"

  /// What a file holds.
  public enum Content: Sendable {
    case bytes([UInt8])
    case missing
    /// The system's reason.
    case unreadable(String)
  }

  /// The variables that count.
  public private(set) var environment: [String: String]
  /// Files that were read; empty: the environment alone counts.
  public private(set) var files: [String] = []
  /// Set in the shell although files are read: these win.
  public private(set) var overrides: [String] = []
  /// libpq's variables of this shell, which the units do not have: `PGHOST` and its like.
  public private(set) var foreign: [String] = []
  /// Of files that could not be used: the path and the reason. The configuration is not whole.
  public private(set) var unusable: [(path: String, reason: String)] = []
  /// Lines of the environment file that set nothing.
  public private(set) var ignoredLines: [Int] = []

  /// - Parameters:
  ///   - environment: of the process.
  ///   - needsSession: the server's own address counts, where there is one.
  ///   - read: what a file holds.
  public init(
    _ environment: [String: String], needsSession: Bool = false, read: (String) -> Content
  ) {
    self.environment = environment
    guard !Self.isSet(environment["DATABASE_URL"]), environment["CREDENTIALS_DIRECTORY"] == nil
    else { return }
    var found: [String: String] = [:]
    switch read(Self.environmentFile) {
    case .missing: break
    case .unreadable(let reason): unusable.append((Self.environmentFile, reason))
    case .bytes(let bytes):
      do throws(EnvironmentFile.Unusable) {
        let file = try EnvironmentFile(bytes)
        files.append(Self.environmentFile)
        found = file.variables
        ignoredLines = file.ignored
      } catch {
        unusable.append((Self.environmentFile, error.reason))
      }
    }
    for path in (needsSession ? [Self.directCredentialFile] : []) + [Self.credentialFile] {
      switch read(path) {
      case .missing: continue
      case .unreadable(let reason): unusable.append((path, reason))
      case .bytes(let bytes):
        files.append(path)
        // As in the units: the variable comes before the credential.
        if !Self.isSet(found["DATABASE_URL"]) {
          found["DATABASE_URL"] = String(decoding: bytes, as: UTF8.self)
        }
      }
      break
    }
    guard !files.isEmpty else { return }
    let own = environment.filter { $0.key.hasPrefix("ERP_") || $0.key == "CORS_ORIGINS" }
    overrides = own.keys.sorted()
    foreign = environment.keys.filter { $0.hasPrefix(Self.libpqPrefix) }.sorted()
    self.environment = environment.filter {
      $0.key != "DATABASE_URL" && !$0.key.hasPrefix(Self.libpqPrefix)
    }
    .merging(found) { own, _ in own }
  }

  /// For the first line of a report.
  public var origin: String {
    guard !files.isEmpty else {
      return unusable.isEmpty ? "the environment" : "/etc/erp-back (not readable)"
    }
    return files.joined(separator: ", ")
      + (overrides.isEmpty ? "" : ", and from this shell \(overrides.joined(separator: ", "))")
      + (foreign.isEmpty ? "" : ", without this shell's \(foreign.joined(separator: ", "))")
  }

  private static func isSet(_ text: String?) -> Bool {
    !(text ?? "").allSatisfy(\.isWhitespace)
  }
}
