#include "netmgr/lb/proxy_protocol.h"

#include <catch2/catch.hpp>

#include "unit/lb/scene.h"

using namespace scene;
using namespace netmgr::lb;
using Result = ProxyHeader::Result;

TEST_CASE("a header of the PROXY protocol is read as it was written, wherever it is cut") {
  for (const auto& [client, here] : std::vector<std::pair<std::string, std::string>>{
           {"10.0.0.9:1234", "10.0.0.1:80"}, {"[fd00::9]:1234", "[fd00::1]:80"}})
    for (const unsigned version : {1U, 2U}) {
      const std::string bytes =
          write_proxy_header(version, *SocketAddress::parse(client), *SocketAddress::parse(here));
      INFO(version << " " << client);
      for (size_t cut = 0; cut < bytes.size(); ++cut)
        REQUIRE(read_proxy_header(bytes.substr(0, cut)).result == Result::kMore);
      const ProxyHeader header = read_proxy_header(bytes + "GET / HTTP/1.1\r\n");
      CHECK(header.result == Result::kGood);
      CHECK(header.size == bytes.size());
      REQUIRE(header.client);
      CHECK(header.client->to_string() == client);
    }
  CHECK(write_proxy_header(1, *SocketAddress::parse("10.0.0.9:1234"), *SocketAddress::parse("10.0.0.1:80")) ==
        "PROXY TCP4 10.0.0.9 10.0.0.1 1234 80\r\n");
}

TEST_CASE("a sender may speak for itself") {
  for (const std::string& bytes : {std::string("PROXY UNKNOWN\r\n"), std::string("PROXY UNKNOWN a b c\r\n"),
                                   std::string("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", 16)}) {
    const ProxyHeader header = read_proxy_header(bytes);
    CHECK(header.result == Result::kGood);
    CHECK(header.size == bytes.size());
    CHECK_FALSE(header.client);
  }
}

TEST_CASE("what is no header of the PROXY protocol is refused") {
  for (const std::string& bytes :
       {std::string("GET / HTTP/1.1\r\n"), std::string("PROXY TCP4 1.2.3.4\r\n"), std::string("PROXY\r\n"),
        std::string("PROXY TCP4 a b 1 2\r\n"), std::string("PROXY TCP4 1.2.3.4 1.2.3.4 99999 2\r\n"),
        std::string("PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n"), "PROXY " + std::string(200, 'x'),
        std::string("\r\n\r\n\0\r\nQUIT\n\x31\x11\0\x0c", 16),
        std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff", 16)}) {
    INFO(bytes);
    CHECK(read_proxy_header(bytes).result == Result::kBad);
  }
}

TEST_CASE("who sends the PROXY protocol's header is taken for whom it names, in both modes") {
  FakeServer server([](Peer& peer) {
    const std::string header = peer.until("\r\n");
    const std::string head = peer.until("\r\n\r\n");
    const std::string body = header + head;
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  });
  for (const Mode mode : {Mode::kHttp, Mode::kTcp}) {
    Config config = config_for({server.port()});
    config.frontends[0].mode = config.backends[0].mode = mode;
    config.frontends[0].accept_proxy = true;
    config.backends[0].servers[0].send_proxy = 1;
    Running balancer(config);
    Peer client = Peer::to(balancer.port());
    client.send("PROXY TCP4 10.9.8.7 ");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    client.send("10.0.0.1 4321 80\r\n" + kGet);
    const std::string answer = answer_of(client);
    CHECK(has(answer, "PROXY TCP4 10.9.8.7 127.0.0.1 4321 "));
    if (mode == Mode::kHttp) CHECK(has(answer, "X-Forwarded-For: 10.9.8.7\r\n"));
    Peer bad = Peer::to(balancer.port());
    bad.send(kGet);
    CHECK(bad.rest().empty());
  }
}

TEST_CASE("a server that is sent the PROXY protocol's header has a connection for each request") {
  FakeServer server([](Peer& peer) {
    if (peer.exactly(12) != std::string("\r\n\r\n\0\r\nQUIT\n", 12)) return;
    peer.exactly(16);
    const std::string head = peer.until("\r\n\r\n");
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    peer.rest();
  });
  Config config = config_for({server.port()});
  config.backends[0].servers[0].send_proxy = 2;
  Running balancer(config);
  Peer client = Peer::to(balancer.port());
  for (int i = 0; i < 3; ++i) {
    client.send(kGet);
    CHECK(answer_of(client).ends_with("ok"));
  }
  CHECK(server.connections() == 3);
}
