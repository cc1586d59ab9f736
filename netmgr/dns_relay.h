#pragma once
// Questions over UDP that go to an upstream. Each has a socket of its own, so both its id and its port are
// random (RFC 5452), and only the asked server's answer with the same question is taken.
#include <netinet/in.h>

#include <vector>

#include "netmgr/dns_events.h"
#include "netmgr/dns_packet.h"
#include "netmgr/dns_sockets.h"
#include "netmgr/dns_upstreams.h"
#include "sys/fd.h"

namespace netmgr::dns {

class Relay {
 public:
  // All of them the server's; `sockets` send the answers.
  Relay(Upstreams& upstreams, int epoll, const ServerSockets& sockets)
      : upstreams_(upstreams), epoll_(epoll), sockets_(sockets) {}

  void forward(Bytes message, const sockaddr_in& client);
  void on_event(const Tag& tag);
  // Fails over what has waited too long. The next time this is needed, 0 when nothing waits.
  Milliseconds expire(Milliseconds present);

 private:
  struct Pending {
    sys::Fd fd;  // empty: the slot is free
    uint32_t generation = 0;
    std::vector<uint8_t> query;    // with the id of the present attempt
    std::vector<uint8_t> refusal;  // an upstream's unhelpful answer, for want of a better one
    sockaddr_in client{};
    uint16_t client_id = 0;
    Upstreams::Tried tried = 0;
    bool second_round = false;
    size_t upstream = 0;
    Milliseconds started = 0;
    Milliseconds deadline = 0;
  };

  Pending* free_slot();
  Tag tag_of(const Pending& pending) const;
  void attempt(Pending& pending);
  bool try_upstream(Pending& pending, size_t upstream);
  void take_reply(Pending& pending, std::span<uint8_t> reply);
  void give_up(Pending& pending);
  void reply(Pending& pending, std::span<uint8_t> message);

  Upstreams& upstreams_;
  int epoll_;
  const ServerSockets& sockets_;
  std::vector<Pending> pending_;
};

}  // namespace netmgr::dns
