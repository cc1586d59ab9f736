#pragma once
// A network's record as the drivers of netmgr know it.
#include "engine/state/networks.h"
#include "netmgr/driver.h"

namespace engine {

netmgr::Network to_netmgr(const NetworkRecord& record);
// Of the subnet that the address is of; empty for none.
std::string gateway_of(const NetworkConfig& network, const std::string& address);

}  // namespace engine
