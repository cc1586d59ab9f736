#pragma once
// How drivers call and mark what they make, so that it is found again. The alias of a link says that it is
// ours and what for: "compose network <12 hex> <owner>" or "compose endpoint <network's 12 hex> <container's
// 12 hex> <addresses>".
#include <optional>
#include <string>

#include "netmgr/driver.h"
#include "netmgr/link.h"

namespace netmgr {

inline constexpr char kNetworkAlias[] = "compose network ";
inline constexpr char kEndpointAlias[] = "compose endpoint ";

// The first 12 digits; ids become part of link names and commands. Throws sys::Error(EINVAL).
std::string short_id(const std::string& id);
std::string network_alias(const Network& network);
// Both of the same network, whatever stands behind its id: earlier versions named no owner.
bool is_same_network(const std::string& alias, const std::string& other);
std::string endpoint_alias(const Network& network, const Endpoint& endpoint);

// Throw sys::Error(EINVAL) that names `object`.
Address require_address(const std::string& text, const std::string& object);
Subnet require_subnet(const std::string& text, const std::string& object);
// What the container's end of a link gets.
InnerLink inner_link(const Network& network, const Endpoint& endpoint);

// In words; empty when it is fine.
std::string complaint_of_mtu(const Network& network);
std::string complaint_of_prefix(const Network& network);
std::string complaint_of_flag(const Network& network, const std::string& option);
// The first option that is not among `known`.
std::string complaint_of_options(const Network& network, std::initializer_list<std::string_view> known);
// Of links and bridges.
std::string complaint_of_link_name(const std::string& option, const std::string& name);
bool flag_of(const Network& network, const std::string& option, bool normally);
int mtu_of(const Network& network);  // 0: not given

// The drivers themselves.
const Driver& bridge_driver();
const Driver& macvlan_driver();
const Driver& host_driver();
const Driver& none_driver();

}  // namespace netmgr
