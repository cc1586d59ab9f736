#pragma once
// What the host's main routing table says.
#include <optional>

#include "netmgr/netlink.h"

namespace netmgr {

// Index of the device of the IPv4 default route with the lowest metric. Throws sys::Error.
std::optional<int> default_route_device(NetlinkSocket& route);

}  // namespace netmgr
