import Foundation
import Testing

@testable import Harness

extension Torture {
  /// The company's networks and nobody else, as nginx/examples has it. The loopback network has
  /// 16 million addresses: 127.0.0.1 is one of the company's, 127.0.0.9 is a stranger's.
  @Suite struct NetworkGuardTests {
    private static let snippet = "erp-back-guard-network.conf"

    @Test func whoComesFromElsewhereIsRefused() throws {
      try Site.new { site in
        var stranger = try Guarded(site, guards: [Self.snippet])
        let colleague = stranger
        stranger.curl = ["--interface", "127.0.0.9"]
        var refused = try stranger.refusesEverything(403)
        for header in [
          "X-Forwarded-For: 127.0.0.1", "X-Real-IP: 10.8.0.2", "Forwarded: for=127.0.0.1",
          "X-Client-IP: 192.0.2.1", "Host: localhost",
        ] { refused += try stranger.refusesEverything(403, [header], briefly: true) }
        let served = try colleague.servesAsEver()
        Scene.report(
          "guard: network",
          "\(refused) requests from another address refused with 403, forged X-Forwarded-For and "
            + "the like included, none seen by the responder; \(served) from within served as ever")
      }
    }

    /// Two guards in one block are both asked, and each of them alone is not enough.
    @Test func withATokenBothAreAsked() throws {
      try Site.new { site in
        let authenticator = try Authenticator(site)
        var stranger = try Guarded(site, guards: [Self.snippet, "erp-back-guard-token.conf"])
        let colleague = stranger
        stranger.curl = ["--interface", "127.0.0.9"]
        let writer = "Authorization: Bearer \(authenticator.writer)"
        let refused =
          try stranger.refusesEverything(403, [writer], briefly: true)
          + colleague.refusesEverything(401, briefly: true)
        let served = try colleague.servesAsEver([writer])
        authenticator.child.end()
        Scene.report(
          "guard: network and token",
          "\(refused) requests with one of the two refused, \(served) with both served as ever")
      }
    }
  }
}
