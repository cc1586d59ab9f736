#pragma once
// Networks, servers and clients of IPv6, for the World of world.h.
#include <netinet/in.h>

#include <algorithm>

#include "world.h"

namespace netmgr::test {

inline Network make_network6(const std::string& prefix = "fd00:18", bool internal = false) {
  Network network;
  network.id = sys::random_hex(64);
  network.pools = {{prefix + "::/64", prefix + "::1"}};
  network.internal = internal;
  return network;
}

inline sockaddr_in6 socket_address6(const std::string& address, uint16_t port) {
  sockaddr_in6 result{};
  result.sin6_family = AF_INET6;
  result.sin6_port = htons(port);
  const Address parsed = parse_address(address).value();
  std::copy(parsed.bytes.begin(), parsed.bytes.end(), result.sin6_addr.s6_addr);
  return result;
}

inline sys::Fd socket6_in(const sys::Fd& netns) {
  const NamespaceScope scope(netns);
  return sys::Fd(sys::check(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket"));
}

struct Service6 {
  sys::Fd fd;

  Service6(const sys::Fd& netns, uint16_t port, const std::string& address = "::") : fd(socket6_in(netns)) {
    const sockaddr_in6 name = socket_address6(address, port);
    sys::check(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name), "bind", address);
    sys::check(::listen(fd.get(), 16), "listen", address);
  }
};

// Connects from a namespace and tells the client's address as the service sees it.
inline std::optional<std::string> reach6(const sys::Fd& from, const std::string& address, uint16_t port,
                                         const Service6& service, int milliseconds = kSoon) {
  const sys::Fd client = socket6_in(from);
  const sockaddr_in6 name = socket_address6(address, port);
  const int result = ::connect(client.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name);
  if (result != 0 && errno != EINPROGRESS) return std::nullopt;
  if (!wait_for(client, POLLOUT, milliseconds)) return std::nullopt;
  int error = 0;
  socklen_t size = sizeof error;
  sys::check(::getsockopt(client.get(), SOL_SOCKET, SO_ERROR, &error, &size), "getsockopt");
  if (error != 0 || !wait_for(service.fd, POLLIN, milliseconds)) return std::nullopt;
  sockaddr_in6 peer{};
  size = sizeof peer;
  const sys::Fd accepted(
      ::accept4(service.fd.get(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC));
  sys::check(accepted.get(), "accept");
  Address seen;
  seen.v6 = true;
  std::copy_n(peer.sin6_addr.s6_addr, seen.bytes.size(), seen.bytes.begin());
  return format_address(seen);
}

}  // namespace netmgr::test
