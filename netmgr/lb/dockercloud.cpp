#include "netmgr/lb/dockercloud.h"

#include "netmgr/lb/dockercloud_translator.h"

namespace netmgr::lb {
namespace dockercloud {
namespace {

constexpr uint16_t kHttpPort = 80;
constexpr uint16_t kHttpsPort = 443;

// Line ends and the like only have a meaning in certificates; elsewhere they part words, as spaces do.
void make_plain(Environment& environment) {
  std::set<std::string> certificates = {"DEFAULT_SSL_CERT", "SSL_CERT", "CA_CERT"};
  for (const std::string& name : split_list(value_of(environment, "EXTRA_SSL_CERTS")))
    certificates.insert(name);
  for (auto& [key, value] : environment) {
    if (certificates.contains(key)) continue;
    for (char& c : value)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
}

// As names of backends may be: that of a service may come from a label that anybody has written.
std::string usable_name(std::string name) {
  for (char& c : name)
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f ||
        std::string_view(",\"/<>&").find(c) != std::string::npos)
      c = '_';
  return name.empty() ? "_" : name;
}

}  // namespace

Translator::Translator(const Environment& balancer, const std::vector<BalancedService>& services,
                       std::string any_address)
    : balancer_(balancer), any_address_(std::move(any_address)) {
  make_plain(balancer_);
  own_.reserve(services.size());
  for (const BalancedService& service : services) {
    const auto off = service.labels.find("com.docker.dockercloud.haproxy.deactivate");
    if (off != service.labels.end() && off->second == "true") continue;
    own_.push_back(service);
    own_.back().name = usable_name(service.name);
    for (ServiceEndpoint& endpoint : own_.back().endpoints) endpoint.name = usable_name(endpoint.name);
    make_plain(own_.back().environment);
    services_.push_back(&own_.back());
  }
}

Translation Translator::run() {
  global_settings();
  tls_settings();
  tcp_ports();
  group_services();
  if (mode_ == Mode::kHttp) collect_hosts();
  http_ports();
  monitor();
  statistics();
  bind_settings();
  log_settings();
  unused_settings();
  return std::move(result_);
}

FrontendConfig* Translator::frontend_on(uint16_t port) {
  for (FrontendConfig& frontend : config().frontends)
    if (frontend.bind.port() == port) return &frontend;
  return nullptr;
}

FrontendConfig& Translator::add_frontend(uint16_t port, const std::string& name, Mode mode) {
  FrontendConfig frontend;
  frontend.name = name;
  frontend.bind = SocketAddress::parse(any_address_ + ":" + std::to_string(port)).value();
  frontend.mode = mode;
  config().frontends.push_back(std::move(frontend));
  return config().frontends.back();
}

void Translator::tcp_ports() {
  std::vector<TcpPort> ports;
  for (const BalancedService* service : services_)
    for (const std::string& item : split_list(value_of(service->environment, "TCP_PORTS"))) {
      const std::optional<TcpPort> port = read_tcp_port(item);
      if (!port) {
        warner("TCP_PORTS", "service \"" + service->name + "\"")("\"" + item + "\" is no port, or port/ssl");
        continue;
      }
      const auto same = [&](const TcpPort& other) { return other.port == port->port; };
      const auto found = std::find_if(ports.begin(), ports.end(), same);
      if (found == ports.end())
        ports.push_back(*port);
      else
        found->tls = found->tls || port->tls;
    }
  for (const TcpPort& port : ports) {
    std::vector<const BalancedService*> services;
    for (const BalancedService* service : services_)
      for (const std::string& item : split_list(value_of(service->environment, "TCP_PORTS")))
        if (const std::optional<TcpPort> named = read_tcp_port(item); named && named->port == port.port) {
          services.push_back(service);
          break;
        }
    tcp_backend(port, services);
    tcp_.insert(port.port);
  }
}

void Translator::group_services() {
  const bool hosts =
      mode_ == Mode::kHttp && std::any_of(services_.begin(), services_.end(), [](const auto* service) {
        return !value_of(service->environment, "VIRTUAL_HOST").empty();
      });
  std::map<std::string, size_t> by_hosts;
  Group rest;
  for (const BalancedService* service : services_) {
    const std::string& text = value_of(service->environment, "VIRTUAL_HOST");
    if (!hosts || text.empty()) {
      rest.services.push_back(service);
      continue;
    }
    const auto [found, made] = by_hosts.emplace(text, groups_.size());
    if (made) groups_.push_back({service->name, true, {}});
    groups_[found->second].services.push_back(service);
  }
  if (!rest.services.empty()) {
    rest.name = rest.services.size() == 1 ? rest.services.front()->name : "default_service";
    groups_.push_back(std::move(rest));
  }
  // A service may have the name of another in another project, of a port's backend, or of the rest.
  std::set<std::string> taken;
  for (const BackendConfig& backend : config().backends) taken.insert(backend.name);
  for (Group& group : groups_) {
    const std::string name = group.name;
    for (int number = 2; !taken.insert(group.name).second; ++number)
      group.name = name + '_' + std::to_string(number);
  }
}

void Translator::add_host(const BalancedService& service, const std::string& backend) {
  const std::string whose = "service \"" + service.name + "\"";
  const std::string& weight = value_of(service.environment, "VIRTUAL_HOST_WEIGHT");
  int order = 0;
  try {
    if (!weight.empty()) order = std::stoi(weight);
  } catch (const std::exception&) {
    warner("VIRTUAL_HOST_WEIGHT", whose)("\"" + weight + "\" is no number; 0 is used");
  }
  for (const std::string& item : split_list(value_of(service.environment, "VIRTUAL_HOST"))) {
    const std::optional<VirtualHost> host = read_virtual_host(item);
    if (!host)
      warner("VIRTUAL_HOST", whose)("\"" + item + "\" is not [scheme://]domain[:port][/path]");
    else if (host->tls && !has_tls_)
      warner("VIRTUAL_HOST",
             whose)("\"" + item + "\" wants TLS, but there is no certificate; it is not served");
    else
      hosts_.push_back({*host, order, backend});
  }
}

void Translator::collect_hosts() {
  for (const Group& group : groups_)
    if (group.has_hosts) add_host(*group.services.front(), group.name);
  const auto exact = [](const std::string& text) { return text.find('*') == std::string::npos; };
  std::stable_sort(hosts_.begin(), hosts_.end(), [&](const HostRule& a, const HostRule& b) {
    if (a.weight != b.weight) return a.weight > b.weight;
    if (exact(a.host.host) != exact(b.host.host)) return exact(a.host.host);
    if (a.host.host.size() != b.host.host.size()) return a.host.host.size() > b.host.host.size();
    if (exact(a.host.path) != exact(b.host.path)) return exact(a.host.path);
    return a.host.path.size() > b.host.path.size();
  });
}

void Translator::http_ports() {
  std::string default_backend;
  for (const Group& group : groups_) {
    BackendConfig backend = http_backend(group);
    // A service that TCP_PORTS take whole has nothing left to give.
    const bool used_up = backend.servers.empty() && !group.has_hosts && !group.setting("TCP_PORTS").empty();
    if (used_up) continue;
    if (!group.has_hosts) default_backend = group.name;
    config().backends.push_back(std::move(backend));
  }
  if (!hosts_.empty() && ours("FORCE_DEFAULT_BACKEND").starts_with("F")) default_backend.clear();
  std::vector<std::pair<uint16_t, bool>> ports;  // with TLS
  for (const HostRule& rule : hosts_) {
    const auto same = [&](const auto& port) { return port.first == rule.host.port; };
    const auto found = std::find_if(ports.begin(), ports.end(), same);
    if (found == ports.end())
      ports.emplace_back(rule.host.port, rule.host.tls);
    else
      found->second = found->second || rule.host.tls;
  }
  if (ports.empty() && !default_backend.empty()) {
    ports.emplace_back(kHttpPort, false);
    if (has_tls_ && mode_ == Mode::kHttp) ports.emplace_back(kHttpsPort, true);
  }
  for (const auto& [port, tls] : ports) {
    if (tcp_.contains(port)) {
      warn("port " + std::to_string(port) + " is one of TCP_PORTS, so it is not balanced as HTTP");
      continue;
    }
    FrontendConfig& frontend = add_frontend(port, "port_" + std::to_string(port), mode_);
    frontend.backend = default_backend;
    if (tls) frontend.tls = tls_;
    for (const HostRule& rule : hosts_)
      if (rule.host.port == port)
        frontend.rules.push_back({rule.host.host, rule.host.path, rule.host.websocket, rule.backend});
  }
}

void Translator::monitor() {
  const std::string& uri = ours("MONITOR_URI");
  const std::string& text = ours("MONITOR_PORT");
  if (uri.empty() && text.empty()) return;
  const std::optional<uint64_t> port = number_of(text, 65535);
  if (uri.empty() || !port || *port == 0)
    return warner("MONITOR_URI")("MONITOR_URI and MONITOR_PORT are both needed, a path and a port");
  FrontendConfig* frontend = frontend_on(static_cast<uint16_t>(*port));
  if (frontend == nullptr) frontend = &add_frontend(static_cast<uint16_t>(*port), "monitor", Mode::kHttp);
  if (frontend->mode == Mode::kTcp)
    return warner("MONITOR_PORT")("port " + text + " is balanced as TCP, where there are no paths");
  frontend->monitor_uri = uri;
}

void Translator::statistics() {
  std::string text = ours_or("STATS_PORT", "1936");
  std::optional<uint64_t> port = number_of(text, 65535);
  if (!port || *port == 0) {
    warner("STATS_PORT")("\"" + text + "\" is no port; 1936 is used");
    port = 1936;
    text = "1936";
  }
  if (frontend_on(static_cast<uint16_t>(*port)) != nullptr)
    return warner("STATS_PORT")("port " + text + " is balanced, so there are no statistics");
  FrontendConfig& frontend = add_frontend(static_cast<uint16_t>(*port), "stats", Mode::kHttp);
  frontend.stats = true;
  frontend.users = read_users(ours_or("STATS_AUTH", "stats:stats"));
  if (frontend.users.empty()) {
    warner("STATS_AUTH")("it is not user:password; nobody sees the statistics");
    frontend.users.push_back({"stats", ""});
  }
}

}  // namespace dockercloud

Translation translate_dockercloud(const Environment& balancer, const std::vector<BalancedService>& services,
                                  const std::string& any_address) {
  return dockercloud::Translator(balancer, services, any_address).run();
}

std::vector<std::pair<std::string, std::string>> additional_services(const std::string& text) {
  std::vector<std::pair<std::string, std::string>> result;
  for (const std::string& item : dockercloud::split_list(text)) {
    const size_t colon = item.find(':');
    if (colon != std::string::npos) result.emplace_back(item.substr(0, colon), item.substr(colon + 1));
  }
  return result;
}

}  // namespace netmgr::lb
