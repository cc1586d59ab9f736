#pragma once
// The messages that links are made and changed with; see link.h for the verbs.
#include <linux/rtnetlink.h>

#include <initializer_list>
#include <string>

#include "netmgr/address.h"
#include "netmgr/link.h"
#include "netmgr/netlink.h"

namespace netmgr {

template <typename Fill>
void nest(NetlinkRequest& request, uint16_t type, Fill fill) {
  nest(request.header(), type, fill);
}

// About the link of that name. `set_flags`: IFF_UP.
NetlinkRequest link_request(uint16_t type, uint16_t flags, const char* call, const std::string& name,
                            unsigned set_flags = 0, std::initializer_list<int> tolerated = {});
// Throws sys::Error(EINVAL) for what is no MAC address.
void put_mac(NetlinkRequest& request, const std::string& mac, const std::string& object);
// Within IFLA_AF_SPEC: no link-local IPv6 address of its own accord.
void put_no_ipv6_addresses(NetlinkRequest& request);
// The same as a request of its own. It has to come before the link is set up, or its address may be there.
NetlinkRequest no_ipv6_request(const std::string& name);
// Within IFLA_AF_SPEC.
void put_route_localnet(NetlinkRequest& request, bool on);
bool ipv6_is_built_in();

// Our addresses are told from others on a bridge that is not ours by their origin (IFA_PROTO, Linux 5.18).
constexpr uint8_t kOurAddress = 0xc5;
NetlinkRequest add_address_request(int index, const InterfaceAddress& address, const std::string& object,
                                   uint8_t origin = 0);
NetlinkRequest delete_address_request(int index, const InterfaceAddress& address, const std::string& object);
NetlinkRequest default_route_request(int index, const Address& gateway, const std::string& object);
Link parse_link(const nlmsghdr* header);
// With where an address comes from.
struct OriginAddress {
  InterfaceAddress address;
  uint8_t origin = 0;
};
std::vector<OriginAddress> addresses_with_origin(NetlinkSocket& route, const Link& link);

}  // namespace netmgr
