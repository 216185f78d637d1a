import Testing

@testable import Harness

extension Torture {
  /// What docs/libfcgi.md says of libfcgi, played against the one that is installed.
  @Suite struct LibraryTests {
    @Test(.enabled(if: Scene.isLong, "20 seconds of another's library: make torture"))
    func evidence() throws {
      let script = try Workbench.require().scripts + "/../Tests/libfcgi/run"
      let output = try Output.of(script, [])
      #expect(output.status == 0, "\(output.errors)\(output.out)")
      for line in output.out.split(separator: "\n") { Scene.report("libfcgi", "\(line)") }
    }
  }
}
