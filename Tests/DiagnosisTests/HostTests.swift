import Testing

@testable import Diagnosis

/// The socket, the units and nginx, from what they say of themselves.
@Suite struct HostTests {
  private let webServer = UserIdentity(name: "www-data", id: 33, groups: [33])

  private func status(
    _ kind: FileStatus.Kind = .socket, _ mode: UInt32 = 0o660, owner: UInt32 = 0, group: UInt32 = 33
  ) -> FileStatus {
    FileStatus(
      kind: kind, mode: mode, owner: (owner, "o\(owner)"), group: (group, "g\(group)"), modified: 0)
  }

  private func socket(
    _ status: FileStatus?, directory: UInt32 = 0o755, _ listening: SocketFile.Listening = .yes
  ) -> [Finding] {
    SocketFile(
      path: "/run/erp-back/fcgi.sock", status: status,
      directories: [("/run/erp-back", self.status(.directory, directory, group: 0))],
      webServer: webServer, listening: listening, isUnit: true
    ).findings
  }

  @Test func `a socket as the unit makes it is well`() {
    #expect(socket(status()).map(\.outcome) == [.ok, .ok])
  }

  @Test func `what keeps nginx away is named`() {
    #expect(socket(nil).map(\.outcome) == [.failure])
    #expect(socket(status(.file)).first?.text.contains("is not a socket") == true)
    #expect(socket(status(.socket, 0o600)).first?.text.contains("0600 o0:g33") == true)
    #expect(socket(status(.socket, 0o660, group: 0)).first?.outcome == .failure)
    #expect(socket(status(), directory: 0o750).first?.text.contains("/run/erp-back (0750") == true)
    #expect(socket(status(), .no).last?.outcome == .failure)
    #expect(socket(status(), .unknown("x")).last?.outcome == .skipped)
  }

  @Test func `a socket for everybody is a warning`() {
    #expect(socket(status(.socket, 0o666)).map(\.outcome) == [.warning, .ok])
  }

  @Test func `the owner's bits count for the owner alone`() {
    #expect(status(.socket, 0o060, owner: 33).allows(2, webServer) == false)
    #expect(status(.socket, 0o200, owner: 33).allows(2, webServer))
    #expect(status(.socket, 0o602, group: 33).allows(2, webServer) == false)
  }

  @Test func `a secret is root's alone`() {
    func secret(_ mode: UInt32, owner: UInt32 = 0) -> [Finding] {
      SecretFile(path: "/s", status: status(.file, mode, owner: owner, group: 0)).findings
    }
    #expect(secret(0o600).isEmpty)
    #expect(secret(0o400).isEmpty)
    #expect(secret(0o640).map(\.remedy) == ["chmod 600 /s"])
    #expect(secret(0o604).map(\.outcome) == [.warning])
    #expect(secret(0o600, owner: 33).map(\.remedy) == ["chown root:root /s"])
    #expect(secret(0o644, owner: 33).map(\.remedy) == ["chown root:root /s && chmod 600 /s"])
    #expect(secret(0o644).first?.text.hasPrefix("/s is 0644 o0:g0: others") == true)
  }

  @Test func `a listener is read out of the kernel's table`() {
    let table = """
      Num       RefCount Protocol Flags    Type St Inode Path
      0000000000000000: 00000002 00000000 00010000 0001 01 21734 /run/a.sock
      0000000000000000: 00000003 00000000 00000000 0001 03 21735 /run/b.sock
      0000000000000000: 00000002 00000000 00010000 0001 01 21736 /run/with blank.sock
      0000000000000000: 00000003 00000000 00000000 0001 03 21737
      """
    #expect(SocketFile.isListed("/run/a.sock", in: table))
    #expect(!SocketFile.isListed("/run/b.sock", in: table))
    #expect(SocketFile.isListed("/run/with blank.sock", in: table))
    #expect(!SocketFile.isListed("/run/none.sock", in: table))
  }

  private func unit(_ lines: String) -> Unit { Unit(lines[...]) }

  @Test func `systemctl's output is parted into units`() {
    let units = Unit.all("Id=a.socket\nLoadState=loaded\n\nLoadState=not-found\nId=b.service\n")
    #expect(units.keys.sorted() == ["a.socket", "b.service"])
    #expect(units["a.socket"]?.isInstalled == true)
    #expect(units["b.service"]?.isInstalled == false)
  }

  @Test(arguments: [
    ("15s", 15_000), ("1min 30s", 90_000), ("500ms", 500), ("1h", 3_600_000), ("infinity", nil),
    ("", nil),
  ])
  func `a stop limit is read`(_ text: String, _ milliseconds: Int?) {
    #expect(unit("TimeoutStopUSec=\(text)").stopLimit == milliseconds)
  }

  @Test func `a service is well, stopped, failing or failed`() {
    func service(_ state: String, _ detail: String, _ more: String = "") -> [Finding] {
      unit("Id=erp-back.service\nActiveState=\(state)\nSubState=\(detail)\n\(more)")
        .serviceFindings(isListening: true)
    }
    #expect(service("active", "running", "NRestarts=0").map(\.outcome) == [.ok])
    #expect(service("inactive", "dead").map(\.outcome) == [.warning])
    let failing = service(
      "activating", "auto-restart",
      "Result=exit-code\nExecMainCode=1\nExecMainStatus=78\nNRestarts=12")
    #expect(failing.map(\.outcome) == [.failure])
    #expect(failing[0].text.contains("last exit status 78"))
    #expect(failing[0].text.contains("12 times"))
    #expect(service("activating", "start", "NRestarts=0").map(\.outcome) == [.warning])
    #expect(service("activating", "start", "NRestarts=3").map(\.outcome) == [.failure])
    let failed = service("failed", "failed", "Result=watchdog\nExecMainCode=3\nExecMainStatus=6")
    #expect(failed[0].text.contains("watchdog, last ended by signal 6"))
    #expect(service("active", "running", "NeedDaemonReload=yes").last?.outcome == .warning)
    #expect(
      unit("ActiveState=inactive\nSubState=dead").serviceFindings(isListening: false)
        .map(\.outcome) == [.failure])
  }

  @Test func `a socket unit is listening, off or failed`() {
    #expect(unit("ActiveState=active\nSubState=running").socketFindings.map(\.outcome) == [.ok])
    #expect(unit("ActiveState=inactive").socketFindings.map(\.outcome) == [.failure])
    #expect(unit("ActiveState=failed").socketFindings.map(\.outcome) == [.failure])
    #expect(
      unit("ActiveState=active\nUnitFileState=disabled").socketFindings.map(\.outcome)
        == [.ok, .warning])
    #expect(unit("Listen=/run/x.sock (Stream)").listens == "/run/x.sock")
  }

  @Test func `a pending restart is a warning`() {
    var freshness = Freshness()
    freshness.isReplaced = false
    #expect(freshness.findings.isEmpty)
    freshness.isReplaced = true
    freshness.changed = ["/etc/erp-back/erp-back.env"]
    #expect(freshness.findings.map(\.outcome) == [.warning, .warning])
    #expect(Freshness().findings.map(\.outcome) == [.skipped])
  }

  @Test func `an answer is read for its status and its reason`() {
    func answer(_ text: String) -> [Finding] { WebAnswer(Array(text.utf8)).findings("u") }
    #expect(answer("HTTP/1.1 200 OK\r\n\r\n{}").map(\.outcome) == [.ok])
    let away = answer(
      "HTTP/1.1 503 Service Unavailable\r\nA: b\r\n\r\n{\"data\":null,\"error\":\"la \\\"base\\\"\"}"
    )
    #expect(away[0].text == "GET u: 503: la \"base\"")
    #expect(answer("HTTP/1.1 502 Bad Gateway\r\n\r\n").map(\.outcome) == [.failure])
    #expect(answer("HTTP/1.1 401 Unauthorized\r\n\r\n").map(\.outcome) == [.skipped])
    #expect(answer("").map(\.outcome) == [.failure])
    #expect(answer("SSH-2.0\r\n").map(\.outcome) == [.failure])
    #expect(WebAnswer.refused.findings("u").map(\.outcome) == [.failure])
  }
}
