/// A GET on this host's loopback that nginx hands to our socket.
public struct NginxProbe: Sendable, Equatable {
  /// On 127.0.0.1.
  public let port: UInt16
  /// The header Host, by which nginx chooses the server.
  public let host: String
  /// With the mount prefix: `/api/health/ready`.
  public let path: String

  /// What is asked where nginx's configuration cannot be read: the server that ships.
  public static func shipped(_ path: String) -> NginxProbe {
    NginxProbe(port: 8000, host: "localhost:8000", path: path)
  }

  /// For people.
  public var address: String { "http://127.0.0.1:\(port)\(path)" }
}

extension NginxConfiguration {
  /// How `path` is asked for: the operators' entrance, `location /` on loopback, first; a public
  /// site may want a password. nil: every entrance speaks TLS, or listens elsewhere.
  public func probe(_ path: String) -> NginxProbe? {
    var best: (rank: Int, probe: NginxProbe)?
    for passage in passages {
      guard let location = passage.location,
        let mounted = Self.mounted(path, location, passage.mount)
      else { continue }
      for listen in passage.plainListens {
        guard let (port, isLoopback) = Self.address(listen) else { continue }
        let rank = (location == "/" ? 2 : 0) + (isLoopback ? 1 : 0)
        guard rank > best?.rank ?? -1 else { continue }
        best = (
          rank,
          NginxProbe(port: port, host: passage.host ?? "localhost:\(port)", path: mounted)
        )
      }
    }
    return best?.probe
  }

  /// The path below a location; nil: it does not lead there.
  private static func mounted(_ path: String, _ location: String, _ mount: String) -> String? {
    if !mount.isEmpty { return (mount + path).hasPrefix(location) ? mount + path : nil }
    if path.hasPrefix(location) { return path }
    // Mounted without SCRIPT_NAME: the answer says so.
    return location.hasSuffix("/") ? location.dropLast() + path : nil
  }

  /// The port of a `listen` that 127.0.0.1 reaches, and whether nothing else does.
  private static func address(_ listen: String) -> (port: UInt16, isLoopback: Bool)? {
    if let port = UInt16(listen) { return (port, false) }
    let parts = listen.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 2, let port = parts.count == 2 ? UInt16(parts[1]) : 80 else { return nil }
    switch parts[0] {
    case "127.0.0.1", "localhost": return (port, true)
    case "*", "0.0.0.0": return (port, false)
    default: return nil
    }
  }
}
