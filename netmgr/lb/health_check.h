#pragma once
// Checks one server again and again: that it accepts a connection, or that it answers a request with 2xx or
// 3xx. Owned by the event loop; stop() ends it.
#include <memory>
#include <string>

#include "netmgr/lb/config.h"
#include "netmgr/lb/event_loop.h"
#include "sys/fd.h"

namespace netmgr::lb {

class Backend;
struct Server;

class HealthCheck : public EventHandler {
 public:
  // The first check is made at once. `server.check` is it until it is stopped.
  static void start(EventLoop& loop, Backend& backend, std::shared_ptr<Server> server,
                    const HealthConfig& config, uint64_t timeout_ms);
  HealthCheck(EventLoop& loop, Backend& backend, std::shared_ptr<Server> server, const HealthConfig& config,
              uint64_t timeout_ms);
  ~HealthCheck() override;
  void stop();
  void on_events(uint32_t events) override;
  void on_timeout() override;

 private:
  void begin();
  void connected();
  void read_answer();
  void finish(bool good, const char* status, unsigned code, const std::string& text);
  void count(bool good, const std::string& text);
  uint64_t next_ms() const;
  bool is_first() const { return loop_.now() < first_until_; }

  EventLoop& loop_;
  Backend& backend_;
  std::shared_ptr<Server> server_;
  HealthConfig config_;
  uint64_t timeout_ms_;
  sys::Fd fd_;
  bool sent_ = false;
  uint64_t begun_ = 0;
  uint64_t first_until_;  // it is new until then, unless it passes before
  std::string answer_;
};

}  // namespace netmgr::lb
