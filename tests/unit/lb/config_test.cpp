#include "netmgr/lb/config.h"

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

using namespace netmgr::lb;

TEST_CASE("a configuration is read whole") {
  const Config config = parse_config(R"({
    "frontends": [{"name": "http", "bind": "[::]:80", "backend": "web"}],
    "backends": [{"name": "web", "balance": "leastconn", "retries": 1,
                  "servers": [{"name": "web_1", "address": "10.0.0.2:8000", "weight": 3, "drain": true}]}],
    "timeouts": {"connect_ms": 7}, "max_connections": 9, "access_log": true})");
  CHECK(config.frontends.at(0).bind.to_string() == "[::]:80");
  const BackendConfig& backend = config.backends.at(0);
  CHECK(backend.balance == Balance::kLeastConnections);
  CHECK(backend.retries == 1);
  CHECK(backend.servers.at(0).address.to_string() == "10.0.0.2:8000");
  CHECK(backend.servers.at(0).weight == 3);
  CHECK(backend.servers.at(0).drain);
  CHECK(config.timeouts.connect_ms == 7);
  CHECK(config.timeouts.server_ms == 50000);
  CHECK(config.max_connections == 9);
  CHECK(config.access_log);
}

TEST_CASE("what is wrong in a configuration is told with its place") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({)", "not JSON at byte"},
      {R"([])", "the file: must be an object"},
      {R"({"backends": [], "frontends": []})", "frontends: there must be at least one"},
      {R"({"backends": [], "frontends": [], "stats": {}})", "stats: is not a setting of this balancer"},
      {R"({"backends": [{"name": "a", "check": {}, "servers": []}]})",
       "backends[0].check: is not a setting of this balancer"},
      {R"({"backends": [{"name": "a", "servers": [{"name": "b", "address": "web:80"}]}]})",
       "backends[0].servers[0].address: \"web:80\" is not a numeric address:port"},
      {R"({"backends": [{"name": "a", "servers": [{"name": "b", "address": "1.2.3.4:80", "weight": 0}]}]})",
       "backends[0].servers[0].weight: must be a whole number from 1 to 256"},
      {R"({"backends": [{"name": "a", "balance": "random", "servers": []}]})",
       "backends[0].balance: \"random\""},
      {R"({"backends": [{"name": "a", "servers": []}, {"name": "a", "servers": []}]})", "backends[1].name"},
      {R"({"backends": [], "frontends": [{"name": "f", "bind": "1.2.3.4:1", "backend": "no"}]})",
       "frontends[0].backend: there is no backend \"no\""},
      {R"({"backends": [{"name": "a b", "servers": []}]})", "backends[0].name: has a space"},
  };
  for (const auto& [text, wanted] : cases) {
    INFO(text);
    std::string said;
    try {
      parse_config(text);
    } catch (const ConfigError& error) {
      said = error.what();
    }
    CHECK(said.substr(0, wanted.size()) == wanted);
  }
}
