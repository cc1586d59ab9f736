#pragma once
// The server's two sockets. Names in a container go to 127.0.0.11:53, but a program there may want to bind
// port 53 of every address itself. So where the kernel can (Linux 5.9), ours are bound to other ports and a
// socket lookup program (BPF_PROG_TYPE_SK_LOOKUP, kernel's Documentation/bpf/prog_sk_lookup.rst) in that
// namespace hands them what comes for 127.0.0.11:53; elsewhere they are bound to it plainly.
#include <netinet/in.h>

#include <cstdint>
#include <span>

#include "sys/fd.h"

namespace netmgr::dns {

class ServerSockets {
 public:
  // Inside `netns`. Throws sys::Error.
  explicit ServerSockets(const sys::Fd& netns);

  const sys::Fd& udp() const { return udp_; }
  const sys::Fd& listener() const { return listener_; }
  // A datagram from 127.0.0.11:53. One that cannot be sent is lost, as datagrams are.
  void send(std::span<const uint8_t> message, const sockaddr_in& to) const;
  // Gives the descriptors numbers from `first` on. Throws sys::Error.
  void renumber(int first);

 private:
  sys::Fd udp_;
  sys::Fd listener_;
  sys::Fd raw_;   // sends with port 53 as source; empty when `udp_` has that port
  sys::Fd link_;  // keeps the lookup program attached
};

}  // namespace netmgr::dns
