#pragma once
// The balancer's configuration: one JSON file, written whole by who runs the balancer and replaced by
// rename(2). The balancer reads it again when the file is replaced or written, and on SIGHUP; a file that
// cannot be used is reported and the balancer goes on with what it has. All of it can change while requests
// are under way: none is dropped.
//
//   {
//     "frontends": [                        at least one; each listens and hands requests to one backend
//       {"name": "http",                    unique; in statistics and the log
//        "bind": "0.0.0.0:80",              address:port or [address]:port, numeric
//        "backend": "web"}
//     ],
//     "backends": [
//       {"name": "web",
//        "balance": "roundrobin",           roundrobin (default), static-rr, leastconn, source
//        "servers": [                       may be empty: requests are answered with 503
//          {"name": "web_1",                unique in the backend; counts and connections follow it over
//          changes
//           "address": "10.0.0.2:80",
//           "weight": 1,                    1 to 256 (default 1)
//           "drain": false}                 true: gets no new request
//        ],
//        "retries": 3}                      further attempts of a request that reached no server, 0 to 10
//     ],
//     "timeouts": {"connect_ms": 5000, "client_ms": 50000, "server_ms": 50000,
//                  "request_ms": 10000,     for a whole head, from its first byte
//                  "keep_alive_ms": 50000}, between requests of a client
//     "max_connections": 4096,              of clients; further ones wait in the kernel's queue
//     "access_log": true                    HAProxy's HTTP format, to stdout; default false
//   }
//
// A key that is not named here is an error, so that nothing asked for is quietly left undone.
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "netmgr/lb/socket_address.h"

namespace netmgr::lb {

enum class Balance { kRoundRobin, kStaticRoundRobin, kLeastConnections, kSource };

struct ServerConfig {
  std::string name;
  SocketAddress address;
  unsigned weight = 1;
  bool drain = false;
};

struct BackendConfig {
  std::string name;
  Balance balance = Balance::kRoundRobin;
  std::vector<ServerConfig> servers;
  unsigned retries = 3;
};

struct FrontendConfig {
  std::string name;
  SocketAddress bind;
  std::string backend;
};

struct Timeouts {
  uint64_t connect_ms = 5000;
  uint64_t client_ms = 50000;
  uint64_t server_ms = 50000;
  uint64_t request_ms = 10000;
  uint64_t keep_alive_ms = 50000;
};

struct Config {
  std::vector<FrontendConfig> frontends;
  std::vector<BackendConfig> backends;
  Timeouts timeouts;
  unsigned max_connections = 4096;
  bool access_log = false;
};

// What is wrong and where: "backends[0].servers[1].address: ...".
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

const char* name_of(Balance balance);

// Throws ConfigError.
Config parse_config(std::string_view text);

}  // namespace netmgr::lb
