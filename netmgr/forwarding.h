#pragma once
// The host's forwarding of packets (sysctl net.ipv4.ip_forward, net.ipv6.conf.all.forwarding), switched on
// for our networks and off again.
#include <string>
#include <vector>

namespace netmgr {

bool forwarding_is_off(bool v6);
void switch_forwarding(bool v6, bool on);  // throws sys::Error
// Links that take routes from IPv6 routers as long as they are no routers themselves (accept_ra 1). When
// forwarding is switched on the kernel drops those routes, unless they are told to go on before.
std::vector<std::string> links_taking_advertisements();
void take_advertisements(const std::vector<std::string>& links, bool also_as_router);

}  // namespace netmgr
