#include "netmgr/lb/balancer.h"

#include <algorithm>
#include <vector>

#include "netmgr/lb/statistics.h"

namespace netmgr::lb {

Balancer::Balancer(const Config& config, Backend::Report report)
    : report_([this, report = std::move(report)](const std::string& text) {
        report(text);
        context_.log.tell(text, text.find(" is DOWN,") != std::string::npos);
      }),
      started_(loop_.now()) {
  context_.any_up = [this] {
    return std::any_of(backends_.begin(), backends_.end(),
                       [](const auto& entry) { return entry.second->any_up(); });
  };
  context_.statistics = [this](std::string_view target) { return statistics(target); };
  apply(config);
}

std::pair<std::string, std::string> Balancer::statistics(std::string_view target) const {
  const auto snapshot = [this] {
    std::vector<const Frontend*> frontends;
    for (const std::string& address : frontend_order_)
      frontends.push_back(listeners_.at(address)->frontend().get());
    std::vector<const Backend*> backends;
    for (const std::string& name : backend_order_) backends.push_back(backends_.at(name).get());
    return take_snapshot(frontends, backends, context_, started_);
  };
  switch (stats_view(target)) {
    case StatsView::kPage:
      return {to_page(snapshot()), "text/html; charset=utf-8"};
    case StatsView::kCsv:
      return {to_csv(snapshot()), "text/plain; charset=utf-8"};
    case StatsView::kJson:
      return {to_json(snapshot()), "application/json"};
    case StatsView::kPrometheus:
      return {to_prometheus(snapshot()), "text/plain; version=0.0.4"};
    case StatsView::kNone:
      break;
  }
  return {};
}

// Those there are and those that are new; throws before anything has changed.
Balancer::Listeners Balancer::make_listeners(const Config& config) {
  Listeners listeners;
  std::vector<Listener*> made;
  try {
    for (const FrontendConfig& frontend : config.frontends) {
      Listener*& listener = listeners[frontend.bind.to_string()];
      const auto found = listeners_.find(frontend.bind.to_string());
      if (found != listeners_.end() && found->second->frontend()->config.mode == frontend.mode) {
        listener = found->second;
        continue;
      }
      // In another mode clients there are stay with what they came to.
      auto fresh = std::make_shared<Frontend>();
      listener =
          loop_.adopt(found != listeners_.end() ? std::make_unique<Listener>(*found->second, fresh)
                                                : std::make_unique<Listener>(context_, frontend.bind, fresh));
      made.push_back(listener);
      listener->frontend()->port = std::to_string(listener->address().port());
    }
  } catch (...) {
    for (Listener* listener : made) loop_.retire(listener);
    throw;
  }
  return listeners;
}

void Balancer::update_backends(const Config& config) {
  std::map<std::string, std::shared_ptr<Backend>> backends;
  for (const BackendConfig& wanted : config.backends) {
    std::shared_ptr<Backend>& backend = backends[wanted.name];
    const auto found = backends_.find(wanted.name);
    backend = found == backends_.end() ? std::make_shared<Backend>(loop_, report_) : found->second;
    backend->update(wanted, config.timeouts.check_ms);
  }
  for (const auto& [name, backend] : backends_) {
    if (backends.contains(name)) continue;
    BackendConfig empty;
    empty.name = name;
    backend->update(empty, 0);
  }
  backends_ = std::move(backends);
}

void Balancer::update_frontends(const Config& config, const Listeners& listeners) {
  for (const FrontendConfig& wanted : config.frontends) {
    Frontend& frontend = *listeners.at(wanted.bind.to_string())->frontend();
    frontend.config = wanted;
    frontend.tls = wanted.tls ? tls_.at(TlsContext::digest(*wanted.tls)) : nullptr;
    std::vector<Route> routes;
    routes.reserve(wanted.rules.size());
    for (const Rule& rule : wanted.rules)
      routes.push_back({rule.host, rule.path, rule.websocket, backends_.at(rule.backend)});
    frontend.router =
        Router(std::move(routes), wanted.backend.empty() ? nullptr : backends_.at(wanted.backend));
  }
}

void Balancer::apply(const Config& config) {
  // What can fail comes first: certificates, then listeners.
  std::map<std::string, std::shared_ptr<const TlsContext>> tls;
  for (const FrontendConfig& frontend : config.frontends) {
    if (!frontend.tls) continue;
    const std::string digest = TlsContext::digest(*frontend.tls);
    if (tls.contains(digest)) continue;
    const auto found = tls_.find(digest);
    try {
      tls[digest] = found != tls_.end() ? found->second : std::make_shared<const TlsContext>(*frontend.tls);
    } catch (const ConfigError& error) {
      throw ConfigError("TLS of frontend \"" + frontend.name + "\": " + error.what());
    }
  }
  Listeners listeners = make_listeners(config);
  tls_ = std::move(tls);
  context_.timeouts = config.timeouts;
  update_backends(config);
  update_frontends(config, listeners);
  for (const auto& [address, listener] : listeners_) {
    const auto found = listeners.find(address);
    if (found == listeners.end() || found->second != listener) loop_.retire(listener);
  }
  listeners_ = std::move(listeners);
  frontend_order_.clear();
  for (const FrontendConfig& frontend : config.frontends)
    frontend_order_.push_back(frontend.bind.to_string());
  backend_order_.clear();
  for (const BackendConfig& backend : config.backends) backend_order_.push_back(backend.name);
  context_.full.clear();
  for (const auto& [address, listener] : listeners_) listener->resume();
  context_.access_log = config.access_log || config.syslog;
  context_.log.use(config.access_log, config.syslog);
  context_.log_empty = config.log_empty;
  context_.keep_alive_probes = config.keep_alive_probes;
  context_.max_connections = config.max_connections;
  context_.max_body_bytes = config.max_body_bytes;
}

void Balancer::run_once(int milliseconds) {
  loop_.run_once(milliseconds);
  if (!context_.full.empty()) context_.wake_listeners();
  context_.log.flush();
}

void Balancer::stop() {
  context_.stopping = true;
  for (const auto& [address, listener] : listeners_) loop_.retire(listener);
  listeners_.clear();
  frontend_order_.clear();
  context_.full.clear();
  const std::vector<Session*> sessions(context_.sessions.begin(), context_.sessions.end());
  for (Session* session : sessions) session->leave_if_idle();
}

size_t Balancer::ending() const {
  return static_cast<size_t>(std::count_if(context_.sessions.begin(), context_.sessions.end(),
                                           [](const Session* session) { return session->ends_by_itself(); }));
}

std::set<std::string> Balancer::busy_leavers() const {
  std::set<std::string> addresses;
  for (const Session* session : context_.sessions)
    if (const Server* server = session->server();
        server != nullptr && server->removed && session->ends_by_itself())
      addresses.insert(server->config.address.to_string());
  return addresses;
}

SocketAddress Balancer::address_of(const std::string& frontend) const {
  const auto named = [&](const auto& entry) { return entry.second->frontend()->config.name == frontend; };
  const auto found = std::find_if(listeners_.begin(), listeners_.end(), named);
  return found == listeners_.end() ? SocketAddress() : found->second->address();
}

}  // namespace netmgr::lb
