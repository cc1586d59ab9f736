#pragma once
// What the host's main routing table says.
#include <optional>
#include <vector>

#include "netmgr/address.h"
#include "netmgr/netlink.h"

namespace netmgr {

// Index of the device of the default route with the lowest metric, of IPv4 or else of IPv6. Throws
// sys::Error.
std::optional<int> default_route_device(NetlinkSocket& route);
std::optional<int> default_route_device(NetlinkSocket& route, bool v6);

// All destinations the host routes (main table; without default routes, and without IPv6's link-local and
// multicast ones, which every link has). Throws sys::Error.
struct HostRoute {
  Subnet destination;
  bool connected = false;  // the subnet of an address of the host's
};
std::vector<HostRoute> host_routes();

// Devices of the routes into this subnet that are as narrow as it is or narrower, which go before wider ones.
// Throws sys::Error.
std::vector<int> devices_within(NetlinkSocket& route, const Subnet& subnet);

}  // namespace netmgr
