// Servers that take so many requests at a time, and what does not get one at once.
#include <poll.h>

#include <catch2/catch.hpp>
#include <set>

#include "unit/lb/scene.h"

using namespace scene;
using netmgr::lb::Balancer;
using netmgr::lb::Config;

namespace {

// Answers when told to.
class Gate {
 public:
  std::function<void(Peer&)> serve() {
    return [this](Peer& peer) {
      while (true) {
        const std::string head = peer.until("\r\n\r\n");
        if (!head.ends_with("\r\n\r\n")) return;
        most_ = std::max(most_.load(), ++now_);
        while (closed_) std::this_thread::sleep_for(std::chrono::milliseconds(2));
        --now_;
        if (!peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) return;
      }
    };
  }
  void open() { closed_ = false; }
  int now() const { return now_; }
  int most() const { return most_; }

 private:
  std::atomic<bool> closed_ = true;
  std::atomic<int> now_ = 0;
  std::atomic<int> most_ = 0;
};

Config limited(uint16_t port, unsigned limit) {
  Config config = config_for({port});
  config.backends[0].servers[0].max_connections = limit;
  return config;
}

bool silent(Peer& peer) {
  pollfd waiting{peer.fd(), POLLIN, 0};
  return ::poll(&waiting, 1, 60) == 0;
}

}  // namespace

TEST_CASE("more requests than a server may have queue, and none is lost") {
  Gate gate;
  FakeServer server(gate.serve());
  Running balancer(limited(server.port(), 2));
  std::vector<Peer> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(Peer::to(balancer.port()));
    clients.back().send(kGet);
  }
  CHECK(balancer.wait_for([&](Balancer& one) { return one.backends().at("web")->counters.queued == 6; }));
  gate.open();
  for (Peer& client : clients) CHECK(answer_of(client).ends_with("ok"));
  CHECK(gate.most() == 2);
  balancer.run([](Balancer& one) {
    CHECK(one.backends().at("web")->counters.queued == 0);
    CHECK(one.backends().at("web")->counters.queued_most == 6);
  });
}

TEST_CASE("a request that queues for too long is 503") {
  Gate gate;
  FakeServer server(gate.serve());
  Config config = limited(server.port(), 1);
  config.timeouts.queue_ms = 50;
  Running balancer(config);
  Peer first = Peer::to(balancer.port());
  first.send(kGet);
  CHECK(balancer.wait_for([&](Balancer&) { return gate.now() == 1; }));
  const std::string answer = ask(balancer.port());
  CHECK(answer.starts_with("HTTP/1.1 503 "));
  CHECK(has(answer, "are busy"));
  gate.open();
  CHECK(answer_of(first).ends_with("ok"));
}

TEST_CASE("a client that leaves the queue gives its place up") {
  for (const bool abort : {false, true}) {
    Gate gate;
    FakeServer server(gate.serve());
    Config config = limited(server.port(), 1);
    config.backends[0].abort_on_close = abort;
    Running balancer(config);
    Peer first = Peer::to(balancer.port());
    first.send(kGet);
    CHECK(balancer.wait_for([&](Balancer&) { return gate.now() == 1; }));
    {
      Peer second = Peer::to(balancer.port());
      second.send(kGet);
      CHECK(balancer.wait_for([&](Balancer& one) { return one.backends().at("web")->counters.queued == 1; }));
    }
    if (abort)
      CHECK(balancer.wait_for([&](Balancer& one) { return one.backends().at("web")->counters.queued == 0; }));
    Peer third = Peer::to(balancer.port());
    third.send(kGet);
    gate.open();
    CHECK(answer_of(first).ends_with("ok"));
    CHECK(answer_of(third).ends_with("ok"));
  }
}

TEST_CASE("what queues goes on when a server comes or a limit is raised") {
  Gate gate;
  FakeServer server(gate.serve());
  FakeServer other(echo("other"));
  Config config = limited(server.port(), 1);
  Running balancer(config);
  Peer first = Peer::to(balancer.port());
  first.send(kGet);
  CHECK(balancer.wait_for([&](Balancer&) { return gate.now() == 1; }));
  Peer second = Peer::to(balancer.port());
  second.send(kGet);
  CHECK(silent(second));
  config.backends[0].servers.push_back(server_at(other.port()));
  balancer.apply(config);
  CHECK(has(answer_of(second), "other GET /a"));
  gate.open();
  CHECK(answer_of(first).ends_with("ok"));
}

TEST_CASE("a server that drains ends what it has begun and gets nothing new") {
  Gate gate;
  FakeServer server(gate.serve());
  FakeServer other(echo("other"));
  Config config = config_for({server.port()});
  Running balancer(config);
  Peer first = Peer::to(balancer.port());
  first.send(kGet);
  CHECK(balancer.wait_for([&](Balancer&) { return gate.now() == 1; }));
  config.backends[0].servers[0].drain = true;
  config.backends[0].servers.push_back(server_at(other.port()));
  balancer.apply(config);
  for (int i = 0; i < 4; ++i) CHECK(has(ask(balancer.port()), "other GET /a"));
  gate.open();
  CHECK(answer_of(first).ends_with("ok"));
  // The client's connection goes on, with another server.
  first.send(kGet);
  CHECK(has(answer_of(first), "other GET /a"));
}

TEST_CASE("a frontend has its own limit of clients") {
  FakeServer server(echo("s"));
  Config config = config_for({server.port()});
  config.frontends[0].max_connections = 1;
  config.frontends.push_back(frontend_named("other"));
  config.frontends[1].backend = "web";
  // Two ports of 0 would be the same address.
  config.frontends[1].bind = *netmgr::lb::SocketAddress::parse("127.0.0.2:0");
  Running balancer(config);
  auto first = std::make_unique<Peer>(Peer::to(balancer.port()));
  first->send(kGet);
  CHECK(has(answer_of(*first), "s GET /a"));
  Peer second = Peer::to(balancer.port());
  second.send(kGet);
  CHECK(silent(second));
  first.reset();
  CHECK(has(answer_of(second), "s GET /a"));
}

TEST_CASE("without redispatch the same server is tried again, then the answer is 503") {
  FakeServer server(echo("s"));
  Config config = config_for({closed_port(), server.port()});
  config.backends[0].redispatch = false;
  config.backends[0].retries = 1;
  config.timeouts.connect_ms = 40;
  Running balancer(config);
  std::multiset<std::string> starts;
  for (int i = 0; i < 4; ++i) starts.insert(ask(balancer.port()).substr(0, 13));
  CHECK(starts.count("HTTP/1.1 503 ") >= 1);
  CHECK(starts.count("HTTP/1.1 200 ") >= 1);
  balancer.run([](Balancer& one) {
    CHECK(one.backends().at("web")->counters.redispatches == 0);
    CHECK(one.backends().at("web")->counters.retries >= 1);
  });
}

TEST_CASE(
    "a request that waits for its server to be tried again goes to another when that one is taken away") {
  FakeServer server(echo("s"));
  const uint16_t closed = closed_port();
  Config config = config_for({closed});
  config.backends[0].redispatch = false;
  Running balancer(config);
  Peer client = Peer::to(balancer.port());
  client.send(kGet);
  REQUIRE(balancer.wait_for([](Balancer& one) { return one.backends().at("web")->counters.retries > 0; }));
  balancer.apply([&] {
    Config changed = config_for({server.port()});
    changed.backends[0].redispatch = false;
    return changed;
  }());
  CHECK(answer_of(client).ends_with("s GET /a"));
  balancer.run([](Balancer& one) { CHECK(one.backends().at("web")->counters.connect_errors == 1); });
}
