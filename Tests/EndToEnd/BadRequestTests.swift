import Testing

@testable import Harness

extension EndToEnd {
  /// 400, 413, 414, 415: requests that are wrong before anyone looks at what they ask.
  @Suite struct BadRequestTests {
    static let mebibyte = 1_048_576

    let site: Site
    init() throws { site = try Site.shared() }

    /// A body of exactly `size` bytes that creates a client.
    static func body(of size: Int) -> [UInt8] {
      let start = Array(#"{"type":"company","name":"Large","padding":""#.utf8)
      let end = Array("\"}".utf8)
      let padding = repeatElement(UInt8(ascii: "x"), count: size - start.count - end.count)
      return start + padding + end
    }

    @Test(arguments: [
      "/clients/%", "/clients/%4", "/clients/%zz", "/clients/%00", "/clients/%ff",
      "/clients/search/%C3", "/clients/search/%C3%28", "/clients/search/a%00b",
      "/clients/search/%ED%A0%80", "/clients/search/%C0%80", "/clients/search/%F4%90%80%80",
      "/clients/status/%FF", "/clients/?q=%", "/clients/?q=%4", "/clients/?q=%zz",
      "/clients/?q=%00", "/clients/?q=a%00b", "/clients/?q=%ff", "/clients/?q=%E2%82",
      "/clients/?%ff=1", "/clients/?%=1", "/clients/?limit=5&x=%g0", "/?q=%ff", "/nothing%ff",
    ])
    func badEncodingInATarget(_ target: String) throws {
      let answer = try site.get(target)
      #expect(answer.status == 400)
      #expect(answer.json["code"] == "bad_request")
    }

    @Test func rawBytesInATargetAreUTF8OrRefused() throws {
      let marker = unique()
      let id = try site.created(client(["name": .string("é\(marker)")]))["id"].string
      let found = try site.get("/clients/search/é\(marker)")
      #expect(found.ids == [id])
      for target in [Array("/clients/search/".utf8) + [0xE9], Array("/clients/?q=".utf8) + [0xE9]] {
        let answer = try site.client.exchange(
          Array("GET ".utf8) + target
            + Array(" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8))
        try answer.checkPromises(of: "a lone 0xE9", isHead: false)
        #expect(answer.status == 400)
      }
    }

    @Test(arguments: [
      "GET /clients/ HTTP/1.1\r\n\r\n",
      "GET /clients/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
      "GET /../clients/ HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET clients HTTP/1.1\r\nHost: a\r\n\r\n",
      "POST /clients/ HTTP/1.1\r\nHost: a\r\nContent-Length: abc\r\n\r\n",
      "POST /clients/ HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
      "POST /clients/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "GET /clients/ HTTP/1.1\r\nHost: a\r\nX-Long: " + String(repeating: "x", count: 40_000)
        + "\r\n\r\n",
    ])
    func nginxRefusesInTheEnvelope(_ request: String) throws {
      let answer = try site.client.exchange(Array(request.utf8))
      try answer.checkPromises(of: String(request.prefix(80)), isHead: false)
      #expect(answer.status == 400)
      #expect(answer.json["code"] == "bad_request")
    }

    @Test func aTargetThatIsTooLongIs414InTheEnvelope() throws {
      let answer = try site.get("/clients/?q=" + String(repeating: "a", count: 40_000))
      #expect(answer.status == 414)
    }

    @Test func theLargestBodyIsTaken() throws {
      let answer = try site.send(
        "POST", "/clients/", [Site.jsonType], body: Self.body(of: Self.mebibyte))
      #expect(answer.status == 201)
    }

    @Test func oneByteMoreIsTooLarge() throws {
      let answer = try site.send(
        "POST", "/clients/", [Site.jsonType], body: Self.body(of: Self.mebibyte + 1))
      #expect(answer.status == 413)
      #expect(answer.json["code"] == "too_large")
    }

    @Test func theResponderHasALimitOfItsOwn() throws {
      try Site.new(.init(environment: ["ERP_MAX_BODY": "1000"])) { site in
        let taken = try site.send(
          "POST", "/clients/", [Site.jsonType], body: Self.body(of: 1000))
        #expect(taken.status == 201)
        let refused = try site.send(
          "POST", "/clients/", [Site.jsonType], body: Self.body(of: 1001))
        #expect(refused.status == 413)
        #expect(refused.json["code"] == "too_large")
        #expect(try site.get("/clients/").json["count"] == 1)
      }
    }

    @Test func aChunkedBodyIsReadWhole() throws {
      let body = client(["name": "Chunked"]).text
      let half = body.utf8.count / 2
      let chunks = [body.prefix(half), body.dropFirst(half)].map {
        "\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n"
      }
      let answer = try site.client.exchange(
        Array(
          ("POST /clients/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(Site.jsonType)\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n\(chunks.joined())0\r\n\r\n").utf8))
      #expect(answer.status == 201)
      #expect(answer.json["data"]["name"] == "Chunked")
    }

    @Test(arguments: [
      "application/json", "application/json; charset=utf-8", "APPLICATION/JSON",
      "application/merge-patch+json", "application/vnd.erp+json;v=1", "application/json ; a=b",
    ])
    func jsonTypesAreTaken(_ type: String) throws {
      let answer = try site.send(
        "POST", "/clients/", ["Content-Type: \(type)"], body: Array(client().text.utf8))
      #expect(answer.status == 201)
    }

    @Test func aMissingTypeIsTakenAsJSON() throws {
      let answer = try site.send("POST", "/clients/", body: Array(client().text.utf8))
      #expect(answer.status == 201)
    }

    @Test(arguments: [
      "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
      "application/xml", "application/jsonp", "text/json5", "json", "application/json+xml",
    ])
    func otherTypesAreNot(_ type: String) throws {
      for (method, target) in [("POST", "/clients/"), ("PUT", nobody), ("PATCH", nobody)] {
        let answer = try site.send(
          method, target, ["Content-Type: \(type)"], body: Array(client().text.utf8))
        #expect(answer.status == 415)
        #expect(answer.json["code"] == "unsupported_media_type")
      }
    }
  }
}
