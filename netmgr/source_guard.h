#pragma once
// Keeps a container from sending under a neighbour's name: at the host's end of its veth only frames pass
// that carry its own MAC and, of its network's addresses, its own: IPv4 and ARP where it has an IPv4 address,
// IPv6 and what it says of neighbours (RFC 4861, neighbour advertisements) where it has one of those. Other
// sources pass so that a container may route, other protocols do not. A classic BPF filter (tc-bpf(8)) that
// vanishes with the link.
#include <string>
#include <vector>

#include "netmgr/address.h"
#include "netmgr/netlink.h"

namespace netmgr {

struct Source {
  std::string mac;
  std::vector<InterfaceAddress> addresses;
};

// `index` and `name` are the link's. Throws sys::Error.
void guard_source(NetlinkSocket& route, int index, const std::string& name, const Source& source);

}  // namespace netmgr
