#include "netmgr/lb/balancer.h"

#include <unistd.h>

#include <algorithm>
#include <vector>

namespace netmgr::lb {

Balancer::Balancer(const Config& config) {
  apply(config);
}

void Balancer::apply(const Config& config) {
  // What can fail comes first: new listeners.
  std::map<std::string, Listener*> listeners;
  std::vector<Listener*> made;
  try {
    for (const FrontendConfig& frontend : config.frontends) {
      Listener*& listener = listeners[frontend.bind.to_string()];
      const auto found = listeners_.find(frontend.bind.to_string());
      if (found != listeners_.end()) {
        listener = found->second;
        continue;
      }
      listener =
          loop_.adopt(std::make_unique<Listener>(context_, frontend.bind, std::make_shared<Frontend>()));
      made.push_back(listener);
      listener->frontend()->port = std::to_string(listener->address().port());
    }
  } catch (...) {
    for (Listener* listener : made) loop_.retire(listener);
    throw;
  }

  std::map<std::string, std::shared_ptr<Backend>> backends;
  for (const BackendConfig& wanted : config.backends) {
    std::shared_ptr<Backend>& backend = backends[wanted.name];
    const auto found = backends_.find(wanted.name);
    if (found == backends_.end()) {
      backend = std::make_shared<Backend>(wanted);
    } else {
      backend = found->second;
      backend->update(wanted);
    }
  }
  for (const auto& [name, backend] : backends_) {
    if (backends.contains(name)) continue;
    BackendConfig empty;
    empty.name = name;
    backend->update(empty);
  }
  backends_ = std::move(backends);
  for (const FrontendConfig& wanted : config.frontends) {
    Frontend& frontend = *listeners.at(wanted.bind.to_string())->frontend();
    frontend.name = wanted.name;
    frontend.backend = backends_.at(wanted.backend);
  }
  for (const auto& [address, listener] : listeners_)
    if (!listeners.contains(address)) loop_.retire(listener);
  listeners_ = std::move(listeners);
  context_.timeouts = config.timeouts;
  context_.access_log = config.access_log;
  context_.max_connections = config.max_connections;
  context_.wake_listeners();
}

void Balancer::run_once(int milliseconds) {
  loop_.run_once(milliseconds);
  if (context_.sessions.size() < context_.max_connections) context_.wake_listeners();
  if (!context_.log.empty()) write_log();
}

// A reader that does not keep up, or has gone, must not hold requests up: what it does not take is lost.
void Balancer::write_log() {
  [[maybe_unused]] const ssize_t written = ::write(STDOUT_FILENO, context_.log.data(), context_.log.size());
  context_.log.clear();
}

void Balancer::stop() {
  context_.stopping = true;
  for (const auto& [address, listener] : listeners_) loop_.retire(listener);
  listeners_.clear();
  context_.full.clear();
  const std::vector<HttpSession*> sessions(context_.sessions.begin(), context_.sessions.end());
  for (HttpSession* session : sessions) session->leave_if_idle();
}

SocketAddress Balancer::address_of(const std::string& frontend) const {
  const auto named = [&](const auto& entry) { return entry.second->frontend()->name == frontend; };
  const auto found = std::find_if(listeners_.begin(), listeners_.end(), named);
  return found == listeners_.end() ? SocketAddress() : found->second->address();
}

}  // namespace netmgr::lb
