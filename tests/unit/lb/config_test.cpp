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
      {R"({"max_connections": 1e999})", "has a number that is out of all range"},
      {R"([])", "the file: must be an object"},
      {R"({"backends": [], "frontends": []})", "frontends: there must be at least one"},
      {R"({"backends": [], "frontends": [], "statistics": {}})",
       "statistics: is not a setting of this balancer"},
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
      {R"({"backends": [{"name": "a", "mode": "tcp", "cookie": {}, "servers": []}]})",
       "backends[0].cookie: is of no use in mode tcp"},
      {R"({"backends": [{"name": "a", "mode": "tcp", "servers": []}],
           "frontends": [{"name": "f", "bind": "1.2.3.4:1", "backend": "a"}]})",
       "frontends[0].backend: the backend \"a\" is of another mode"},
      {R"({"backends": [], "frontends": [{"name": "f", "bind": "1.2.3.4:1", "tls": {}}]})",
       "frontends[0].tls: has neither certificates nor a folder"},
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

TEST_CASE("what is written is read as it was") {
  const std::string text = R"({
    "frontends": [
      {"name": "http", "bind": "0.0.0.0:80", "backend": "web", "accept_proxy": true, "monitor_uri": "/ping",
       "max_connections": 3, "rules": [{"host": "*.a", "path": "/b", "websocket": true, "backend": "web"}],
       "tls": {"certificates": ["x\ny"], "folder": "/c", "client_ca": "a\n", "client_ca_file": "/d",
               "versions": ["1.3"], "ciphers": "AES", "tickets": false}},
      {"name": "stats", "bind": "0.0.0.0:1936", "stats": true, "users": [{"name": "a", "password": "b"}]},
      {"name": "raw", "bind": "0.0.0.0:9000", "mode": "tcp", "backend": "raw"}],
    "backends": [
      {"name": "web", "balance": "source", "retries": 0, "redispatch": false, "all_backups": true,
       "servers": [{"name": "s", "address": "10.0.0.1:1", "weight": 2, "drain": true, "backup": true,
                    "max_connections": 4, "send_proxy": 2}],
       "health": {"interval_ms": 100, "fast_interval_ms": 1, "down_interval_ms": 2, "first_interval_ms": 5, "rise": 3, "fall": 4,
                  "port": 5, "http": {"method": "GET", "target": "/h", "fields": ["Host: x"]}},
       "slow_start_ms": 6, "users": [{"name": "a", "password": "b", "hashed": true}], "realm": "r", "force_https": true,
       "hsts_seconds": 7, "gzip_types": ["text/html"], "forwarded": false, "close": "both",
       "cookie": {"name": "SRV", "mode": "prefix", "indirect": true, "no_cache": true, "post_only": true, "preserve": true,
                  "http_only": true, "secure": true, "domain": "d"},
       "app_session": {"name": "J", "length": 8, "timeout_ms": 9},
       "abort_on_close": true, "keep_alive_probes": true},
      {"name": "raw", "mode": "tcp", "servers": []}],
    "timeouts": {"connect_ms": 1, "client_ms": 2, "server_ms": 3, "request_ms": 4, "keep_alive_ms": 5,
                 "queue_ms": 6, "tunnel_ms": 7, "check_ms": 8},
    "max_connections": 10, "max_body_bytes": 11, "access_log": true, "syslog": "10.0.0.1:514", "log_empty": false,
    "keep_alive_probes": true})";
  const std::string written = write_config(parse_config(text));
  CHECK(write_config(parse_config(written)) == written);
  // Every key that is not as by default has come through.
  for (const char* key : {"accept_proxy",  "monitor_uri", "rules",          "websocket",
                          "folder",        "client_ca",   "client_ca_file", "versions",
                          "ciphers",       "tickets",     "stats",          "users",
                          "balance",       "redispatch",  "all_backups",    "weight",
                          "drain",         "backup",      "send_proxy",     "fast_interval_ms",
                          "rise",          "fall",        "port",           "fields",
                          "slow_start_ms", "realm",       "force_https",    "hsts_seconds",
                          "gzip_types",    "forwarded",   "close",          "cookie",
                          "post_only",     "app_session", "abort_on_close", "keep_alive_probes",
                          "queue_ms",      "tunnel_ms",   "check_ms",       "max_body_bytes",
                          "access_log",    "log_empty",   "syslog",         "hashed",
                          "mode"}) {
    INFO(key);
    CHECK(written.find("\"" + std::string(key) + "\"") != std::string::npos);
  }
}
