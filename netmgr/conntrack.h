#pragma once
// Connection tracking entries over ctnetlink (linux/netfilter/nfnetlink_conntrack.h).
#include <vector>

#include "netmgr/driver.h"

namespace netmgr {

// Forgets UDP flows to these host ports, so that the next packet meets the rules as they are now; entries
// that are not UDP are skipped. Nothing to do where the kernel has no ctnetlink. Throws sys::Error.
void forget_udp_flows(const std::vector<Publish>& ports);

}  // namespace netmgr
