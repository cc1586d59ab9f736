#pragma once
// Backends: their servers, which of them gets a request, the requests that wait for one, and the connections
// to them that wait for another request.
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "netmgr/lb/config.h"
#include "netmgr/lb/connection.h"
#include "netmgr/lb/counters.h"
#include "netmgr/lb/event_loop.h"
#include "netmgr/lb/sticky.h"

namespace netmgr::lb {

class Backend;
class HealthCheck;
class ServerConnection;

// What the checks of a server have found. HAProxy's counting: `score` goes from 0 to rise + fall - 1, and the
// server is up from `rise` on; at first it is up, and the first failure takes it down.
struct Health {
  bool up = true;
  unsigned score = 0;
  const char* status = "";  // HAProxy's check_status: L4OK, L4CON, L4TOUT, L7OK, L7STS, L7RSP, L7TOUT
  unsigned code = 0;        // of an answer
  std::string text;         // the error
  uint64_t duration_ms = 0;
  uint64_t failures = 0;  // of checks while it was up
  uint64_t downs = 0;
  uint64_t changed_at = 0;
  uint64_t down_ms = 0;  // in all, until changed_at
};

struct Server {
  ServerConfig config;
  bool removed = false;      // from the configuration; requests under way go on
  unsigned active = 0;       // requests under way
  int64_t credit = 0;        // of the round robin
  uint64_t avoid_until = 0;  // after a failed connection, while there are others
  uint64_t slow_since = 0;   // came up then, and gets its share by and by; 0: has it
  Counters counters;
  Health health;
  HealthCheck* check = nullptr;  // the loop owns it
  std::vector<ServerConnection*> idle;

  bool takes_requests() const { return !removed && !config.drain && health.up; }
  bool full() const { return config.max_connections > 0 && active >= config.max_connections; }
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

// Who may have to wait for a server that has room. When there is one, `granted` is it, with the place taken,
// and on_events(0) is called.
class Waiter : public EventHandler {
 public:
  std::shared_ptr<Server> granted;

 protected:
  uint64_t hash_ = 0;  // of the client

 private:
  friend class Backend;
  const Server* wanted_ = nullptr;
  bool queued_ = false;
  std::list<Waiter*>::iterator place_;
};

class Backend {
 public:
  using Report = std::function<void(const std::string&)>;

  Backend(EventLoop& loop, Report report) : changed_at(loop.now()), loop_(loop), report_(std::move(report)) {}
  ~Backend();
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  // Servers of the same name and address stay what they were; those that went finish their requests.
  // `check_ms`: the time a health check may take; 0: its interval.
  void update(BackendConfig config, uint64_t check_ms);
  const BackendConfig& config() const { return config_; }
  const std::vector<std::shared_ptr<Server>>& servers() const { return servers_; }
  // Of that name, when it takes requests.
  Server* find(std::string_view name) const;
  bool any_up() const;
  // Servers that get requests now: those that are no backups, or else backups.
  size_t usable(bool backup) const;

  struct Choice {
    std::shared_ptr<Server> server;  // empty: there is none, or
    bool full = false;               // all have as many requests as they may; enqueue
    const Server* wanted = nullptr;  // and only this one will do
  };
  // A server for a request of the client with this hash: `sticky`, where there is one; not `tried`, where
  // there is another.
  Choice choose(uint64_t client_hash, const Server* sticky, const Server* tried);
  // A request begins on a server and ends there.
  void take(Server& server);
  void release(Server& server);
  void enqueue(Waiter& waiter, const Server* wanted);
  void forget(Waiter& waiter);  // gives back what was granted, too
  // Places may have become free.
  void serve_queue();
  void health_changed(Server& server, bool up, const std::string& why);

  Counters counters;
  AppSessions app_sessions;
  uint64_t changed_at;  // from up to down or back
  uint64_t downs = 0;
  uint64_t down_ms = 0;  // in all, until changed_at

 private:
  bool is_usable(const Server& server, bool backups) const;
  void collect(const Server* tried, bool& full);
  uint64_t weight_of(const Server& server) const;
  size_t pick(uint64_t client_hash);
  void start_checks(uint64_t check_ms, const std::optional<HealthConfig>& before);

  EventLoop& loop_;
  Report report_;
  BackendConfig config_;
  std::vector<std::shared_ptr<Server>> servers_;
  std::vector<Server*> candidates_;  // of the choice at hand
  std::list<Waiter*> queue_;
  uint64_t check_ms_ = 0;
};

}  // namespace netmgr::lb
