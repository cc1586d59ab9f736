#pragma once
// Backends: their servers, which of them gets a request, and the connections to them that wait for another
// one.
#include <memory>
#include <string>
#include <vector>

#include "netmgr/lb/config.h"
#include "netmgr/lb/connection.h"
#include "netmgr/lb/event_loop.h"

namespace netmgr::lb {

class ServerConnection;

struct Server {
  ServerConfig config;
  bool removed = false;      // from the configuration; requests under way go on
  unsigned active = 0;       // requests under way
  uint64_t requests = 0;     // given to it so far
  uint64_t failures = 0;     // connections that failed
  int64_t credit = 0;        // of the round robin
  uint64_t avoid_until = 0;  // after a failed connection, while there are others
  std::vector<ServerConnection*> idle;

  bool takes_requests() const { return !removed && !config.drain; }
};

// A connection to a server; while a session uses it events go there.
class ServerConnection : public EventHandler {
 public:
  ServerConnection(EventLoop& loop, std::shared_ptr<Server> peer, sys::Fd fd)
      : connection(std::move(fd)), server(std::move(peer)), loop_(loop) {}
  void on_events(uint32_t events) override;
  void on_timeout() override { discard(); }
  // Closes it; it is not used again.
  void discard();
  // Into the server's idle ones, unless the server takes no more requests.
  void release(uint64_t idle_ms);

  Connection connection;
  std::shared_ptr<Server> server;
  EventHandler* user = nullptr;

 private:
  EventLoop& loop_;
};

class Backend {
 public:
  explicit Backend(BackendConfig config) { update(std::move(config)); }
  // Servers of the same name and address stay what they were; those that went finish their requests.
  void update(BackendConfig config);
  const BackendConfig& config() const { return config_; }
  const std::vector<std::shared_ptr<Server>>& servers() const { return servers_; }
  // A server for a request of the client with this hash; not `tried`, where there is another. Empty: there is
  // none.
  std::shared_ptr<Server> choose(uint64_t client_hash, const Server* tried, uint64_t now);

 private:
  size_t pick(uint64_t client_hash);

  BackendConfig config_;
  std::vector<std::shared_ptr<Server>> servers_;
  std::vector<Server*> candidates_;  // of the choice at hand
};

}  // namespace netmgr::lb
