/// What a unit's sandbox lets a service reach over the network, as `systemctl show` tells it.
public struct Sandbox: Sendable {
  /// PrivateNetwork=
  private let isWithoutNetwork: Bool
  /// RestrictAddressFamilies=: `AF_UNIX AF_INET`, or `~` before those that are refused.
  private let families: String
  /// IPAddressAllow=
  private let allowed: [IPNetwork]
  /// IPAddressDeny=
  private let denied: [IPNetwork]

  /// - Parameter unit: the service.
  public init(_ unit: Unit) {
    isWithoutNetwork = unit["PrivateNetwork"] == "yes"
    families = unit["RestrictAddressFamilies"]
    allowed = unit["IPAddressAllow"].split(separator: " ").compactMap { IPNetwork($0) }
    denied = unit["IPAddressDeny"].split(separator: " ").compactMap { IPNetwork($0) }
  }

  private static let dropIn =
    "copy erp-back-tcp.conf (from /usr/share/doc/erp-back/examples) to /etc/systemd/system/erp-back.service.d/, and to the same of erp-back-migrate and erp-back-backup"
  private static let restart = "then systemctl daemon-reload && systemctl restart erp-back"

  /// Whether the service reaches what a command outside the sandbox has reached.
  ///
  /// - Parameter address: the database server's, in digits.
  public func findings(reaching address: String) -> [Finding] {
    if isWithoutNetwork {
      return [
        .failure(
          "the database is reached over TCP, which the unit's sandbox refuses to the service",
          remedy: "\(Self.dropIn)\n\(Self.restart)")
      ]
    }
    guard let server = IPNetwork(address.prefix { $0 != "%" }) else { return [] }
    let family = server.bytes.count == 4 ? "AF_INET" : "AF_INET6"
    if !allows(family: family) {
      return [
        .failure(
          "the database is reached at \(address), and the unit's RestrictAddressFamilies= has no \(family)",
          remedy: "\(Self.dropIn)\n\(Self.restart)")
      ]
    }
    guard !allows(server) else { return [] }
    // Where the kernel or the machine's owner has no address filter, systemd goes on without.
    return [
      .warning(
        "the database is reached at \(address), which the unit's IPAddressAllow= does not hold: the service is kept from it",
        remedy:
          "write IPAddressAllow=\(address) where erp-back-tcp.conf says EDIT, in its copies below /etc/systemd/system/\n\(Self.restart)"
      )
    ]
  }

  private func allows(family: String) -> Bool {
    guard !families.isEmpty else { return true }
    let isRefusal = families.hasPrefix("~")
    let isNamed = families.drop { $0 == "~" }.split(separator: " ").contains { $0 == family }
    return isNamed != isRefusal
  }

  /// systemd.resource-control(5): what is allowed comes first, then what is denied.
  private func allows(_ server: IPNetwork) -> Bool {
    allowed.contains { $0.contains(server) } || !denied.contains { $0.contains(server) }
  }
}

/// Addresses that begin alike: `192.0.2.0/24`, `2001:db8::/32`, or one alone.
struct IPNetwork: Equatable {
  /// Four, or sixteen.
  let bytes: [UInt8]
  /// How many bits of them count.
  let length: Int

  init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard let first = parts.first, parts.count <= 2 else { return nil }
    guard let bytes = first.contains(":") ? Self.six(String(first)) : Self.four(String(first))
    else { return nil }
    let length = parts.count == 2 ? Int(parts[1]) : bytes.count * 8
    guard let length, 0...bytes.count * 8 ~= length else { return nil }
    self.bytes = bytes
    self.length = length
  }

  func contains(_ other: IPNetwork) -> Bool {
    guard bytes.count == other.bytes.count, length <= other.length else { return false }
    return (0..<length).allSatisfy { bit in
      (bytes[bit / 8] ^ other.bytes[bit / 8]) & (0x80 >> (bit % 8)) == 0
    }
  }

  private static func four(_ text: String) -> [UInt8]? {
    let bytes = text.split(separator: ".", omittingEmptySubsequences: false).compactMap {
      UInt8($0)
    }
    return bytes.count == 4 ? bytes : nil
  }

  /// RFC 4291, 2.2: groups of sixteen bits, `::` once for any number of zeros, the last four bytes
  /// as IPv4 writes them.
  private static func six(_ text: String) -> [UInt8]? {
    func bytes(_ groups: Substring) -> [UInt8]? {
      var bytes: [UInt8] = []
      guard !groups.isEmpty else { return bytes }
      for group in groups.split(separator: ":", omittingEmptySubsequences: false) {
        if group.contains(".") {
          guard let last = four(String(group)) else { return nil }
          bytes += last
        } else {
          guard let number = UInt16(group, radix: 16) else { return nil }
          bytes += [UInt8(number >> 8), UInt8(number & 0xff)]
        }
      }
      return bytes
    }
    guard let gap = text.firstRange(of: "::") else {
      return bytes(text[...]).flatMap { $0.count == 16 ? $0 : nil }
    }
    guard let head = bytes(text[..<gap.lowerBound]), let tail = bytes(text[gap.upperBound...]),
      head.count + tail.count < 16
    else { return nil }
    return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
  }
}
