#pragma once
// Holding a host port for a container. A port is taken by binding (TCP: and listening on) it, so that the
// kernel itself decides between us, other programs and other data roots; no traffic ever reaches the socket,
// the firewall rewrites it before. The container's monitor inherits the socket and keeps the port as long as
// the container is up; a monitor that comes in a dead one's place is given a socket anew.
#include <vector>

#include "engine/model.h"
#include "sys/fd.h"

namespace engine {

struct Reservation {
  PublishedPort port;  // host_port is the one taken
  sys::Fd socket;      // empty for SCTP, which is not held
};

// The sockets, for the monitor.
std::vector<int> sockets_of(const std::vector<Reservation>& held);

// Takes the port, the first free one of its range, or a random one from 32768..60999: the same number on all
// of `hosts`, addresses of this host where "" stands for all of IPv4 and "::" for all of IPv6. Throws
// engine::Error(kConflict) naming the port and, where it can be found, the program that holds it; kInvalid
// for an address this host does not have.
std::vector<Reservation> reserve_port(const PublishedPort& wanted, const std::vector<std::string>& hosts);

}  // namespace engine
