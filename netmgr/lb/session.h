#pragma once
// What sessions of HTTP and of TCP share: a client, and how a server is found for it: choosing, waiting for
// a place, connecting, trying again.
#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "netmgr/lb/access_log.h"
#include "netmgr/lb/config.h"
#include "netmgr/lb/connection.h"
#include "netmgr/lb/counters.h"
#include "netmgr/lb/event_loop.h"
#include "netmgr/lb/http_head.h"
#include "netmgr/lb/router.h"
#include "netmgr/lb/server_pool.h"
#include "netmgr/lb/socket_address.h"
#include "netmgr/lb/tls.h"

namespace netmgr::lb {

// A frontend as it is now: sessions look at it anew with each request.
struct Frontend {
  FrontendConfig config;
  std::string port;
  Router router;
  std::shared_ptr<const TlsContext> tls;
  std::string tls_digest;
  Counters counters;
};

class Session;

// What all sessions share.
struct SessionContext {
  explicit SessionContext(EventLoop& its_loop) : loop(its_loop) {}

  EventLoop& loop;
  Timeouts timeouts;
  AccessLog log;
  bool access_log = false;
  bool log_empty = true;
  bool keep_alive_probes = false;
  bool stopping = false;  // connections end with the answers under way
  size_t max_connections = 4096;
  uint64_t max_body_bytes = 0;
  std::unordered_set<Session*> sessions;
  std::vector<std::function<bool()>> full;  // listeners that wait for a client to leave; true: it goes on
  // Statistics for a path and query, as body and content type; an empty type: there is nothing of that name.
  std::function<std::pair<std::string, std::string>(std::string_view)> statistics;
  std::function<bool()> any_up;  // a server of any backend
  Head head;                     // of the message at hand
  std::string scratch;           // what is sent just now
  std::string payload;           // of the body at hand

  void wake_listeners() {
    std::erase_if(full, [](const std::function<bool()>& wake) { return wake(); });
  }
  uint64_t tunnel_ms() const {
    return timeouts.tunnel_ms > 0 ? timeouts.tunnel_ms : std::max(timeouts.client_ms, timeouts.server_ms);
  }
};

class Session : public Waiter {
 public:
  Session(SessionContext& context, std::shared_ptr<Frontend> frontend, sys::Fd fd,
          const SocketAddress& client);
  ~Session() override;
  int fd() const { return client_.fd(); }
  void on_events(uint32_t events) final;
  void on_timeout() final;
  // Ends it when it is between two requests.
  virtual void leave_if_idle() {}
  // Within its timeouts, when nothing new comes; a tunnel lives as long as both its sides.
  virtual bool ends_by_itself() const = 0;
  // It is on, or on its way to; null: none.
  const Server* server() const { return server_ == nullptr ? nullptr : server_->server.get(); }

 protected:
  enum class Finding : uint8_t { kNo, kQueued, kPaused, kConnecting };

  // The client is there, with its address as it says.
  virtual void begin() = 0;
  virtual void proceed() = 0;  // something has happened
  virtual void timed_out() = 0;
  virtual void client_lost() = 0;  // its connection is broken
  // A server is connected: server_.
  virtual void server_found() = 0;
  // There is none. `state` is the first two letters for the log.
  virtual void refused(unsigned status, const char* state, const std::string& why) = 0;
  // Whether a connection that waits may be used; the base has chosen the server.
  virtual bool may_reuse() const { return false; }
  virtual void write_log() = 0;

  // Chooses a server of backend_ and connects to it; server_found or refused follows, perhaps at once.
  void find_server(Server* sticky);
  bool finding() const { return finding_ != Finding::kNo; }
  void drop_server();
  void leave();
  LogEntry log_entry() const;

  SessionContext& context_;
  std::shared_ptr<Frontend> frontend_;
  std::shared_ptr<const TlsContext> tls_;
  Connection client_;
  SocketAddress client_address_;
  std::string address_;  // of the client
  bool gone_ = false;

  std::shared_ptr<Backend> backend_;
  bool counted_ = false;  // as a session of backend_
  ServerConnection* server_ = nullptr;
  Server* sticky_ = nullptr;
  std::shared_ptr<Server> tried_;
  unsigned attempts_ = 0;
  bool redispatched_ = false;
  bool reused_ = false;      // server_ had served before
  std::string server_name_;  // of the last one tried
  const char* state_ = "--";
  uint64_t bytes_ = 0;  // to the client
  // Times of the loop; 0: not yet.
  uint64_t accepted_ = 0;
  uint64_t begun_ = 0;
  uint64_t queued_ = 0;  // asked for a server
  uint64_t chosen_ = 0;
  uint64_t connected_ = 0;

 private:
  bool read_proxy_header();
  void client_is_known();
  void use(std::shared_ptr<Server> server);
  void connect(std::shared_ptr<Server> server);
  void finish_connecting();
  void connection_failed(const std::string& why, const char* state);
  void found();

  Finding finding_ = Finding::kNo;
  bool known_ = false;
};

}  // namespace netmgr::lb
