#pragma once
// One client's connection in mode tcp: a server is connected and what each says goes to the other.
#include "netmgr/lb/session.h"

namespace netmgr::lb {

class TcpSession : public Session {
 public:
  using Session::Session;
  bool ends_by_itself() const override { return false; }

 private:
  enum class Move : uint8_t { kWait, kMore, kFailed };
  // From one side to the other.
  struct Direction {
    bool ended = false;  // the sender has, and that was passed on
  };

  void begin() override;
  void proceed() override;
  void timed_out() override;
  void client_lost() override { finish("CD"); }
  void server_found() override;
  void refused(unsigned status, const char* state, const std::string& why) override;
  void write_log() override;

  void look_for_server();
  void relay();
  Move pass(Connection& from, Connection& to, Direction& direction, uint64_t& count);
  Move copy(Connection& from, Connection& to, Direction& direction, uint64_t& count);
  void finish(const char* state);

  Direction up_;
  Direction down_;
  bool found_ = false;
  uint64_t bytes_in_ = 0;
};

}  // namespace netmgr::lb
