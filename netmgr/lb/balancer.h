#pragma once
// The whole balancer: its listeners and backends as the configuration says. One thread uses it.
#include <map>
#include <memory>
#include <string>

#include "netmgr/lb/config.h"
#include "netmgr/lb/event_loop.h"
#include "netmgr/lb/http_session.h"
#include "netmgr/lb/listener.h"

namespace netmgr::lb {

class Balancer {
 public:
  // Listens as `config` says. Throws sys::Error.
  explicit Balancer(const Config& config);
  // Goes over to another configuration; requests under way end as they began. A listener that cannot be made
  // throws sys::Error, and everything stays as it was.
  void apply(const Config& config);
  // Handles what happens within `milliseconds`.
  void run_once(int milliseconds);
  // No new clients, and no new requests of those there are.
  void stop();
  size_t clients() const { return context_.sessions.size(); }
  // Where the frontend listens.
  SocketAddress address_of(const std::string& frontend) const;
  EventLoop& loop() { return loop_; }

 private:
  void write_log();

  EventLoop loop_;
  SessionContext context_{loop_};
  std::map<std::string, std::shared_ptr<Backend>> backends_;
  std::map<std::string, Listener*> listeners_;  // by address; the loop owns them
};

}  // namespace netmgr::lb
