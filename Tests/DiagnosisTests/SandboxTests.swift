import Testing

@testable import Diagnosis

/// What systemd keeps the service from, although a command reaches it.
@Suite struct SandboxTests {
  /// As `systemctl show` printed it for erp-back-tcp.conf whose EDIT line was filled in.
  private static let filled = """
    PrivateNetwork=no
    RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
    IPAddressAllow=127.0.0.0/8 192.0.2.10/32 ::1/128 2001:db8::/32
    IPAddressDeny=::/0 0.0.0.0/0
    """

  private func findings(_ lines: String, _ address: String) -> [Finding] {
    Sandbox(Unit(lines[...])).findings(reaching: address)
  }

  @Test(arguments: ["127.0.0.1", "192.0.2.10", "::1", "2001:db8:1::5", "127.255.0.3"])
  func `an address that is allowed is well`(_ address: String) {
    #expect(findings(Self.filled, address).isEmpty)
  }

  @Test(arguments: ["192.0.2.11", "10.0.0.1", "2001:db9::5", "fe80::1%eth0"])
  func `one that is not is a warning with its remedy`(_ address: String) {
    let found = findings(Self.filled, address)
    #expect(found.map(\.outcome) == [.warning])
    #expect(found.first?.remedy?.hasPrefix("write IPAddressAllow=\(address) where") == true)
  }

  @Test func `without a network or the family nothing is reached`() {
    let shipped = """
      PrivateNetwork=yes
      RestrictAddressFamilies=AF_UNIX
      IPAddressAllow=
      IPAddressDeny=::/0 0.0.0.0/0
      """
    #expect(findings(shipped, "127.0.0.1").map(\.outcome) == [.failure])
    let open = shipped.replacing("PrivateNetwork=yes", with: "PrivateNetwork=no")
    let found = findings(open, "127.0.0.1")
    #expect(found.map(\.outcome) == [.failure])
    #expect(found.first?.text.hasSuffix("has no AF_INET") == true)
    #expect(findings("RestrictAddressFamilies=~AF_INET6", "10.0.0.1").isEmpty)
    #expect(findings("RestrictAddressFamilies=~AF_INET6", "::1").map(\.outcome) == [.failure])
    #expect(findings("RestrictAddressFamilies=none", "::1").map(\.outcome) == [.failure])
  }

  /// `~` alone is what systemd shows for a unit without the line.
  @Test(arguments: [
    "", "PrivateNetwork=no\nRestrictAddressFamilies=~\nIPAddressAllow=\nIPAddressDeny=",
    "IPAddressDeny=10.0.0.0/8",
  ])
  func `without a sandbox everything is reached`(_ lines: String) {
    #expect(findings(lines, "192.0.2.10").isEmpty)
    #expect(findings(lines, "2001:db8::1").isEmpty)
  }

  @Test func `an address beside the allowed ones is denied only where it is named`() {
    #expect(findings("IPAddressDeny=10.0.0.0/9", "10.127.0.1").map(\.outcome) == [.warning])
    #expect(findings("IPAddressDeny=10.0.0.0/9", "10.128.0.1").isEmpty)
  }

  @Test(arguments: [
    ("::", [UInt8](repeating: 0, count: 16)),
    ("::ffff:192.0.2.1", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1]),
    ("1:2:3:4:5:6:7:8", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]),
    ("192.0.2.1", [192, 0, 2, 1]),
  ])
  func `addresses are read`(_ text: String, _ bytes: [UInt8]) {
    #expect(IPNetwork(text)?.bytes == bytes)
  }

  @Test(arguments: [
    "", "any", "1.2.3", "1.2.3.256", "1.2.3.4/33", "::/129", "1::2::3", "1:2:3:4:5:6:7", ":", "/",
    "1:2:3:4:5:6:7:8::", "::g", "1.2.3.4/", "1.2.3.4/-1",
  ])
  func `what is no address is none`(_ text: String) {
    #expect(IPNetwork(text) == nil)
  }
}
