import Testing

@testable import Diagnosis

/// What `nginx -T` prints, read for the way to our socket.
@Suite struct NginxConfigurationTests {
  private static let dump = #"""
    # configuration file /etc/nginx/nginx.conf:
    user  web staff; # the workers
    events { worker_connections 10; }
    http {
        client_max_body_size 5m;
        include conf.d/*.conf;
        include /etc/nginx/sites-enabled/*;
        log_format x '$a { ; } "q" \'';
    }
    # configuration file /etc/nginx/conf.d/up.conf:
    upstream kept { server unix:/run/erp-back/fcgi.sock; keepalive 4; }
    upstream other { server unix:/run/other.sock; }
    map $request_method $pool { default other; "~^G{1,2}ET$" kept; }
    # configuration file /etc/nginx/sites-enabled/a:
    server {
        listen [::]:8001;
        listen 127.0.0.1:8002;
        include snippets/p.conf;
        location ~ \.(css|js)$ { return 404; }
        location / { fastcgi_pass $pool; }
        location /slow { fastcgi_read_timeout 2m; client_max_body_size 0; fastcgi_pass kept; }
    }
    server { location / { fastcgi_pass other; } }
    # configuration file /etc/nginx/snippets/p.conf:
    fastcgi_read_timeout 15s;
    client_max_body_size 1m;
    """#

  private func read(_ dump: String = dump, socket: String = "/run/erp-back/fcgi.sock")
    -> NginxConfiguration
  {
    NginxConfiguration(dump, socket: socket)
  }

  @Test func `passages are found through upstreams, maps and includes`() {
    let found = read()
    #expect(
      found.passages == [
        .init(
          listens: ["[::]:8001", "127.0.0.1:8002"], readTimeout: 15_000, bodySize: 1_048_576),
        .init(listens: ["[::]:8001", "127.0.0.1:8002"], readTimeout: 120_000, bodySize: 0),
      ])
    #expect(found.user == "web")
    #expect(found.port == 8002)
    #expect(found.findings(socket: "/run/erp-back/fcgi.sock").map(\.outcome) == [.ok])
  }

  @Test func `limits are the narrowest`() {
    var limits = Limits(
      poolWait: 1, statement: 2, lock: 1, deadline: 3, drain: 4, maxBody: 1_048_576)
    read().complete(&limits)
    #expect(limits.read == 15_000)
    #expect(limits.bodySizes == 0...1_048_576)
  }

  @Test func `a configuration without us names whom it knows`() {
    let found = read(socket: "/run/elsewhere.sock")
    #expect(found.passages.isEmpty)
    let finding = found.findings(socket: "/run/elsewhere.sock")[0]
    #expect(finding.outcome == .failure)
    #expect(finding.text.contains("unix:/run/other.sock"))
  }

  @Test(arguments: ["", "x", "# configuration file /a:", "# configuration file /a:\nhttp { {{ ; }"])
  func `broken text gives nothing`(_ text: String) {
    #expect(read(text).passages.isEmpty)
  }

  @Test func `a file that includes itself ends`() {
    #expect(read("# configuration file /a:\nhttp { include /a; }").passages.isEmpty)
  }

  @Test func `patterns do not cross a slash`() {
    #expect(NginxConfiguration.matches("/a/*.conf", "/a/b.conf"))
    #expect(!NginxConfiguration.matches("/a/*", "/a/b/c"))
    #expect(NginxConfiguration.matches("/a/?", "/a/b"))
  }

  @Test func `sizes and times are nginx's`() {
    #expect(NginxConfiguration.bytes("10M") == 10_485_760)
    #expect(NginxConfiguration.bytes("512") == 512)
    #expect(NginxConfiguration.bytes("99999999999999999999g") == nil)
    #expect(NginxConfiguration.milliseconds("1h 30m") == 5_400_000)
    #expect(NginxConfiguration.milliseconds("60") == 60_000)
  }
}
