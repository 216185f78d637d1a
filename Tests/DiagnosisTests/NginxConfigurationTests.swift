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
    let listens = ["[::]:8001", "127.0.0.1:8002"]
    #expect(
      found.passages == [
        .init(
          listens: listens, plainListens: listens, location: "/", readTimeout: 15_000,
          bodySize: 1_048_576),
        .init(
          listens: listens, plainListens: listens, location: "/slow", readTimeout: 120_000,
          bodySize: 0),
      ])
    #expect(found.user == "web")
    #expect(found.probe("/ready") == NginxProbe(port: 8002, host: "localhost:8002", path: "/ready"))
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

  /// The guide's public site, whose file is read before erp-back-server.conf.
  private func sites(_ operators: String) -> NginxConfiguration {
    read(
      """
      # configuration file /etc/nginx/nginx.conf:
      http {
        upstream kept { server unix:/run/erp-back/fcgi.sock; }
        server { listen 80; server_name erp.example.fr; location / { return 301 https://x; } }
        server {
          listen 443 ssl http2;
          listen 443 quic;
          server_name erp.example.fr;
          auth_basic ERP;
          location / { try_files $uri /index.html; }
          location ^~ /api/ {
            fastcgi_param SCRIPT_NAME /api;
            fastcgi_pass kept;
            location ^~ /api/metrics { fastcgi_pass kept; }
          }
        }
        \(operators)
      }
      """)
  }

  @Test func `the operators' entrance is asked, not the public one beside it`() {
    let shipped = """
      server { listen 127.0.0.1:8000; server_name _; location / { fastcgi_pass kept; } }
      """
    #expect(
      sites(shipped).probe("/health/ready")
        == NginxProbe(port: 8000, host: "localhost:8000", path: "/health/ready"))
    let everywhere = """
      server { listen 8001; location / { fastcgi_pass kept; } }
      """
    #expect(sites(everywhere + shipped).probe("/health/ready")?.port == 8000)
    #expect(sites(everywhere).probe("/health/ready")?.port == 8001)
  }

  @Test func `with TLS alone there is nothing to ask`() {
    #expect(sites("").passages.map(\.mount) == ["/api", "/api"])
    #expect(sites("").probe("/health/ready") == nil)
  }

  @Test func `below a prefix the prefix is asked for, under the server's name`() {
    let plain = """
      server {
        listen 8080;
        server_name *.example.fr ~^x "" api.example.fr;
        location /api/ { fastcgi_param SCRIPT_NAME /api; fastcgi_pass kept; }
      }
      """
    #expect(
      sites(plain).probe("/health/ready")
        == NginxProbe(port: 8080, host: "api.example.fr", path: "/api/health/ready"))
    let forgotten = plain.replacing("fastcgi_param SCRIPT_NAME /api;", with: "")
    #expect(sites(forgotten).probe("/health/ready")?.path == "/api/health/ready")
    let other = plain.replacing("/api/ {", with: "/api/clients {")
    #expect(sites(other).probe("/health/ready") == nil)
  }

  @Test(arguments: [
    ("listen 127.0.0.1;", 80), ("listen *:81;", 81), ("listen localhost:82;", 82), ("", 80),
    ("listen [::1]:83;", nil), ("listen unix:/run/x;", nil), ("listen 192.0.2.1:84;", nil),
    ("listen 85 ssl;", nil), ("listen 86; ssl on;", nil), ("listen 87 proxy_protocol;", nil),
  ])
  func `a listen is plain and on loopback, or not asked`(_ listen: String, _ port: UInt16?) {
    let site = "server { \(listen) location / { fastcgi_pass kept; } }"
    #expect(sites(site).probe("/health/ready")?.port == port)
  }
}
