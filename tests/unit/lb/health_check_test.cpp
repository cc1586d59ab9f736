#include "netmgr/lb/health_check.h"

#include <catch2/catch.hpp>

#include "unit/lb/scene.h"

using namespace scene;
using netmgr::lb::Balancer;
using netmgr::lb::Config;
using netmgr::lb::Health;
using netmgr::lb::HttpCheckConfig;

namespace {

Config checked(const std::vector<uint16_t>& ports) {
  Config config = config_for(ports);
  config.backends[0].health = netmgr::lb::HealthConfig{};
  config.backends[0].health->interval_ms = 20;
  return config;
}

Health health_of(Running& balancer, size_t index) {
  Health result;
  balancer.run([&](Balancer& one) { result = one.backends().at("web")->servers()[index]->health; });
  return result;
}

bool wait_until(Running& balancer, size_t index, bool up) {
  return balancer.wait_for(
      [&](Balancer& one) { return one.backends().at("web")->servers()[index]->health.up == up; });
}

}  // namespace

TEST_CASE("a server that does not accept connections is left out and comes back when it does") {
  FakeServer good(echo("good"));
  const uint16_t port = closed_port();
  Running balancer(checked({port, good.port()}));
  REQUIRE(wait_until(balancer, 0, false));
  CHECK(std::string(health_of(balancer, 0).status) == "L4CON");
  for (int i = 0; i < 4; ++i) CHECK(has(ask(balancer.port()), "good GET"));
  FakeServer late(echo("late"), port);
  REQUIRE(wait_until(balancer, 0, true));
  CHECK(std::string(health_of(balancer, 0).status) == "L4OK");
  int answered = 0;
  for (int i = 0; i < 4; ++i) answered += has(ask(balancer.port()), "late GET") ? 1 : 0;
  CHECK(answered == 2);
  const std::vector<std::string> reports = balancer.reports();
  REQUIRE(reports.size() == 2);
  CHECK(
      has(reports[0], "Server web/web_" + std::to_string(port) + " is DOWN, reason: Layer4 problem, info: "));
  CHECK(has(reports[0], "1 active and 0 backup servers left."));
  CHECK(has(reports[1], " is UP, reason: Layer4 check passed"));
}

TEST_CASE("a new server is checked more often, and is up with the first check it passes") {
  const uint16_t port = closed_port();
  Config config = checked({port});
  config.backends[0].health->interval_ms = 60'000;
  config.backends[0].health->rise = 3;
  config.backends[0].health->first_interval_ms = 10;
  Running balancer(config);
  REQUIRE(wait_until(balancer, 0, false));
  CHECK(ask(balancer.port()).starts_with("HTTP/1.1 503 "));
  FakeServer late(echo("late"), port);
  REQUIRE(wait_until(balancer, 0, true));
  CHECK(has(ask(balancer.port()), "late GET"));
  // Not any more: what went once is checked as configured.
  const int connections = late.connections();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  CHECK(late.connections() == connections);
}

TEST_CASE("a check by HTTP asks as it is told and goes by the status") {
  std::atomic<int> status = 200;
  std::atomic<bool> asked = false;
  FakeServer server([&](Peer& peer) {
    const std::string head = peer.until("\r\n\r\n");
    if (head.starts_with("GET /health HTTP/1.1\r\n") && has(head, "\r\nHost: www\r\n")) asked = true;
    peer.send("HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  });
  Config config = checked({server.port()});
  config.backends[0].health->http = HttpCheckConfig{"GET", "/health", {"Host: www"}};
  Running balancer(config);
  CHECK(balancer.wait_for([&](Balancer&) { return asked.load(); }));
  status = 503;
  REQUIRE(wait_until(balancer, 0, false));
  CHECK(std::string(health_of(balancer, 0).status) == "L7STS");
  CHECK(health_of(balancer, 0).code == 503);
  CHECK(ask(balancer.port()).starts_with("HTTP/1.1 503 "));
  status = 302;
  REQUIRE(wait_until(balancer, 0, true));
  CHECK(std::string(health_of(balancer, 0).status) == "L7OK");
}

TEST_CASE("a server goes down only after as many failures as `fall` says, and up after `rise`") {
  std::atomic<bool> good = true;
  std::atomic<int> checks = 0;
  FakeServer server([&](Peer& peer) {
    peer.until("\r\n\r\n");
    ++checks;
    peer.send(good ? "HTTP/1.1 200 OK\r\n\r\n" : "HTTP/1.1 500 X\r\n\r\n");
  });
  Config config = checked({server.port()});
  config.backends[0].health->http = HttpCheckConfig{};
  config.backends[0].health->fall = 4;
  config.backends[0].health->rise = 3;
  Running balancer(config);
  REQUIRE(balancer.wait_for([&](Balancer&) { return checks > 8; }));  // as good as it gets
  good = false;
  int before = checks;
  REQUIRE(wait_until(balancer, 0, false));
  CHECK(checks - before >= 4);
  CHECK(checks - before <= 6);
  good = true;
  before = checks;
  REQUIRE(wait_until(balancer, 0, true));
  CHECK(checks - before >= 3);
  CHECK(checks - before <= 5);
}

TEST_CASE("a server that says nothing to a check in time is down") {
  FakeServer server([](Peer& peer) { peer.rest(); });
  Config config = checked({server.port()});
  config.backends[0].health->http = HttpCheckConfig{};
  config.timeouts.check_ms = 30;
  Running balancer(config);
  REQUIRE(wait_until(balancer, 0, false));
  CHECK(std::string(health_of(balancer, 0).status) == "L7TOUT");
}

TEST_CASE("checks end when the configuration has none any more, and servers count as up") {
  const uint16_t port = closed_port();
  Running balancer(checked({port}));
  REQUIRE(wait_until(balancer, 0, false));
  balancer.apply(config_for({port}));
  CHECK(health_of(balancer, 0).up);
}

TEST_CASE("servers that go and come while they are checked leave nothing behind") {
  FakeServer server(echo("s"));
  const Config none = checked({});
  const Config one = checked({server.port(), closed_port()});
  Running balancer(one);
  for (int i = 0; i < 50; ++i) {
    balancer.apply(i % 2 == 0 ? none : one);
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
  CHECK(has(ask(balancer.port()), "s GET"));
}
