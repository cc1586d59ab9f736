#pragma once
// What the host's main routing table says.
#include <optional>

#include "netmgr/netlink.h"

namespace netmgr {

// Index of the device of the default route with the lowest metric, of IPv4 or else of IPv6. Throws
// sys::Error.
std::optional<int> default_route_device(NetlinkSocket& route);
std::optional<int> default_route_device(NetlinkSocket& route, bool v6);

}  // namespace netmgr
