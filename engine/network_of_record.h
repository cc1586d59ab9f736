#pragma once
// A network's record as the drivers of netmgr know it.
#include "engine/state/networks.h"
#include "netmgr/driver.h"

namespace engine {

// `owner`: see netmgr::Network; needed where links are made.
netmgr::Network to_netmgr(const NetworkRecord& record, const std::string& owner = "");
// Marks what networks of this data root are made of, so that others on the same host leave it alone: made of
// the folder's device and inode. Throws sys::Error.
std::string mark_of(const std::string& data_root);
// What is beyond it can be reached from it.
bool leads_out(const NetworkRecord& record);
// Of the subnet that the address is of; empty for none.
std::string gateway_of(const NetworkConfig& network, const std::string& address);

}  // namespace engine
