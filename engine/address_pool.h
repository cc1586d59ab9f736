#pragma once
// Which addresses a network gives out (IPAM). Pure arithmetic on configurations; what is taken comes from the
// caller, who holds the transaction. As in Docker: an address that is asked for may be any of the subnet,
// others come from `ip_range`; the gateway and the auxiliary addresses are nobody's.
#include <set>
#include <string>
#include <vector>

#include "engine/model.h"
#include "netmgr/address.h"

namespace engine {

// The configuration with a subnet for each family the network is to have and a gateway for each subnet.
// `taken`: what else there is; a subnet that is asked for must not overlap `forbidden`. `seed`: of the
// machine's unique local addresses. Throws Error: kInvalid for what cannot be, kConflict for an overlap,
// kUnavailable when no subnet is left.
NetworkConfig with_pools(NetworkConfig config, const std::vector<netmgr::Subnet>& taken,
                         const std::vector<netmgr::Subnet>& forbidden, const std::string& seed);

// Of a family: the one asked for, or the lowest that is free. Empty when the network is without that family
// and none is asked for. `taken`: addresses of its endpoints. Throws Error: kInvalid, kConflict,
// kUnavailable.
std::string choose_address(const NetworkConfig& network, bool v6, const std::string& asked,
                           const std::set<std::string>& taken);

// Throws Error(kInvalid) for what is no address, or of IPv6 on a network without it.
void check_link_local(const NetworkConfig& network, const std::vector<std::string>& addresses);

// An address as it is always written: "fd00:0::2" and "fd00::2" are the same one. What is none stays.
std::string canonical_address(const std::string& text);

}  // namespace engine
