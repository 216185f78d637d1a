import Foundation
import Testing

@testable import API

@Suite struct ContactTests {
  /// The contacts as `jsonb` receives them.
  private func contacts(_ json: String) throws -> String {
    let exchange = Exchange.create(["contacts": json])
    try #require(exchange.decision == .query, "\(exchange.text)")
    let bytes = try #require(exchange.parameters[14])
    #expect(bytes.first == 1)  // the format's version
    return try #require(String(validating: bytes.dropFirst(), as: UTF8.self))
  }

  private func objects(_ json: String) throws -> [NSDictionary] {
    let value = try JSONSerialization.jsonObject(with: Data(contacts(json).utf8))
    return try #require(value as? [NSDictionary])
  }

  @Test func `no contacts are an empty array`() throws {
    #expect(try objects("[]").isEmpty)
    #expect(try objects(" [ ] ").isEmpty)
  }

  @Test(arguments: [
    contact(), #"{ "lastName":"B" ,"firstName" : "A","id":"1"}"#,
    "\n{\"id\":\"1\",\"firstName\":\"A\",\"lastName\":\"B\"\n\t}\n",
  ])
  func `what is missing takes the defaults`(_ json: String) throws {
    let expected: NSDictionary = [
      "id": "1", "firstName": "A", "lastName": "B", "email": NSNull(), "mobile": NSNull(),
      "roles": [String](), "isBillingDefault": false, "active": true,
    ]
    #expect(try objects("[\(json)]") == [expected])
    #expect(try objects("[\(json),\(json)]") == [expected, expected])
  }

  @Test func `what is sent is kept byte for byte`() throws {
    let sent = contact(
      #""email":"x""#, #""mobile" : null"#, #""roles":["a","\u0062"]"#,
      #""isBillingDefault":true"#, #""active":false"#)
    #expect(try contacts("[\(sent)]") == "[\(sent)]")
  }

  @Test func `unknown members are kept`() throws {
    let kept = #""x":{"deep":[1.50,12345678901234567890,null,"é\n"]}"#
    let found = try contacts("[\(contact(kept))]")
    #expect(found.contains(kept))
    #expect(try objects("[\(contact(kept))]").first?["active"] as? Bool == true)
  }

  @Test func `an escaped member name is the name it stands for`() throws {
    let sent = #"{"i\u0064":"1","firstName":"A","lastName":"B","\u0061ctive":false}"#
    let found = try #require(try objects("[\(sent)]").first)
    #expect(found["active"] as? Bool == false)
    #expect(found.count == 8)
  }

  @Test(arguments: [
    (contact(#""email":5"#), "0.email string_type"),
    (contact(#""email":{}"#), "0.email string_type"),
    (contact(#""mobile":true"#), "0.mobile string_type"),
    (contact(#""roles":null"#), "0.roles list_type"),
    (contact(#""roles":"x""#), "0.roles list_type"),
    (contact(#""roles":["a",1]"#), "0.roles.1 string_type"),
    (contact(#""roles":[null]"#), "0.roles.0 string_type"),
    (contact(#""isBillingDefault":null"#), "0.isBillingDefault bool_type"),
    (contact(#""isBillingDefault":"true""#), "0.isBillingDefault bool_type"),
    (contact(#""active":1"#), "0.active bool_type"),
    (contact(#""active":null"#), "0.active bool_type"),
    (contact(#""id":1"#), "0.id string_type"),
    (contact(#""firstName":null"#), "0.firstName string_type"),
    (contact(#""lastName":[]"#), "0.lastName string_type"),
    (#"{"firstName":"A","lastName":"B"}"#, "0.id missing"),
    (#"{"id":"1","lastName":"B"}"#, "0.firstName missing"),
    (#"{"id":"1","firstName":"A"}"#, "0.lastName missing"),
    ("5", "0 model_type"), ("null", "0 model_type"), ("[]", "0 model_type"),
    (#""x""#, "0 model_type"),
  ])
  func `a member of the wrong kind is named`(_ contact: String, _ violation: String) {
    #expect(
      Exchange.create(["contacts": "[\(contact)]"]).violations == ["body.contacts.\(violation)"])
  }

  @Test func `every contact is checked in its place`() {
    let list = [contact(), "{}", contact(#""active":0"#), "7"].joined(separator: ",")
    #expect(
      Exchange.create(["contacts": "[\(list)]"]).violations == [
        "body.contacts.1.id missing", "body.contacts.1.firstName missing",
        "body.contacts.1.lastName missing", "body.contacts.2.active bool_type",
        "body.contacts.3 model_type",
      ])
  }

  @Test func `a contact may be empty texts`() throws {
    let list = #"[{"id":"","firstName":"","lastName":"","email":"","mobile":""}]"#
    #expect(try objects(list).first?["email"] as? String == "")
  }

  @Test func `a hundred contacts are taken and one more is not`() throws {
    let list = Array(repeating: contact(), count: 100).joined(separator: ",")
    #expect(try objects("[\(list)]").count == 100)
    let violations = Exchange.create(["contacts": "[\(list),\(contact())]"]).violations
    #expect(violations.count == 1)
    #expect(violations.first?.hasPrefix("body.contacts ") == true)
  }

  @Test(arguments: [#""x""#, "5", "{}", "true", contact()])
  func `contacts are a list`(_ value: String) {
    #expect(Exchange.create(["contacts": value]).violations == ["body.contacts list_type"])
  }
}
