// What is decided of a request: whose it is, who may ask, and what is added to the answer.
#include <zlib.h>

#include <catch2/catch.hpp>
#include <set>

#include "unit/lb/scene.h"

using namespace scene;
using netmgr::lb::Config;
using netmgr::lb::CookieConfig;
using netmgr::lb::CookieMode;

namespace {

Config with_second(uint16_t first, uint16_t second) {
  Config config = config_for({first});
  netmgr::lb::BackendConfig backend;
  backend.name = "api";
  backend.servers.push_back(server_at(second));
  config.backends.push_back(backend);
  return config;
}

// Answers with the head it got, as a body; `fields` in the head.
std::function<void(Peer&)> mirror(const std::string& fields = "") {
  return [fields](Peer& peer) {
    while (true) {
      const std::string head = peer.until("\r\n\r\n");
      if (!head.ends_with("\r\n\r\n")) return;
      if (!peer.send("HTTP/1.1 200 OK\r\n" + fields + "Content-Length: " + std::to_string(head.size()) +
                     "\r\n\r\n" + head))
        return;
    }
  };
}

std::string unzip(const std::string& bytes) {
  std::string result(1'000'000, '\0');
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  result.resize(result.size() - stream.avail_out);
  inflateEnd(&stream);
  return result;
}

// The data of a chunked body.
std::string chunks(Peer& peer) {
  std::string result;
  while (true) {
    const std::string line = peer.until("\r\n");
    const size_t size = line.empty() ? 0 : std::stoul(line, nullptr, 16);
    result += peer.exactly(size);
    if (peer.until("\r\n") != "\r\n" || size == 0) return result;
  }
}

}  // namespace

TEST_CASE("virtual hosts and paths go to their backends, in order, and else to the frontend's own") {
  FakeServer web(echo("web"));
  FakeServer api(echo("api"));
  Config config = with_second(web.port(), api.port());
  config.frontends[0].rules = {{"api.example.com", "*", false, "api"},
                               {"*.example.com", "/v1/*", false, "api"},
                               {"*", "*.js", false, "api"},
                               {"ws.org", "*", true, "api"}};
  Running balancer(config);
  const auto to = [&](const std::string& host, const std::string& target) {
    const std::string answer = ask(balancer.port(), get(target, "Host: " + host + "\r\n"));
    return answer.substr(answer.find("\r\n\r\n") + 4, 3);
  };
  CHECK(to("api.example.com", "/") == "api");
  CHECK(to("API.Example.com:8080", "/") == "api");
  CHECK(to("www.example.com", "/v1/users?x=/") == "api");
  CHECK(to("www.example.com", "/V1/") == "api");
  CHECK(to("www.example.com", "/v2") == "web");
  CHECK(to("other.org", "/a/b.js?x") == "api");
  CHECK(to("other.org", "/a/b.css?x.js") == "web");
  CHECK(to("ws.org", "/") == "web");
}

TEST_CASE("what is for nobody is 503 and says so") {
  FakeServer web(echo("web"));
  Config config = config_for({web.port()});
  config.frontends[0].backend = "";
  config.frontends[0].rules = {{"a.com", "*", false, "web"}};
  Running balancer(config);
  CHECK(ask(balancer.port(), get("/", "Host: a.com\r\n")).starts_with("HTTP/1.1 200 "));
  CHECK(has(ask(balancer.port(), get("/", "Host: b.com\r\n")), "nothing is served for this host and path"));
}

TEST_CASE("a cookie keeps a client with its server") {
  FakeServer one(mirror());
  FakeServer two(mirror());
  Config config = config_for({one.port(), two.port()});
  config.backends[0].cookie =
      CookieConfig{"SRV", CookieMode::kInsert, true, true, false, false, true, false, "a.com"};
  Running balancer(config);
  const std::string first = ask(balancer.port());
  const size_t at = first.find("Set-Cookie: SRV=");
  REQUIRE(at != std::string::npos);
  const std::string server = first.substr(at + 16, first.find(';', at) - at - 16);
  CHECK(has(first, "SRV=" + server + "; path=/; domain=a.com; HttpOnly\r\nCache-Control: private\r\n"));
  for (int i = 0; i < 6; ++i) {
    const std::string answer =
        ask(balancer.port(), get("/", "Host: h\r\nCookie: a=1; SRV=" + server + "; b=2\r\n"));
    CHECK_FALSE(has(answer, "Set-Cookie"));
    CHECK(has(answer, "\r\nCookie: a=1; b=2\r\n"));  // indirect: the server does not see it
  }
  // A client of a server that has gone is given another one.
  const std::string lost = ask(balancer.port(), get("/", "Host: h\r\nCookie: SRV=web_0\r\n"));
  CHECK(has(lost, "Set-Cookie: SRV=web_"));
  CHECK_FALSE(has(lost, "\r\nCookie:"));
  netmgr::lb::Config drained = config;
  for (auto& one_server : drained.backends[0].servers)
    if (one_server.name == server) one_server.drain = true;
  balancer.apply(drained);
  const std::string moved = ask(balancer.port(), get("/", "Host: h\r\nCookie: SRV=" + server + "\r\n"));
  CHECK(has(moved, "Set-Cookie: SRV=web_"));
  CHECK_FALSE(has(moved, "SRV=" + server));
}

TEST_CASE("a cookie only set after POST, and one of the server's own that stays") {
  FakeServer one(mirror("Set-Cookie: SRV=mine\r\n"));
  Config config = config_for({one.port()});
  config.backends[0].cookie = CookieConfig{};
  config.backends[0].cookie->name = "SRV";
  config.backends[0].cookie->post_only = true;
  Running balancer(config);
  CHECK_FALSE(has(ask(balancer.port()), "Set-Cookie"));
  CHECK(has(ask(balancer.port(), "POST / HTTP/1.1\r\nHost: h\r\n\r\n"), "Set-Cookie: SRV=web_"));
  config.backends[0].cookie->preserve = true;
  balancer.apply(config);
  const std::string kept = ask(balancer.port(), "POST / HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(has(kept, "Set-Cookie: SRV=mine"));
  CHECK_FALSE(has(kept, "SRV=web_"));
}

TEST_CASE("a cookie of the server's own names the server, as its value or in front of it") {
  const std::string own = "set-cookie: SRV=mine; Path=/x; HttpOnly\r\nSet-Cookie: other=1\r\n";
  FakeServer one(mirror(own));
  FakeServer two(mirror(own));
  Config config = config_for({one.port(), two.port()});
  config.backends[0].cookie = CookieConfig{};
  config.backends[0].cookie->name = "SRV";
  for (const CookieMode mode : {CookieMode::kRewrite, CookieMode::kPrefix}) {
    const bool prefix = mode == CookieMode::kPrefix;
    config.backends[0].cookie->mode = mode;
    Running balancer(config);
    const std::string first = ask(balancer.port());
    const size_t at = first.find("Set-Cookie: SRV=web_");
    REQUIRE(at != std::string::npos);
    CHECK_FALSE(has(first, "SRV=mine; "));
    CHECK(has(first, "Set-Cookie: other=1\r\n"));
    const std::string value = first.substr(at + 16, first.find(';', at) - at - 16);
    const std::string server = value.substr(0, value.find('~'));
    CHECK(value == (prefix ? server + "~mine" : server));
    CHECK(has(first, "SRV=" + value + "; Path=/x; HttpOnly\r\n"));
    for (int i = 0; i < 6; ++i) {
      const std::string answer =
          ask(balancer.port(), get("/", "Host: h\r\nCookie: a=1; SRV=" + value + "; b=2\r\n"));
      CHECK(has(answer, "Set-Cookie: SRV=" + value + ";"));  // from the same server again
      CHECK(has(answer, "\r\nCookie: a=1; SRV=" + (prefix ? "mine" : server) + "; b=2\r\n"));
    }
  }
}

TEST_CASE("without a cookie of the server's own there is none to name it in") {
  FakeServer one(mirror());
  Config config = config_for({one.port()});
  config.backends[0].cookie = CookieConfig{};
  config.backends[0].cookie->name = "SRV";
  config.backends[0].cookie->mode = CookieMode::kRewrite;
  Running balancer(config);
  CHECK_FALSE(has(ask(balancer.port()), "Set-Cookie"));
}

TEST_CASE("an application's session keeps a client with its server") {
  const auto named = [](const std::string& name) {
    return [name](Peer& peer) {
      while (true) {
        const std::string head = peer.until("\r\n\r\n");
        if (!head.ends_with("\r\n\r\n")) return;
        const std::string cookie = has(head, "/login") ? "Set-Cookie: ID=s-of-" + name + "; path=/\r\n" : "";
        if (!peer.send("HTTP/1.1 200 OK\r\n" + cookie + "Content-Length: 3\r\n\r\n" + name)) return;
      }
    };
  };
  FakeServer one(named("one"));
  FakeServer two(named("two"));
  Config config = config_for({one.port(), two.port()});
  config.backends[0].app_session = netmgr::lb::AppSessionConfig{"ID", 52, 60'000};
  Running balancer(config);
  ask(balancer.port(), get("/login"));
  ask(balancer.port(), get("/login"));
  std::set<std::string> others;
  for (int i = 0; i < 5; ++i) {
    CHECK(ask(balancer.port(), get("/", "Host: h\r\nCookie: ID=s-of-one\r\n")).ends_with("one"));
    CHECK(ask(balancer.port(), get("/", "Host: h\r\nCookie: ID=s-of-two\r\n")).ends_with("two"));
    const std::string other = ask(balancer.port(), get("/"));
    others.insert(other.substr(other.size() - 3));
  }
  CHECK(others.size() == 2);
  // A session nobody has told of is learnt from the request.
  const std::string first = ask(balancer.port(), get("/", "Host: h\r\nCookie: ID=new\r\n"));
  for (int i = 0; i < 4; ++i)
    CHECK(ask(balancer.port(), get("/", "Host: h\r\nCookie: ID=new\r\n"))
              .ends_with(first.substr(first.size() - 3)));
}

TEST_CASE("a password is asked for, and what is wrong is refused") {
  FakeServer server(echo("s"));
  Config config = config_for({server.port()});
  config.backends[0].users = {{"me", "s:cret"}, {"nobody", ""}};
  config.backends[0].realm = "haproxy_basic_auth";
  Running balancer(config);
  const std::string none = ask(balancer.port());
  CHECK(none.starts_with("HTTP/1.1 401 "));
  CHECK(has(none, "WWW-Authenticate: Basic realm=\"haproxy_basic_auth\""));
  const auto with = [&](const std::string& field) {
    return ask(balancer.port(), get("/", "Host: h\r\nAuthorization: " + field + "\r\n")).substr(9, 3);
  };
  CHECK(with("Basic bWU6czpjcmV0") == "200");  // me:s:cret
  CHECK(with("basic bWU6czpjcmV0") == "200");
  CHECK(with("Basic bWU6czpjcmU=") == "401");  // me:s:cre
  CHECK(with("Basic bm9ib2R5Og==") == "401");  // nobody:
  CHECK(with("Basic Og==") == "401");
  CHECK(with("Basic ???") == "401");
  CHECK(with("Bearer bWU6czpjcmV0") == "401");
}

TEST_CASE("a password that is only known as a hash lets in who knows it") {
  FakeServer server(echo("s"));
  Config config = config_for({server.port()});
  config.backends[0].users = {
      {"six",
       "$6$abcdefgh$ltjgWl6579NluT/Vi1nwEvcil.G5Nbc4NiXZaNGStk8PSwGfQv72N2CKPPrVACtLtip/cZ/1GM/O6IND4WQhG.",
       true},
      {"one", "$1$abcdefgh$0cZDBA1/jdY3VmuMpelFJ1", true},
      {"none", "nohash", true}};
  Running balancer(config);
  const auto with = [&](const std::string& field) {
    return ask(balancer.port(), get("/", "Host: h\r\nAuthorization: Basic " + field + "\r\n")).substr(9, 3);
  };
  for (int i = 0; i < 2; ++i) {                // also when it has been let in before
    CHECK(with("c2l4OnNlY3JldA==") == "200");  // six:secret
    CHECK(with("b25lOm90aGVy") == "200");      // one:other
    CHECK(with("c2l4Om90aGVy") == "401");      // six:other
    CHECK(with("b25lOnNlY3JldA==") == "401");  // one:secret
    CHECK(with("bm9uZTpub2hhc2g=") == "401");  // none:nohash
    CHECK(with("c2l4OnNlY3JldAA=") == "401");  // six:secret and a zero byte
  }
}

TEST_CASE("requests without TLS are sent to https when that is forced") {
  FakeServer server(echo("s"));
  Config config = config_for({server.port()});
  config.backends[0].force_https = true;
  Running balancer(config);
  const std::string answer = ask(balancer.port(), get("/a?b=c", "Host: x.org:8080\r\n"));
  CHECK(answer.starts_with("HTTP/1.1 301 "));
  CHECK(has(answer, "\r\nLocation: https://x.org/a?b=c\r\n"));
  CHECK(has(ask(balancer.port(), get("http://x.org/d", "Host: x.org\r\n")), "Location: https://x.org/d\r\n"));
}

TEST_CASE("answers of the wanted types are compressed for clients that take it") {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "line " + std::to_string(i % 7) + "\n";
  const auto serve = [&](const std::string& fields, bool chunked) {
    return [&text, fields, chunked](Peer& peer) {
      while (peer.until("\r\n\r\n").ends_with("\r\n\r\n")) {
        peer.send("HTTP/1.1 200 OK\r\n" + fields);
        if (chunked) {
          peer.send("Transfer-Encoding: chunked\r\n\r\n");
          for (size_t at = 0; at < text.size(); at += 1000) {
            const std::string piece = text.substr(at, 1000);
            char size[16];
            std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
            peer.send(size + piece + "\r\n");
          }
          peer.send("0\r\n\r\n");
        } else {
          peer.send("Content-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text);
        }
      }
    };
  };
  const std::string takes = get("/", "Host: h\r\nAccept-Encoding: br, gzip\r\n");
  for (const bool chunked : {false, true}) {
    FakeServer server(serve("Content-Type: text/plain; charset=utf-8\r\nETag: \"x\"\r\n", chunked));
    Config config = config_for({server.port()});
    config.backends[0].gzip_types = {"text/html", "text/plain"};
    Running balancer(config);
    Peer client = Peer::to(balancer.port());
    for (int i = 0; i < 3; ++i) {  // the connection goes on
      client.send(takes);
      const std::string head = client.until("\r\n\r\n");
      CHECK(has(head, "Content-Encoding: gzip\r\n"));
      CHECK(has(head, "Vary: Accept-Encoding\r\n"));
      CHECK(has(head, "ETag: W/\"x\"\r\n"));
      CHECK_FALSE(has(head, "Content-Length"));
      const std::string bytes = chunks(client);
      CHECK(bytes.size() < text.size() / 10);
      CHECK(unzip(bytes) == text);
    }
    if (chunked) continue;
    CHECK_FALSE(has(ask(balancer.port()), "gzip"));
    CHECK_FALSE(has(ask(balancer.port(), get("/", "Host: h\r\nAccept-Encoding: gzip;q=0\r\n")), "gzip"));
  }
  for (const std::string fields :
       {"Content-Type: image/png\r\n", "Content-Type: text/plain\r\nContent-Encoding: br\r\n",
        "Content-Type: text/plain\r\nCache-Control: no-transform\r\n"}) {
    FakeServer server(serve(fields, false));
    Config config = config_for({server.port()});
    config.backends[0].gzip_types = {"text/plain"};
    Running balancer(config);
    CHECK_FALSE(has(ask(balancer.port(), takes).substr(0, 300), "gzip"));
  }
}

TEST_CASE("what is compressed goes out when the server pauses") {
  std::atomic<bool> more = false;
  FakeServer server([&](Peer& peer) {
    peer.until("\r\n\r\n");
    peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: one\n\n");
    while (!more) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  });
  Config config = config_for({server.port()});
  config.backends[0].gzip_types = {"text/event-stream"};
  Running balancer(config);
  Peer client = Peer::to(balancer.port());
  client.send(get("/", "Host: h\r\nAccept-Encoding: gzip\r\n"));
  client.until("\r\n\r\n");
  const std::string header = client.until("\r\n");  // gzip's own
  client.exactly(std::stoul(header, nullptr, 16) + 2);
  const std::string size = client.until("\r\n");
  CHECK(std::stoul(size, nullptr, 16) > 10);
  more = true;
  CHECK(client.rest().ends_with("0\r\n\r\n"));  // the end of the connection is the end of the body
}

TEST_CASE("the monitored URI is answered here, by whether a server is up") {
  FakeServer server(echo("s"));
  Config config = config_for({server.port()});
  config.frontends[0].monitor_uri = "/ping";
  Running balancer(config);
  Peer client = Peer::to(balancer.port());
  client.send(get("/ping") + kGet);
  CHECK(answer_of(client).starts_with("HTTP/1.1 200 "));
  CHECK(has(answer_of(client), "s GET /a"));
  CHECK(server.connections() == 1);
  balancer.apply([&] {
    Config none = config;
    none.backends[0].servers.clear();
    return none;
  }());
  CHECK(ask(balancer.port(), get("/ping")).starts_with("HTTP/1.1 503 "));
}

TEST_CASE("a body larger than allowed is 413, however it is framed") {
  FakeServer server([](Peer& peer) { peer.rest(); });
  Config config = config_for({server.port()});
  config.max_body_bytes = 1000;
  Running balancer(config);
  CHECK(ask(balancer.port(), "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n")
            .starts_with("HTTP/1.1 413 "));
  Peer client = Peer::to(balancer.port());
  client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 11; ++i) client.send("64\r\n" + std::string(100, 'x') + "\r\n");
  CHECK(answer_of(client).substr(0, 13) == "HTTP/1.1 413 ");
}

TEST_CASE("connections are closed as the backend says") {
  std::atomic<int> requests = 0;
  FakeServer server([&](Peer& peer) {
    while (true) {
      const std::string head = peer.until("\r\n\r\n");
      if (!head.ends_with("\r\n\r\n")) return;
      if (has(head, "Connection: close")) ++requests;
      if (!peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) return;
    }
  });
  Config config = config_for({server.port()});
  config.backends[0].close = netmgr::lb::Close::kServer;
  Running balancer(config);
  Peer client = Peer::to(balancer.port());
  for (int i = 0; i < 3; ++i) {
    client.send(kGet);
    CHECK(answer_of(client).ends_with("ok"));
  }
  CHECK(requests == 3);
  CHECK(server.connections() == 3);
  config.backends[0].close = netmgr::lb::Close::kBoth;
  balancer.apply(config);
  client.send(kGet);
  const std::string last = client.rest();
  CHECK(has(last, "Connection: close\r\n"));
}
