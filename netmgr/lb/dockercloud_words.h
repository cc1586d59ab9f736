#pragma once
// The small languages within the settings of dockercloud/haproxy: pieces of HAProxy's configuration
// (configuration.txt of HAProxy 1.5) and lists. What is not understood goes to `warn`, by its name.
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "netmgr/lb/config.h"

namespace netmgr::lb::dockercloud {

using Warn = std::function<void(const std::string&)>;

// Items between commas, trimmed, without empty ones; "\," is a comma within one.
std::vector<std::string> split_list(std::string_view text);
std::vector<std::string> split_words(std::string_view text);
std::optional<uint64_t> number_of(std::string_view text, uint64_t most);
// Milliseconds of "5000", "5s", "3h"; HAProxy's units.
std::optional<uint64_t> duration_of(std::string_view text);

// "connect 5000, client 50s"
void read_timeouts(const std::vector<std::string>& list, Timeouts& timeouts, const Warn& warn);

// Options of HAProxy's `option`, for all or for one backend.
void read_options(const std::vector<std::string>& list, Config& config, BackendConfig& backend,
                  const Warn& warn);

// Words of a `server` line: HEALTH_CHECK and EXTRA_ROUTE_SETTINGS.
struct ServerWords {
  bool check = false;
  HealthConfig health;
  unsigned weight = 1;
  unsigned max_connections = 0;
  unsigned send_proxy = 0;
  bool backup = false;
  uint64_t slow_start_ms = 0;
};
void read_server_words(std::string_view text, ServerWords& words, const Warn& warn);

// "GET /path", "OPTIONS * HTTP/1.1\r\nHost:\ www"
HttpCheckConfig read_http_check(std::string_view text);

// "SRV insert indirect nocache"
std::optional<CookieConfig> read_cookie(std::string_view text, const Warn& warn);
// "JSESSIONID len 52 timeout 3h"
std::optional<AppSessionConfig> read_app_session(std::string_view text, const Warn& warn);

// "user:password, ..."
std::vector<User> read_users(std::string_view text);

// "no-sslv3 no-tlsv10", "force-tlsv12", "ssl-min-ver TLSv1.2"
void read_bind_options(std::string_view text, TlsConfig& tls, const Warn& warn);

// "\n" as two characters stands for a line end.
std::string read_certificate(std::string_view text);

// One item of VIRTUAL_HOST.
struct VirtualHost {
  bool tls = false;
  bool websocket = false;
  std::string host;  // "*" where none is named
  uint16_t port = 80;
  std::string path;  // "*" where none is named
};
std::optional<VirtualHost> read_virtual_host(std::string_view text);

// "9000", "9001/ssl"
struct TcpPort {
  uint16_t port = 0;
  bool tls = false;
};
std::optional<TcpPort> read_tcp_port(std::string_view text);

}  // namespace netmgr::lb::dockercloud
