#include "netmgr/lb/tcp_session.h"

#include <catch2/catch.hpp>

#include "unit/lb/scene.h"

using namespace scene;
using netmgr::lb::Balancer;
using netmgr::lb::Config;
using netmgr::lb::Mode;

namespace {

Config tcp_for(const std::vector<uint16_t>& ports) {
  Config config = config_for(ports);
  config.frontends[0].mode = config.backends[0].mode = Mode::kTcp;
  return config;
}

// Says its name, then everything back until the client has ended, then goodbye.
std::function<void(Peer&)> parrot(const std::string& name) {
  return [name](Peer& peer) {
    peer.send(name + "\n");
    while (true) {
      const std::string bytes = peer.some();
      if (bytes.empty() || !peer.send(bytes)) break;
    }
    peer.send("bye");
  };
}

}  // namespace

TEST_CASE("in mode tcp both sides hear each other, and each other's end") {
  FakeServer one(parrot("one"));
  FakeServer two(parrot("two"));
  Running balancer(tcp_for({one.port(), two.port()}));
  std::string names;
  for (int i = 0; i < 4; ++i) {
    Peer client = Peer::to(balancer.port());
    names += client.until("\n");
    client.send("hello");
    CHECK(client.exactly(5) == "hello");
    client.end_sending();
    CHECK(client.rest() == "bye");
  }
  CHECK((names == "one\ntwo\none\ntwo\n" || names == "two\none\ntwo\none\n"));
}

TEST_CASE("in mode tcp much goes both ways at once, also to who reads slowly") {
  FakeServer server(parrot("s"));
  Running balancer(tcp_for({server.port()}));
  Peer client = Peer::to(balancer.port());
  client.until("\n");
  std::string all;
  for (int i = 0; all.size() < 20'000'000; ++i) all += std::to_string(i) + ",";
  std::thread writer([&] {
    for (size_t at = 0; at < all.size(); at += 100'000)
      if (!client.send(all.substr(at, 100'000))) return;
    client.end_sending();
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const std::string back = client.exactly(all.size());
  writer.join();
  CHECK((back == all));
  CHECK(client.rest() == "bye");
  CHECK(balancer.wait_for([&](Balancer& one) {
    const auto& counters = one.backends().at("web")->servers()[0]->counters;
    return counters.sessions == 0 && counters.bytes_in == all.size() && counters.bytes_out == all.size() + 5;
  }));
}

TEST_CASE("in mode tcp a server that does not accept is passed over; without one the client is closed") {
  FakeServer server(parrot("s"));
  Running balancer(tcp_for({closed_port(), server.port()}));
  for (int i = 0; i < 4; ++i) CHECK(Peer::to(balancer.port()).until("\n") == "s\n");
  Running none(tcp_for({closed_port()}));
  CHECK(Peer::to(none.port()).rest().empty());
}

TEST_CASE("in mode tcp silence ends the connection after the tunnel's timeout") {
  FakeServer server(parrot("s"));
  Config config = tcp_for({server.port()});
  config.timeouts.tunnel_ms = 80;
  Running balancer(config);
  Peer client = Peer::to(balancer.port());
  CHECK(client.rest() == "s\n");
}

TEST_CASE("in mode tcp connections queue for a place, and drain when their server goes") {
  FakeServer server(parrot("s"));
  Config config = tcp_for({server.port()});
  config.backends[0].servers[0].max_connections = 1;
  Running balancer(config);
  auto first = std::make_unique<Peer>(Peer::to(balancer.port()));
  CHECK(first->until("\n") == "s\n");
  Peer second = Peer::to(balancer.port());
  pollfd waiting{second.fd(), POLLIN, 0};
  CHECK(::poll(&waiting, 1, 60) == 0);
  balancer.apply(tcp_for({server.port()}));
  CHECK(second.until("\n") == "s\n");
  balancer.apply(tcp_for({}));
  first->send("still");
  CHECK(first->exactly(5) == "still");
  first.reset();
  second.send("here");
  CHECK(second.exactly(4) == "here");
}

TEST_CASE("a port goes over from tcp to http and back without a client that is refused") {
  FakeServer raw(parrot("s"));
  FakeServer web(echo("web"));
  Config tcp = tcp_for({raw.port()});
  Config http = config_for({web.port()});
  const uint16_t port = closed_port();
  tcp.frontends[0].bind = http.frontends[0].bind =
      *netmgr::lb::SocketAddress::parse("127.0.0.1:" + std::to_string(port));
  Running balancer(tcp);
  Peer old = Peer::to(port);
  CHECK(old.until("\n") == "s\n");
  balancer.apply(http);
  CHECK(has(ask(port), "web GET /a"));
  old.send("x");
  CHECK(old.exactly(1) == "x");
  balancer.apply(tcp);
  CHECK(Peer::to(port).until("\n") == "s\n");
}
