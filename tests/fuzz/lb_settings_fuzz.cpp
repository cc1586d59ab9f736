// What users write for the load balancer, as environment variables of it and of a service, and its own file:
// any text is translated to a configuration that can be read, and nothing but ConfigError comes of a file.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "netmgr/lb/config.h"
#include "netmgr/lb/dockercloud.h"

namespace {

using namespace netmgr::lb;

constexpr const char* kKeys[] = {"BALANCE",
                                 "MODE",
                                 "TIMEOUT",
                                 "OPTION",
                                 "HEALTH_CHECK",
                                 "MAXCONN",
                                 "STATS_PORT",
                                 "STATS_AUTH",
                                 "MONITOR_URI",
                                 "MONITOR_PORT",
                                 "HTTP_BASIC_AUTH",
                                 "DEFAULT_SSL_CERT",
                                 "CERT_FOLDER",
                                 "CA_CERT",
                                 "CA_CERT_FILE",
                                 "SSL_BIND_OPTIONS",
                                 "SSL_BIND_CIPHERS",
                                 "EXTRA_SSL_CERTS",
                                 "VIRTUAL_HOST",
                                 "TCP_PORTS",
                                 "COOKIE",
                                 "APPSESSION",
                                 "HTTP_CHECK",
                                 "EXCLUDE_PORTS",
                                 "SERVICE_PORTS",
                                 "EXTRA_SETTINGS",
                                 "HSTS_MAX_AGE",
                                 "FORCE_SSL",
                                 "GZIP_COMPRESSION_TYPE",
                                 "VIRTUAL_HOST_WEIGHT",
                                 "FAILOVER",
                                 "EXTRA_BIND_SETTINGS",
                                 "EXTRA_ROUTE_SETTINGS",
                                 "EXTRA_DEFAULT_SETTINGS",
                                 "EXTRA_GLOBAL_SETTINGS",
                                 "EXTRA_FRONTEND_SETTINGS_80"};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const std::string text = write_config(parse_config(bytes));
    if (write_config(parse_config(text)) != text) std::abort();
  } catch (const ConfigError&) {
  }
  // Lines: the first byte says which setting, of the balancer or of the service.
  Environment balancer;
  Environment service;
  while (!bytes.empty()) {
    const std::string_view line = bytes.substr(0, bytes.find('\n'));
    bytes.remove_prefix(std::min(line.size() + 1, bytes.size()));
    if (line.empty()) continue;
    const auto which = static_cast<unsigned char>(line[0]);
    std::string value(line.substr(1));
    std::erase(value, '\0');  // an environment has none
    (which >= 128 ? balancer : service)[kKeys[which % std::size(kKeys)]] = value;
  }
  const Translation result =
      translate_dockercloud(balancer, {{"web", {}, service, {80, 443}, {{"web_1", "10.0.0.1", false}}},
                                       {"other", {}, {}, {8080}, {{"other_1", "fd00::1", true}}}});
  try {
    parse_config(write_config(result.config));
  } catch (const ConfigError&) {
    std::abort();
  }
  return 0;
}
