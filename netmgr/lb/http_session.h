#pragma once
// One client's connection in HTTP: its requests, one after the other, each given to a server of the
// frontend's backend, and the answers given back. Bodies go on as they come, framing checked on the way
// (body.h).
//
// A request reaches a server at most once, except one that may be repeated: when connecting fails nothing was
// sent, and one of an idempotent method without a body is kept until the answer begins. Only such requests
// use a connection that was used before, as the server may be closing that just now.
#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "netmgr/lb/body.h"
#include "netmgr/lb/config.h"
#include "netmgr/lb/connection.h"
#include "netmgr/lb/event_loop.h"
#include "netmgr/lb/http_head.h"
#include "netmgr/lb/server_pool.h"
#include "netmgr/lb/socket_address.h"

namespace netmgr::lb {

struct Frontend {
  std::string name;
  std::string port;
  std::shared_ptr<Backend> backend;  // changes with the configuration
  uint64_t requests = 0;
};

class HttpSession;

// What all sessions share.
struct SessionContext {
  explicit SessionContext(EventLoop& its_loop) : loop(its_loop) {}

  EventLoop& loop;
  Timeouts timeouts;
  bool access_log = false;
  bool stopping = false;  // connections end with the answers under way
  size_t max_connections = 4096;
  std::unordered_set<HttpSession*> sessions;
  std::vector<std::function<void()>> full;  // listeners that wait for a client to leave
  std::string log;                          // lines not written yet
  Head head;                                // of the message at hand
  std::string scratch;                      // what is sent just now

  void wake_listeners() {
    for (const std::function<void()>& wake : full) wake();
    full.clear();
  }
};

class HttpSession : public EventHandler {
 public:
  HttpSession(SessionContext& context, std::shared_ptr<Frontend> frontend, sys::Fd fd,
              const SocketAddress& client);
  int fd() const { return client_.fd(); }
  void on_events(uint32_t events) override;
  void on_timeout() override;
  // Ends it when it is between two requests.
  void leave_if_idle();

 private:
  enum class Phase : uint8_t { kHead, kConnecting, kExchange, kTunnel, kClosing };
  enum class Then : uint8_t { kWait, kGoOn };
  struct Request {
    size_t size = 0;  // of its head
    Framing framing = Framing::kNone;
    uint64_t length = 0;
    unsigned minor = 1;
    bool keep_alive = true;
    bool head_only = false;   // the method is HEAD
    bool repeatable = false;  // idempotent, without a body
    bool upgrade = false;
  };

  void drive();
  // http_session.cpp
  Then read_request();
  void begin_request(size_t size);
  void fail(unsigned status, const std::string& why);
  void linger();
  void leave();
  void log(unsigned status);
  // http_exchange.cpp
  void connect(bool parsed);
  void open_connection(std::shared_ptr<Server> server);
  void finish_connecting();
  void connection_failed(const char* why);
  void send_request(bool parsed);
  bool pump_request();  // false: the session has gone on to something else
  Then pump_answer();
  Then read_answer_head();
  Then begin_answer(size_t size);
  Then answer_lost();
  Then finish_exchange();
  void commit_request();
  void drop_server();
  void tunnel();
  bool copy(Connection& from, Connection& to);
  void arm_exchange();

  SessionContext& context_;
  std::shared_ptr<Frontend> frontend_;
  Connection client_;
  std::string address_;
  uint64_t hash_;
  Phase phase_ = Phase::kHead;
  bool gone_ = false;
  bool started_ = false;  // a head is coming
  bool shut_ = false;     // nothing more is sent
  size_t scanned_ = 0;
  Request request_;
  Body request_body_;
  bool request_done_ = false;
  bool kept_ = false;  // the request's head is still at the front of the input, to be repeated

  std::shared_ptr<Backend> backend_;
  ServerConnection* server_ = nullptr;
  std::shared_ptr<Server> tried_;
  unsigned attempts_ = 0;
  size_t answer_scanned_ = 0;
  Body answer_body_;
  bool answer_started_ = false;
  bool keep_alive_ = true;  // the client's connection, after this answer
  bool reuse_ = true;       // the server's
  unsigned status_ = 0;
  uint64_t bytes_ = 0;  // of the answer
  // For the log.
  std::string line_;
  std::string server_name_;
  uint64_t begun_ = 0;
  uint64_t connected_ = 0;
  uint64_t answered_ = 0;
};

}  // namespace netmgr::lb
