#pragma once
// The whole balancer: its listeners and backends as the configuration says. One thread uses it.
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "netmgr/lb/config.h"
#include "netmgr/lb/event_loop.h"
#include "netmgr/lb/listener.h"
#include "netmgr/lb/session.h"

namespace netmgr::lb {

class Balancer {
 public:
  // Listens as `config` says. `report` is told of servers that go up and down. Throws sys::Error.
  explicit Balancer(
      const Config& config, Backend::Report report = [](const std::string&) {});
  // Goes over to another configuration; requests under way end as they began. A listener that cannot be made
  // throws sys::Error, a certificate ConfigError, and everything stays as it was.
  void apply(const Config& config);
  // Handles what happens within `milliseconds`.
  void run_once(int milliseconds);
  // No new clients, and no new requests of those there are.
  void stop();
  size_t clients() const { return context_.sessions.size(); }
  // Of them, those whose requests are under way; WebSocket and TCP connections have no end to wait for.
  size_t ending() const;
  // Servers that have left the configuration and have such requests.
  std::set<std::string> busy_leavers() const;
  // Where the frontend listens.
  SocketAddress address_of(const std::string& frontend) const;
  EventLoop& loop() { return loop_; }
  const std::map<std::string, std::shared_ptr<Backend>>& backends() const { return backends_; }

 private:
  using Listeners = std::map<std::string, Listener*>;
  std::pair<std::string, std::string> statistics(std::string_view target) const;
  Listeners make_listeners(const Config& config);
  void update_backends(const Config& config);
  void update_frontends(const Config& config, const Listeners& listeners);

  EventLoop loop_;
  SessionContext context_{loop_};
  std::map<std::string, std::shared_ptr<Backend>> backends_;
  Listeners listeners_;  // by address; the loop owns them
  Backend::Report report_;
  uint64_t started_;
  std::vector<std::string> frontend_order_;  // addresses, and backends' names, as they were configured
  std::vector<std::string> backend_order_;
  std::map<std::string, std::shared_ptr<const TlsContext>> tls_;  // by what they were made of
};

}  // namespace netmgr::lb
