#pragma once
// A listening socket: accepts clients as long as there are fewer than the configuration allows.
#include <memory>

#include "netmgr/lb/session.h"

namespace netmgr::lb {

class Listener : public EventHandler {
 public:
  // Binds and listens. Throws sys::Error naming the address.
  Listener(SessionContext& context, const SocketAddress& bind, std::shared_ptr<Frontend> frontend);
  // Takes the place of `other`, with clients it has not accepted yet.
  Listener(const Listener& other, std::shared_ptr<Frontend> frontend);
  ~Listener() override;
  void on_events(uint32_t events) override;
  void on_timeout() override;
  // Accepts again, whatever it has waited for.
  void resume();
  const std::shared_ptr<Frontend>& frontend() const { return frontend_; }
  SocketAddress address() const;  // with the port it got where 0 was asked for

 private:
  bool is_full() const;

  SessionContext& context_;
  std::shared_ptr<Frontend> frontend_;
  sys::Fd fd_;
};

}  // namespace netmgr::lb
