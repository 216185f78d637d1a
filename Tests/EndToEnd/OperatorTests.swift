import Testing

@testable import Harness

extension EndToEnd {
  /// The seven scenarios of an operator at a shell, with the real curl.
  @Suite struct OperatorTests {
    private static let program = "/usr/bin/curl"

    /// Runs curl as an operator would; the body's text and the status.
    private func curl(_ arguments: String...) throws -> (status: String, body: String) {
      let out = try Output.ofSuccess(
        Self.program, ["-sS", "--max-time", "20", "-w", "\n%{http_code}"] + arguments)
      guard let end = out.lastIndex(of: "\n") else { throw Failure("curl printed \(out)") }
      return (String(out[out.index(after: end)...]), String(out[..<end]))
    }

    @Test(
      .enabled(if: Workbench.exists(program), "/usr/bin/curl is not there"), arguments: ["", "/"])
    func theDayOfAnOperator(_ slash: String) throws {
      try Site.new { site in
        let clients = "http://127.0.0.1:\(site.port)/clients\(slash)"
        let type = ["-H", "Content-Type: application/json"]

        // 1. Create.
        let body =
          #"{"type":"company","name":"Lavage Dupont","companyName":"Dupont SARL","#
          + #""email":"contact@dupont.fr","status":"Actif","tags":["vip"]}"#
        let created = try curl("-X", "POST", clients, type[0], type[1], "-d", body)
        #expect(created.status == "201")
        let row = JSON(Array(created.body.utf8))?["data"] ?? .absent
        let id = try #require(row["id"].string)
        #expect(row["company_name"] == "Dupont SARL")
        let detail = "http://127.0.0.1:\(site.port)/clients/\(id)\(slash)"

        // 2. The same address in another case.
        let again = body.replacing("contact@dupont.fr", with: "Contact@DUPONT.fr")
        let conflict = try curl("-X", "POST", clients, type[0], type[1], "-d", again)
        #expect(conflict.status == "409")
        #expect(conflict.body.hasPrefix(#"{"success":false,"data":null,"error":""#))
        #expect(conflict.body.contains(#""code":"conflict""#))

        // 3. List, 4. detail.
        let list = try curl(clients)
        #expect(list.status == "200")
        #expect(list.body.hasSuffix(#"],"count":1,"has_more":false}"#))
        #expect(JSON(Array(list.body.utf8))?["data"] == [row])
        let one = try curl(detail)
        #expect(one.status == "200")
        #expect(one.body == created.body)

        // 5. Update.
        let change = #"{"city":"Orléans"}"#
        let updated = try curl("-X", "PUT", detail, type[0], type[1], "-d", change)
        #expect(updated.status == "200")
        #expect(updated.body.contains(#""city":"Orléans""#))
        #expect(updated.body.contains(#""email":"contact@dupont.fr""#))

        // 6. Delete.
        let deleted = try curl("-X", "DELETE", detail)
        #expect(deleted.status == "200")
        #expect(deleted.body.contains("Client supprimé avec succès"))
        #expect(try curl(detail).status == "404")

        // 7. Roll the migration back, and return.
        #expect(try site.database.erpBack(["migrate", "downgrade", "base"]).status == 0)
        #expect(try site.database.psql("SELECT to_regclass('clients') IS NULL") == "t")
        let without = try curl(clients)
        #expect(without.status == "500")
        #expect(without.body.contains(#""code":"internal""#))
        let ready = try curl("http://127.0.0.1:\(site.port)/health/ready")
        #expect(ready.status == "503")
        #expect(ready.body.contains(#""code":"unavailable""#))
        #expect(try curl("http://127.0.0.1:\(site.port)/health/live").status == "200")
        #expect(try site.database.erpBack(["migrate", "upgrade", "head"]).status == 0)
        try eventually("lists are answered again", within: 5) { try curl(clients).status == "200" }
        try eventually("the site is ready again", within: 5) {
          try curl("http://127.0.0.1:\(site.port)/health/ready").status == "200"
        }
        let returned = try curl("-X", "POST", clients, type[0], type[1], "-d", body)
        #expect(returned.status == "201")
        #expect(site.responder.process?.isRunning == true)
      }
    }

    /// What today's front end and scripts may send: a large upload asks first.
    @Test(.enabled(if: Workbench.exists(program), "/usr/bin/curl is not there"))
    func curlsOwnHabitsWork() throws {
      let site = try Site.shared()
      let clients = "http://127.0.0.1:\(site.port)/clients/"
      let large = client(["address": .string(String(repeating: "é", count: 9000))]).text
      let expecting = try curl(
        clients, "-H", Site.jsonType, "-H", "Expect: 100-continue", "-d", large)
      #expect(expecting.status == "201")
      let form = try curl(clients, "-d", client().text)  // curl's own type is a form's
      #expect(form.status == "415")
      #expect(try curl("-I", clients).status == "200")
      #expect(try curl("--http1.0", clients).status == "200")
      #expect(try curl("--compressed", clients).status == "200")
    }
  }
}
