import Testing

@testable import Diagnosis

/// Where the configuration of an operator's command comes from.
@Suite struct ServiceFilesTests {
  private func files(
    _ environment: [String: String] = [:], _ contents: [String: ServiceFiles.Content]
  ) -> ServiceFiles {
    ServiceFiles(environment) { contents[$0] ?? .missing }
  }

  private func bytes(_ text: String) -> ServiceFiles.Content { .bytes(Array(text.utf8)) }

  @Test func `a database in the environment is the whole configuration`() {
    let found = files(
      ["DATABASE_URL": "one", "ERP_REACTORS": "2"],
      [ServiceFiles.credentialFile: bytes("two"), ServiceFiles.environmentFile: bytes("A=1")])
    #expect(found.environment == ["DATABASE_URL": "one", "ERP_REACTORS": "2"])
    #expect(found.files.isEmpty)
    #expect(found.origin == "the environment")
  }

  @Test func `under a unit with a credential no file is read`() {
    let found = files(
      ["CREDENTIALS_DIRECTORY": "/run/x"], [ServiceFiles.credentialFile: bytes("two")])
    #expect(found.files.isEmpty)
  }

  @Test func `without one the units' files count`() {
    let found = files(
      ["HOME": "/root", "DATABASE_URL": " "],
      [
        ServiceFiles.credentialFile: bytes("url\n"),
        ServiceFiles.environmentFile: bytes("ERP_REACTORS=2\nnonsense"),
      ])
    #expect(
      found.environment == ["HOME": "/root", "ERP_REACTORS": "2", "DATABASE_URL": "url\n"])
    #expect(found.files == [ServiceFiles.environmentFile, ServiceFiles.credentialFile])
    #expect(found.ignoredLines == [2])
  }

  @Test func `the file's own DATABASE_URL comes before the credential, as in the units`() {
    let both = [
      ServiceFiles.credentialFile: bytes("two"),
      ServiceFiles.environmentFile: bytes("DATABASE_URL=one"),
    ]
    #expect(files(both).environment["DATABASE_URL"] == "one")
  }

  @Test func `what needs a session of its own has the server's address, where there is one`() {
    let behind = [ServiceFiles.credentialFile: bytes("pooler")]
    let both = behind.merging([ServiceFiles.directCredentialFile: bytes("server")]) { $1 }
    for (contents, needsSession, url) in [
      (both, true, "server"), (both, false, "pooler"), (behind, true, "pooler"),
    ] {
      let found = ServiceFiles([:], needsSession: needsSession) { contents[$0] ?? .missing }
      #expect(found.environment["DATABASE_URL"] == url)
      #expect(found.files.count == 1 && found.files[0].hasSuffix(".direct") == (url == "server"))
    }
    let closed = ServiceFiles([:], needsSession: true) {
      $0 == ServiceFiles.directCredentialFile ? .unreadable("closed") : both[$0] ?? .missing
    }
    #expect(closed.unusable.map(\.path) == [ServiceFiles.directCredentialFile])
  }

  private func files(_ contents: [String: ServiceFiles.Content]) -> ServiceFiles {
    files([:], contents)
  }

  @Test func `what the shell sets wins and is told`() {
    let found = files(
      ["ERP_REACTORS": "4"],
      [
        ServiceFiles.credentialFile: bytes("url"),
        ServiceFiles.environmentFile: bytes("ERP_REACTORS=2"),
      ])
    #expect(found.environment["ERP_REACTORS"] == "4")
    #expect(found.origin.hasSuffix("and from this shell ERP_REACTORS"))
  }

  @Test func `libpq's variables are the files', not the shell's`() {
    let shell = ["PGHOST": "shell", "PGSSLMODE": "require", "PATH": "/bin"]
    let found = files(
      shell,
      [
        ServiceFiles.credentialFile: bytes("url"),
        ServiceFiles.environmentFile: bytes("PGHOST=file\nPGPORT=1"),
      ])
    #expect(
      found.environment
        == ["PATH": "/bin", "DATABASE_URL": "url", "PGHOST": "file", "PGPORT": "1"])
    #expect(found.origin.hasSuffix(", without this shell's PGHOST, PGSSLMODE"))
    #expect(files(shell, [:]).environment == shell)
    #expect(files(shell.merging(["DATABASE_URL": "x"]) { $1 }, [:]).foreign.isEmpty)
  }

  @Test func `a file that may not be read is told as that`() {
    let found = files([ServiceFiles.credentialFile: .unreadable("Permission denied")])
    #expect(found.unusable.map(\.path) == [ServiceFiles.credentialFile])
    #expect(found.environment["DATABASE_URL"] == nil)
  }

  @Test func `no file and no variable is the environment, where serve says what is missing`() {
    #expect(files([:]).origin == "the environment")
    #expect(files([:]).unusable.isEmpty)
  }
}
