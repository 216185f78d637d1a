import Testing

@testable import Diagnosis

/// systemd's rules. Every expectation is what systemd 252 gave a unit with such a file
/// (`systemd-run --wait --pipe -p EnvironmentFile=… env -0`).
@Suite struct EnvironmentFileTests {
  private func read(_ text: String) throws -> [String: String] {
    try EnvironmentFile(Array(text.utf8)).variables
  }

  @Test(arguments: [
    ("A=1", ["A": "1"]),
    ("", [:]), ("\n\n", [:]), ("A", [:]), ("=x", [:]), ("A=", ["A": ""]),
    ("B = 2 ", ["B": "2"]), ("  C=3", ["C": "3"]), ("C=a b \t ", ["C": "a b"]),
    ("#D=4\n;E=5\nF=6", ["F": "6"]),
    ("export F=6", [:]), ("1BAD=x", [:]), ("B.C=2\nD-E=4\nF G=5", [:]),
    (#"G="a b" c"#, ["G": "a bc"]),
    (#"H='x\y $z'"#, ["H": #"x\y $z"#]),
    (#"I="q\"r\$s\`t\\u\n v""#, ["I": #"q"r$s`t\u\n v"#]),
    ("J=a\\\nb", ["J": "ab"]), ("K=a\\ ", ["K": "a "]), ("I=x\\", ["I": "x"]),
    ("G=\\\nH=5", ["G": "H=5"]),
    ("L=a#b ;c", ["L": "a#b ;c"]),
    ("N=\"multi\nline\"", ["N": "multi\nline"]), ("P=\"a\\\nb\"", ["P": "ab"]),
    (#"O=x\ty"#, ["O": "xty"]), ("Q=$A ${A}", ["Q": "$A ${A}"]),
    (#"R="un" 'ded'"#, ["R": "unded"]),
    ("A=1\r\nB=\"x\"\r\n", ["A": "1", "B": "x"]),
    ("# comment \\\nC=3\nD=4", ["D": "4"]),
    ("E=\"open\nF=6\n", ["E": "open\nF=6\n"]), ("A='open\nB=2", ["A": "open\nB=2"]),
    ("B=a\tb", ["B": "a\tb"]), ("D=\"a\" ", ["D": "a"]), ("E= \"x\" ", ["E": "x"]),
    ("F=é", ["F": "é"]), ("A=1\nA=2", ["A": "2"]),
    ("\u{FEFF}A=1\nB=2", ["B": "2"]),
  ])
  func `a file gives a unit these variables`(_ text: String, _ variables: [String: String]) throws {
    #expect(try read(text) == variables)
  }

  @Test func `a file that is not UTF-8 is refused whole`() {
    #expect(throws: EnvironmentFile.Unusable.self) {
      try EnvironmentFile(Array("A=1\nB=".utf8) + [0xff])
    }
  }

  @Test func `lines that set nothing are named by number`() throws {
    let file = try EnvironmentFile(Array("A=1\n\n# x\nexport B=2\nC=\"a\nb\"\nnothing\nD=4".utf8))
    #expect(file.ignored == [4, 7])
    #expect(file.variables == ["A": "1", "C": "a\nb", "D": "4"])
  }

  @Test func `no text makes it stumble`() {
    var state: UInt64 = 42
    let alphabet = Array("A= \t\n\r\\\"'#;$é1".unicodeScalars)
    for _ in 0..<2000 {
      var text = String.UnicodeScalarView()
      for _ in 0..<30 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        text.append(alphabet[Int(state >> 33) % alphabet.count])
      }
      let file = try? EnvironmentFile(Array(String(text).utf8))
      #expect(file?.variables.keys.allSatisfy { $0.allSatisfy { $0 == "A" || $0 == "1" } } == true)
    }
  }
}
