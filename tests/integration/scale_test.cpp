#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "sandbox.h"

using it::Sandbox;

TEST_CASE("scaling up adds the next numbers, scaling down takes the highest away") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
  client:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
)");
  sandbox.ok({"up", "-d"});
  const std::set<std::string> first = sandbox.ids("web");
  sandbox.ok({"up", "-d", "--scale", "web=3"});
  const std::set<std::string> three = sandbox.ids("web");
  CHECK(three.size() == 3);
  CHECK(std::includes(three.begin(), three.end(), first.begin(), first.end()));
  CHECK(sandbox.container("web", 2).at("State") == "running");
  CHECK(sandbox.container("web", 3).at("State") == "running");

  // The service's name stands for all its containers.
  const std::string answer = sandbox.inside("client", {"nslookup", "web"});
  std::set<std::string> addresses;
  for (size_t at = answer.find("Name:"); at != std::string::npos; at = answer.find("Name:", at + 1)) {
    const size_t start = answer.find("Address:", at) + 9;
    addresses.insert(answer.substr(start, answer.find('\n', start) - start));
  }
  CHECK(addresses.size() == 3);

  sandbox.ok({"up", "-d", "--scale", "web=1"});
  CHECK(sandbox.ids("web") == first);
  sandbox.finish();
}

TEST_CASE("more replicas than host ports are refused before anything starts") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    ports: ["8080:80"]
    deploy:
      replicas: 2
)");
  const it::Output output = sandbox.compose({"up", "-d"});
  CHECK(output.code == 1);
  CHECK(output.err.find("web") != std::string::npos);
  CHECK(output.err.find("8080") != std::string::npos);
  CHECK(sandbox.containers().empty());
  sandbox.check_nothing_left();
}

TEST_CASE("a port range gives each replica one of its ports") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    ports: ["8080-8082:80"]
    scale: 3
    stop_grace_period: 0s
)");
  sandbox.ok({"up", "-d"});
  std::set<int> ports;
  for (int number = 1; number <= 3; ++number) {
    ports.insert(sandbox.container("web", number).at("Publishers").at(0).at("PublishedPort").get<int>());
  }
  CHECK(ports == std::set<int>{8080, 8081, 8082});
  sandbox.finish();
}
