/// What `nginx -T` prints: every file of a configuration, and out of it how requests reach us.
///
/// Nothing of it is printed but addresses and limits: the rest may hold secrets.
public struct NginxConfiguration: Sendable {
  /// A place that hands requests to our socket.
  public struct Passage: Sendable, Equatable {
    /// The server's `listen` values.
    public var listens: [String] = []
    /// Those of them that speak plain HTTP.
    public var plainListens: [String] = []
    /// The server's first plain name; nil: it has none.
    public var host: String?
    /// The prefix of its `location`; nil: no prefix, or none.
    public var location: String?
    /// SCRIPT_NAME, which the responder takes off the path.
    public var mount = ""
    /// Milliseconds; nginx's default is 60 s.
    public var readTimeout = 60_000
    /// Bytes; 0: no limit; nginx's default is 1 MiB.
    public var bodySize = 1_048_576
  }

  /// Where requests are handed to the socket.
  public private(set) var passages: [Passage] = []
  /// Every unix socket that a `fastcgi_pass` or an upstream names.
  public private(set) var sockets: [String] = []
  /// Whom the workers run as: the `user` directive; nil: the build's own.
  public private(set) var user: String?

  private struct Directive {
    let words: [String]
    var block: [Directive] = []
    var name: String { words[0] }
  }

  /// - Parameters:
  ///   - dump: standard output of `nginx -T`.
  ///   - socket: the responder's.
  public init(_ dump: String, socket: String) {
    let files = Self.files(dump)
    guard let main = files.first else { return }
    let directory = main.path.split(separator: "/").dropLast().joined(separator: "/")
    var trees: [String: [Directive]] = [:]
    for file in files {
      var tokens = Tokens(file.text)
      trees[file.path] = Self.parse(&tokens)
    }
    let whole = Self.including(trees[main.path] ?? [], trees, "/" + directory, depth: 0)
    user = whole.first { $0.name == "user" }?.words.dropFirst().first
    let http = whole.filter { $0.name == "http" }.flatMap(\.block)
    let own = ownNames(http, socket)
    for server in http where server.name == "server" {
      walk(server.block, Self.settings(Self.entrance(server.block), http), own)
    }
  }

  /// What a server says of itself.
  private static func entrance(_ server: [Directive]) -> Passage {
    var passage = Passage()
    let isEncrypted = server.contains { $0.words == ["ssl", "on"] }
    for listen in server where listen.name == "listen" && listen.words.count > 1 {
      passage.listens.append(listen.words[1])
      let isPlain = !isEncrypted && !listen.words.contains { notPlain.contains($0) }
      if isPlain { passage.plainListens.append(listen.words[1]) }
    }
    if passage.listens.isEmpty { (passage.listens, passage.plainListens) = (["80"], ["80"]) }
    let names = server.filter { $0.name == "server_name" }.flatMap { $0.words.dropFirst() }
    passage.host = names.first { name in
      // Neither a wildcard nor a regular expression, nor the name for none.
      !name.isEmpty && name != "_" && !name.contains("*") && !"~.$".contains(name.prefix(1))
    }
    return passage
  }

  /// Of `listen`: what a GET in plain HTTP gets nothing out of.
  private static let notPlain: Set<String> = ["ssl", "quic", "proxy_protocol"]

  /// Upstreams that hold our socket, and variables that a `map` may set to one of them.
  private mutating func ownNames(_ http: [Directive], _ socket: String) -> Set<String> {
    var own: Set<String> = ["unix:\(socket)", "unix:\(socket):"]
    func isOwn(_ word: String) -> Bool { own.contains(word) }
    for upstream in http where upstream.name == "upstream" && upstream.words.count > 1 {
      let servers = upstream.block.filter { $0.name == "server" && $0.words.count > 1 }
      sockets += servers.map { $0.words[1] }.filter { $0.hasPrefix("unix:") }
      if servers.contains(where: { isOwn($0.words[1]) }) { own.insert(upstream.words[1]) }
    }
    for map in http where map.name == "map" && map.words.count > 2 {
      if map.block.contains(where: { isOwn($0.words.last ?? "") }) { own.insert(map.words[2]) }
    }
    return own
  }

  /// What is not set in a block is inherited from the one around it.
  private mutating func walk(_ block: [Directive], _ outer: Passage, _ own: Set<String>) {
    let here = Self.settings(outer, block)
    for directive in block {
      if directive.name == "fastcgi_pass", let target = directive.words.dropFirst().first {
        if own.contains(target) { passages.append(here) }
        if target.hasPrefix("unix:") { sockets.append(target) }
      }
      var inner = here
      if directive.name == "location" { inner.location = Self.prefix(directive.words) }
      walk(directive.block, inner, own)
    }
  }

  /// `location /api/` and `location ^~ /api/`; nil for regular expressions, exact and named ones.
  private static func prefix(_ words: [String]) -> String? {
    let isPrefix = words.count == 2 || words.count == 3 && words[1] == "^~"
    guard isPrefix, let path = words.last, path.hasPrefix("/") else { return nil }
    return path
  }

  private static func settings(_ outer: Passage, _ block: [Directive]) -> Passage {
    var here = outer
    // They are inherited all together, or not at all where a block has one of its own.
    let parameters = block.filter { $0.name == "fastcgi_param" && $0.words.count > 2 }
    if !parameters.isEmpty {
      let mount = parameters.last { $0.words[1] == "SCRIPT_NAME" }?.words[2] ?? ""
      here.mount = mount.contains("$") ? "" : mount
    }
    for directive in block {
      guard let value = directive.words.dropFirst().first else { continue }
      switch directive.name {
      case "fastcgi_read_timeout": here.readTimeout = milliseconds(value) ?? here.readTimeout
      case "client_max_body_size": here.bodySize = bytes(value) ?? here.bodySize
      default: break
      }
    }
    return here
  }

  // MARK: reading

  /// `# configuration file PATH:` stands before each file.
  private static func files(_ dump: String) -> [(path: String, text: String)] {
    var files: [(path: String, text: String)] = []
    let head = "# configuration file "
    for line in dump.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix(head), line.hasSuffix(":") {
        files.append((String(line.dropFirst(head.count).dropLast()), ""))
      } else if !files.isEmpty {
        files[files.count - 1].text += line + "\n"
      }
    }
    return files
  }

  private static func parse(_ tokens: inout Tokens) -> [Directive] {
    var directives: [Directive] = []
    var words: [String] = []
    while let token = tokens.next() {
      switch token {
      case .word(let word): words.append(word)
      case .end:
        if !words.isEmpty { directives.append(Directive(words: words)) }
        words = []
      case .open:
        let block = parse(&tokens)
        if !words.isEmpty { directives.append(Directive(words: words, block: block)) }
        words = []
      case .close: return directives
      }
    }
    return directives
  }

  /// Puts what `include` names in its place.
  private static func including(
    _ directives: [Directive], _ trees: [String: [Directive]], _ directory: String, depth: Int
  ) -> [Directive] {
    guard depth < 20 else { return [] }
    return directives.flatMap { directive -> [Directive] in
      guard directive.name == "include", directive.words.count > 1 else {
        var directive = directive
        directive.block = including(directive.block, trees, directory, depth: depth + 1)
        return [directive]
      }
      let pattern = directive.words[1]
      let path = pattern.hasPrefix("/") ? pattern : "\(directory)/\(pattern)"
      return trees.keys.sorted().filter { matches(path[...], $0[...]) }.flatMap {
        including(trees[$0] ?? [], trees, directory, depth: depth + 1)
      }
    }
  }

  /// glob(3) with `*` and `?`, neither of which matches a slash.
  static func matches(_ pattern: Substring, _ path: Substring) -> Bool {
    guard let first = pattern.first else { return path.isEmpty }
    if first == "*" {
      if matches(pattern.dropFirst(), path) { return true }
      guard let character = path.first, character != "/" else { return false }
      return matches(pattern, path.dropFirst())
    }
    guard let character = path.first, character == first || first == "?" && character != "/" else {
      return false
    }
    return matches(pattern.dropFirst(), path.dropFirst())
  }

  /// `15s`, `1m`, `1h 30m`, `500ms`; seconds without a unit.
  static func milliseconds(_ text: String) -> Int? {
    TimeSpan.milliseconds(text, bare: 1000, units: TimeSpan.nginx)
  }

  /// `1m`, `128k`, `1g`; bytes without a unit.
  static func bytes(_ text: String) -> Int? {
    let factors: [Character: Int] = ["k": 1024, "m": 1_048_576, "g": 1_073_741_824]
    guard let last = text.lowercased().last else { return nil }
    guard let factor = factors[last] else { return Int(text) }
    guard let number = Int(text.dropLast()) else { return nil }
    let (bytes, isTooMany) = number.multipliedReportingOverflow(by: factor)
    return isTooMany ? nil : bytes
  }

  /// nginx's words (ngx_conf_read_token): quoted with ' or ", a backslash keeps the next one.
  private struct Tokens {
    enum Token { case word(String), end, open, close }

    private var rest: Substring.UnicodeScalarView

    init(_ text: String) { rest = text[...].unicodeScalars }

    mutating func next() -> Token? {
      while let first = rest.first {
        if first == "#" {
          rest = rest.drop { $0 != "\n" }
        } else if first.properties.isWhitespace {
          rest.removeFirst()
        } else {
          return token(first)
        }
      }
      return nil
    }

    private mutating func token(_ first: Unicode.Scalar) -> Token {
      switch first {
      case ";":
        rest.removeFirst()
        return .end
      case "{":
        rest.removeFirst()
        return .open
      case "}":
        rest.removeFirst()
        return .close
      case "\"", "'":
        rest.removeFirst()
        return .word(word { $0 == first })
      default:
        return .word(word { $0 == ";" || $0 == "{" || $0.properties.isWhitespace })
      }
    }

    private mutating func word(until isEnd: (Unicode.Scalar) -> Bool) -> String {
      var word = String.UnicodeScalarView()
      while let character = rest.first {
        if isEnd(character) {
          if character == "\"" || character == "'" { rest.removeFirst() }
          break
        }
        rest.removeFirst()
        if character == "$" && rest.first == "{" {  // ${name}
          rest.removeFirst()
          word.append(contentsOf: "${".unicodeScalars)
          continue
        }
        guard character == "\\", let next = rest.popFirst() else {
          word.append(character)
          continue
        }
        if !isEnd(next) && next != "\\" { word.append("\\") }
        word.append(next)
      }
      return String(word)
    }
  }
}
