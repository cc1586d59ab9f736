#include "netmgr/lb/dockercloud_translator.h"

namespace netmgr::lb::dockercloud {
namespace {

constexpr const char* kRealm = "haproxy_basic_auth";

}  // namespace

// Settings of the services on top of the balancer's.
void Translator::service_settings(const Group& group, BackendConfig& backend) {
  const std::string whose = "service \"" + group.services.front()->name + "\"";
  const std::string& balance = group.setting("BALANCE");
  if (!balance.empty()) balance_setting(balance, backend, warner("BALANCE", whose));
  read_options(split_list(group.setting("OPTION")), config(), backend, warner("OPTION", whose));
  ServerWords words = server_words_;
  if (const std::string& check = group.setting("HEALTH_CHECK"); !check.empty()) {
    words.check = false;
    words.health = {};
    read_server_words(check, words, warner("HEALTH_CHECK", whose));
  }
  if (const std::string& route = group.setting("EXTRA_ROUTE_SETTINGS"); !route.empty())
    read_server_words(route, words, warner("EXTRA_ROUTE_SETTINGS", whose));
  std::optional<HttpCheckConfig> http = backend.health ? backend.health->http : std::nullopt;
  const std::string& check_setting = group.setting("HTTP_CHECK").empty() && mode_ == Mode::kHttp
                                         ? ours("HTTP_CHECK")
                                         : group.setting("HTTP_CHECK");
  if (!check_setting.empty()) http = read_http_check(check_setting);
  backend.health = words.check ? std::optional(words.health) : std::nullopt;
  if (backend.health) backend.health->http = http;
  if (http && !words.check)
    warner("HTTP_CHECK", whose)("servers are not checked at all, as HEALTH_CHECK lacks the word \"check\"");
  backend.slow_start_ms = words.slow_start_ms;
  for (const std::string& line : split_list(group.setting("EXTRA_SETTINGS"))) {
    const std::vector<std::string> parts = split_words(line);
    const Warn warning = warner("EXTRA_SETTINGS", whose);
    if (parts.size() == 2 && parts[0] == "balance")
      balance_setting(parts[1], backend, warning);
    else if (parts.size() == 2 && parts[0] == "retries" && number_of(parts[1], 10))
      backend.retries = static_cast<unsigned>(*number_of(parts[1], 10));
    else if (parts.size() > 1 && parts[0] == "option")
      read_options({line.substr(parts[0].size() + 1)}, config(), backend, warning);
    else
      warning("\"" + line + "\" has no meaning here");
  }
  if (!group.setting("EXTRA_SETTINGS_FILE").empty())
    warner("EXTRA_SETTINGS_FILE", whose)("it is not used: files with HAProxy's configuration are not read");
  for (ServerConfig& server : backend.servers) {
    server.weight = words.weight;
    server.max_connections = words.max_connections;
    server.send_proxy = words.send_proxy;
    server.backup = server.backup || words.backup;
  }
}

void Translator::tcp_backend(const TcpPort& port, const std::vector<const BalancedService*>& services) {
  const std::string name = "port_" + std::to_string(port.port);
  BackendConfig backend = defaults_;
  backend.name = name;
  backend.mode = Mode::kTcp;
  backend.close = Close::kNone;
  std::set<std::string> names;
  for (const BalancedService* service : services)
    for (const ServiceEndpoint& endpoint : service->endpoints) {
      ServerConfig server;
      server.name = endpoint.name;
      const bool brackets = endpoint.address.find(':') != std::string::npos;
      const std::string host = brackets ? "[" + endpoint.address + "]" : endpoint.address;
      const std::optional<SocketAddress> address =
          SocketAddress::parse(host + ":" + std::to_string(port.port));
      if (!address || !names.insert(endpoint.name).second) continue;
      server.address = *address;
      server.drain = endpoint.drain;
      server.backup = endpoint.reserve || !value_of(service->environment, "FAILOVER").empty();
      if (endpoint.reserve) backend.all_backups = true;
      backend.servers.push_back(std::move(server));
    }
  service_settings({name, false, services}, backend);
  backend.close = Close::kNone;
  config().backends.push_back(std::move(backend));
  FrontendConfig& frontend = add_frontend(port.port, name, Mode::kTcp);
  frontend.backend = name;
  if (port.tls && has_tls_) frontend.tls = tls_;
  if (port.tls && !has_tls_)
    warner("TCP_PORTS", "service \"" + services.front()->name + "\"")(
        std::to_string(port.port) + "/ssl is wanted, but there is no certificate; clients speak plain TCP");
}

std::vector<uint16_t> Translator::http_ports_of(const BalancedService& service) {
  std::set<uint16_t> left(service.ports.begin(), service.ports.end());
  const std::string whose = "service \"" + service.name + "\"";
  if (const std::vector<std::string> all = split_list(ours("SERVICE_PORTS")); !all.empty()) {
    left.clear();
    for (const std::string& item : all)
      if (const std::optional<uint64_t> port = number_of(item, 65535))
        left.insert(static_cast<uint16_t>(*port));
      else
        warner("SERVICE_PORTS")("\"" + item + "\" is no port");
  }
  for (const char* key : {"SERVICE_PORTS", "EXCLUDE_PORTS"})
    for (const std::string& item : split_list(value_of(service.environment, key))) {
      const std::optional<uint64_t> port = number_of(item, 65535);
      if (!port)
        warner(key, whose)("\"" + item + "\" is no port");
      else if (std::string_view(key) == "EXCLUDE_PORTS")
        left.erase(static_cast<uint16_t>(*port));
      else
        left.insert(static_cast<uint16_t>(*port));
    }
  for (const std::string& item : split_list(value_of(service.environment, "TCP_PORTS")))
    if (const std::optional<TcpPort> port = read_tcp_port(item)) left.erase(port->port);
  if (left.empty() && !service.endpoints.empty() && value_of(service.environment, "TCP_PORTS").empty())
    warn("service \"" + service.name + "\" exposes no port to balance: name it with `expose`");
  return {left.begin(), left.end()};
}

void Translator::add_servers(const Group& group, BackendConfig& backend) {
  std::set<std::string> names;
  for (const BalancedService* service : group.services) {
    const std::vector<uint16_t> ports = http_ports_of(*service);
    for (const ServiceEndpoint& endpoint : service->endpoints)
      for (const uint16_t port : ports) {
        const bool brackets = endpoint.address.find(':') != std::string::npos;
        const std::string host = brackets ? "[" + endpoint.address + "]" : endpoint.address;
        const std::optional<SocketAddress> address = SocketAddress::parse(host + ":" + std::to_string(port));
        ServerConfig server;
        server.name = ports.size() == 1 ? endpoint.name : endpoint.name + "_" + std::to_string(port);
        if (!address || !names.insert(server.name).second) continue;
        server.address = *address;
        server.drain = endpoint.drain;
        server.backup = endpoint.reserve || !value_of(service->environment, "FAILOVER").empty();
        if (endpoint.reserve) backend.all_backups = true;
        backend.servers.push_back(std::move(server));
      }
  }
}

void Translator::protection(const Group& group, BackendConfig& backend) {
  backend.users = read_users(ours("HTTP_BASIC_AUTH"));
  for (User& user : read_users(ours("HTTP_BASIC_AUTH_SECURE"))) {
    if (!user.password.starts_with('$'))
      warner("HTTP_BASIC_AUTH_SECURE")("the password of \"" + user.name +
                                       "\" is no hash such as $6$salt$..., so nobody gets in by it");
    user.hashed = true;
    backend.users.push_back(std::move(user));
  }
  if (group.all_have("EXCLUDE_BASIC_AUTH")) backend.users.clear();
  if (!backend.users.empty()) backend.realm = kRealm;
}

BackendConfig Translator::http_backend(const Group& group) {
  const std::string whose = "service \"" + group.services.front()->name + "\"";
  BackendConfig backend = defaults_;
  backend.name = group.name;
  backend.mode = mode_;
  add_servers(group, backend);
  service_settings(group, backend);
  if (mode_ == Mode::kTcp) {
    backend.close = Close::kNone;
    return backend;
  }
  protection(group, backend);
  if (const std::string& cookie = group.setting("COOKIE"); !cookie.empty())
    backend.cookie = read_cookie(cookie, warner("COOKIE", whose));
  if (const std::string& session = group.setting("APPSESSION"); !session.empty())
    backend.app_session = read_app_session(session, warner("APPSESSION", whose));
  backend.force_https = !group.setting("FORCE_SSL").empty() && has_tls_;
  if (!group.setting("FORCE_SSL").empty() && !has_tls_)
    warner("FORCE_SSL", whose)("there is no certificate, so there is no HTTPS to send clients to");
  if (const std::string& age = group.setting("HSTS_MAX_AGE"); !age.empty()) {
    const std::optional<uint64_t> seconds = number_of(age, 10'000'000'000);
    if (!seconds) warner("HSTS_MAX_AGE", whose)("\"" + age + "\" is no number of seconds");
    backend.hsts_seconds = seconds.value_or(0);
  }
  std::string types = group.setting("GZIP_COMPRESSION_TYPE");
  std::replace(types.begin(), types.end(), ',', ' ');
  backend.gzip_types = split_words(types);
  return backend;
}

}  // namespace netmgr::lb::dockercloud
