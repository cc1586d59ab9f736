#pragma once
// The balancer's configuration: one JSON file, written whole by who runs the balancer (write_config) and
// replaced by rename(2). The balancer reads it again when the file is replaced or written, and on SIGHUP; a
// file that cannot be used is reported and the balancer goes on with what it has. All of it can change while
// requests are under way: none is dropped.
//
//   {
//     "frontends": [                        at least one; each listens and hands requests to backends
//       {"name": "http",                    unique; in statistics and the log
//        "bind": "0.0.0.0:80",              address:port or [address]:port, numeric
//        "mode": "http",                    http (default) or tcp
//        "backend": "web",                  for what no rule takes; without it that is answered with 503
//        "rules": [                         looked at in order, the first that holds counts; not in tcp
//          {"host": "*.example.com",        "*" stands for any characters; compared without case and port
//           "path": "/api/*",               likewise, without the query
//           "websocket": false,             true: only requests to go over to WebSocket
//           "backend": "api"}],
//        "tls": {                           the clients speak TLS
//          "certificates": ["PEM", ...],    each its key and its chain; the first when no name fits
//          "folder": "/certs",              every file of it is one more, in order of their names
//          "client_ca": "PEM",              clients must have a certificate that this has signed
//          "client_ca_file": "/ca.pem",     the same from a file
//          "versions": ["1.2", "1.3"],      of TLS; the default; also 1.0 and 1.1
//          "ciphers": "...",                OpenSSL's list, for up to 1.2
//          "tickets": true},                sessions are resumed by tickets
//        "accept_proxy": false,             clients send the PROXY protocol's header first, version 1 or 2
//        "monitor_uri": "/ping",            answered here: 200 while any server is up, else 503
//        "stats": false,                    true: the statistics are served here, and nothing else
//        "users": [{"name": "stats", "password": "stats"}],   who may see them; none: everyone
//        "max_connections": 0}              0: only the limit of all
//     ],
//     "backends": [
//       {"name": "web",
//        "mode": "http",                    as the frontends that use it
//        "balance": "roundrobin",           roundrobin (default), static-rr, leastconn, source
//        "servers": [                       may be empty: requests are answered with 503
//          {"name": "web_1",                unique in the backend; counts and connections follow it over
//                                           changes
//           "address": "10.0.0.2:80",
//           "weight": 1,                    1 to 256 (default 1)
//           "drain": false,                 true: gets no new request
//           "backup": false,                true: only while no other server is up
//           "max_connections": 0,           requests at a time; further ones queue; 0: no limit
//           "send_proxy": 0}                1 or 2: it is sent the PROXY protocol's header of that version
//        ],
//        "retries": 3,                      further attempts of a request that reached no server, 0 to 10
//        "redispatch": true,                they may go to other servers; else to the same after a second
//        "all_backups": false,              true: all backup servers at once, not just the first
//        "health": {                        without it servers count as up
//          "interval_ms": 2000, "fast_interval_ms": 0, "down_interval_ms": 0,   0: as interval_ms
//          "first_interval_ms": 0,          a server that has not passed any is checked that often for half
//                                           a minute, and up with the first it passes; 0: as all others
//          "rise": 2, "fall": 3, "port": 0, 0: the server's
//          "http": {"method": "GET", "target": "/", "fields": ["Host: www"]}},  else just connecting
//        "slow_start_ms": 0,                a server that came up gets its share by and by over so long
//        "cookie": {"name": "SRV",          names the server: by a cookie of ours (insert), or in the
//        server's
//          "mode": "insert",                own, as its value (rewrite) or in front of it (prefix)
//          "indirect": true, "no_cache": true, "post_only": false,
//          "preserve": false, "http_only": false, "secure": false, "domain": ""},
//        "app_session": {"name": "JSESSIONID", "length": 52, "timeout_ms": 10800000},  the server's own
//        "users": [], "realm": "",          Basic authentication; "hashed": true: the password is crypt(3)'s
//        "force_https": false,              requests without TLS are sent to https://
//        "hsts_seconds": 0,                 Strict-Transport-Security in answers over TLS
//        "gzip_types": ["text/html"],       compressed when the client takes it
//        "forwarded": true,                 X-Forwarded-Proto and -Port are said by us
//        "close": "none",                   none, server: its connections are not kept; both: nor clients'
//        "abort_on_close": false,           true: a client that has closed does not queue any longer
//        "keep_alive_probes": false}        TCP's own, to servers
//     ],
//     "timeouts": {"connect_ms": 5000, "client_ms": 50000, "server_ms": 50000,
//                  "request_ms": 10000,     for a whole head, from its first byte
//                  "keep_alive_ms": 50000,  between requests of a client
//                  "queue_ms": 0,           0: as connect_ms
//                  "tunnel_ms": 0,          TCP and WebSocket; 0: the longer of client_ms and server_ms
//                  "check_ms": 0},          of a health check; 0: as interval_ms
//     "max_connections": 4096,              of clients; further ones wait in the kernel's queue
//     "max_body_bytes": 0,                  of a request, more is 413; 0: no limit
//     "access_log": true,                   HAProxy's HTTP and TCP formats, to stdout; default false
//     "syslog": "10.0.0.5:514",             the same to there, by UDP in the form of RFC 3164, and what
//     happens
//                                           to servers
//     "log_empty": true,                    TCP connections that carried nothing are logged
//     "keep_alive_probes": false,           TCP's own, to clients
//     "notes": ["..."],                     said on standard error, when they are new
//     "notify": "/run/lb/notify",           a Unix datagram socket (unix(7)) that is told
//                                             {"applied": 7, "busy": ["10.0.0.2:80"]}
//                                           when this has been applied, 7 being `generation`, and again when
//                                           fewer are busy: servers that have left the configuration, with
//                                           HTTP requests under way
//     "generation": 0
//   }
//
// A key that is not named here is an error, so that nothing asked for is quietly left undone.
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "netmgr/lb/socket_address.h"

namespace netmgr::lb {

enum class Balance { kRoundRobin, kStaticRoundRobin, kLeastConnections, kSource };
enum class Mode { kHttp, kTcp };
enum class Close { kNone, kServer, kBoth };
enum class CookieMode { kInsert, kRewrite, kPrefix };

// Nobody gets in with an empty password.
struct User {
  std::string name;
  std::string password;
  bool hashed = false;  // by crypt(3)
  bool operator==(const User&) const = default;
};

struct ServerConfig {
  std::string name;
  SocketAddress address;
  unsigned weight = 1;
  bool drain = false;
  bool backup = false;
  unsigned max_connections = 0;
  unsigned send_proxy = 0;
};

struct HttpCheckConfig {
  std::string method = "OPTIONS";
  std::string target = "/";
  std::vector<std::string> fields;
  bool operator==(const HttpCheckConfig&) const = default;
};

struct HealthConfig {
  uint64_t interval_ms = 2000;
  uint64_t fast_interval_ms = 0;
  uint64_t down_interval_ms = 0;
  uint64_t first_interval_ms = 0;
  unsigned rise = 2;
  unsigned fall = 3;
  uint16_t port = 0;
  std::optional<HttpCheckConfig> http;
  bool operator==(const HealthConfig&) const = default;
};

struct CookieConfig {
  std::string name;
  CookieMode mode = CookieMode::kInsert;
  bool indirect = false;
  bool no_cache = false;
  bool post_only = false;
  bool preserve = false;
  bool http_only = false;
  bool secure = false;
  std::string domain;
};

struct AppSessionConfig {
  std::string name;
  size_t length = 52;
  uint64_t timeout_ms = 10'800'000;
};

struct BackendConfig {
  std::string name;
  Mode mode = Mode::kHttp;
  Balance balance = Balance::kRoundRobin;
  std::vector<ServerConfig> servers;
  unsigned retries = 3;
  bool redispatch = true;
  bool all_backups = false;
  std::optional<HealthConfig> health;
  uint64_t slow_start_ms = 0;
  std::optional<CookieConfig> cookie;
  std::optional<AppSessionConfig> app_session;
  std::vector<User> users;
  std::string realm;
  bool force_https = false;
  uint64_t hsts_seconds = 0;
  std::vector<std::string> gzip_types;
  bool forwarded = true;
  Close close = Close::kNone;
  bool abort_on_close = false;
  bool keep_alive_probes = false;
};

struct Rule {
  std::string host = "*";
  std::string path = "*";
  bool websocket = false;
  std::string backend;
};

struct TlsConfig {
  std::vector<std::string> certificates;
  std::string folder;
  std::string client_ca;
  std::string client_ca_file;
  std::vector<std::string> versions = {"1.2", "1.3"};
  std::string ciphers;
  bool tickets = true;
};

struct FrontendConfig {
  std::string name;
  SocketAddress bind;
  std::string backend;
  Mode mode = Mode::kHttp;
  std::vector<Rule> rules;
  std::optional<TlsConfig> tls;
  bool accept_proxy = false;
  std::string monitor_uri;
  bool stats = false;
  std::vector<User> users;
  unsigned max_connections = 0;
};

struct Timeouts {
  uint64_t connect_ms = 5000;
  uint64_t client_ms = 50000;
  uint64_t server_ms = 50000;
  uint64_t request_ms = 10000;
  uint64_t keep_alive_ms = 50000;
  uint64_t queue_ms = 0;
  uint64_t tunnel_ms = 0;
  uint64_t check_ms = 0;
};

struct Config {
  std::vector<FrontendConfig> frontends;
  std::vector<BackendConfig> backends;
  Timeouts timeouts;
  unsigned max_connections = 4096;
  uint64_t max_body_bytes = 0;
  bool access_log = false;
  std::optional<SocketAddress> syslog;
  bool log_empty = true;
  bool keep_alive_probes = false;
  std::vector<std::string> notes;
  std::string notify;
  uint64_t generation = 0;
};

// What is wrong and where: "backends[0].servers[1].address: ...".
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

const char* name_of(Balance balance);
const char* name_of(Mode mode);
const char* name_of(Close close);
const char* name_of(CookieMode mode);

// Throws ConfigError.
Config parse_config(std::string_view text);
// The file's text, which parse_config reads as `config`; what is as by default is left out.
std::string write_config(const Config& config);

}  // namespace netmgr::lb
