// The bridges of networks.
#include <linux/if_link.h>
#include <net/if.h>

#include <algorithm>
#include <cerrno>

#include "netmgr/driver_names.h"
#include "netmgr/link_request.h"
#include "sys/error.h"
#include "sys/file.h"

namespace netmgr {
namespace {

bool has_ipv6(const BridgeSettings& settings) {
  return std::any_of(settings.addresses.begin(), settings.addresses.end(),
                     [](const InterfaceAddress& address) { return address.address.v6; });
}

// Before the bridge comes up. Off: a container must not reach the host's IPv6 services through it. Another's
// bridge keeps what it has.
void switch_ipv6(const BridgeSettings& settings, bool ours) {
  const bool on = has_ipv6(settings);
  if (!ipv6_is_built_in()) return;  // none of IPv6 is asked for then
  const std::string folder = "/proc/sys/net/ipv6/conf/" + settings.name + '/';
  if (on && ours) sys::write_knob(folder + "accept_ra", "0");
  if (on || ours) sys::write_knob(folder + "disable_ipv6", on ? "0" : "1");
}

NetlinkRequest make_request(const BridgeSettings& settings, const std::string& name) {
  NetlinkRequest make =
      link_request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, "make bridge", name, 0, {EEXIST});
  if (!settings.addresses.empty()) put_mac(make, mac_for(settings.addresses.front().address), name);
  nl::put_u32(make.header(), IFLA_MTU, static_cast<uint32_t>(settings.mtu));
  nest(make, IFLA_LINKINFO, [&] { make.put_string(IFLA_INFO_KIND, "bridge"); });
  return make;
}

NetlinkRequest alias_request(const BridgeSettings& settings, const std::string& name) {
  NetlinkRequest request = link_request(RTM_SETLINK, 0, "set alias", name);
  request.put_string(IFLA_IFALIAS, settings.alias);
  return request;
}

// A name that the user chose is given last: a bridge under it is either whole, or another's.
void make_under_chosen_name(NetlinkSocket& route, const BridgeSettings& settings) {
  std::vector<NetlinkRequest> requests;
  requests.push_back(make_request(settings, settings.first_name));
  requests.push_back(alias_request(settings, settings.first_name));
  route.run(std::move(requests));
  const std::optional<Link> made = find_link(route, settings.first_name);
  if (!made) return;  // another process was quicker
  NetlinkRequest rename(RTM_SETLINK, 0, "name bridge", settings.name, {EEXIST, ENODEV});
  rename.put_header<ifinfomsg>()->ifi_index = made->index;
  rename.put_string(IFLA_IFNAME, settings.name);
  requests.clear();
  requests.push_back(std::move(rename));
  route.run(std::move(requests));
  delete_link(route, settings.first_name);  // where the name was taken meanwhile
}

Link make_or_find(NetlinkSocket& route, const BridgeSettings& settings) {
  const bool chosen = !settings.first_name.empty() && settings.first_name != settings.name;
  if (!chosen) {
    std::vector<NetlinkRequest> requests;
    requests.push_back(make_request(settings, settings.name));
    requests.push_back(alias_request(settings, settings.name));
    route.run(std::move(requests));
  } else if (!find_link(route, settings.name)) {
    make_under_chosen_name(route, settings);
  }
  const std::optional<Link> bridge = find_link(route, settings.name);
  if (!bridge) throw sys::Error(ENODEV, "look up bridge", settings.name);
  if (bridge->kind != "bridge")
    throw sys::Error(EEXIST, "make bridge: there is a link of this name that is no bridge", settings.name);
  if (bridge->alias.starts_with(kNetworkAlias) && !is_same_network(bridge->alias, settings.alias))
    throw sys::Error(EEXIST, "make bridge: it is that of " + bridge->alias, settings.name);
  return *bridge;
}

}  // namespace

void ensure_bridge(NetlinkSocket& route, const BridgeSettings& settings) {
  const Link bridge = make_or_find(route, settings);
  const bool ours = is_same_network(bridge.alias, settings.alias);
  switch_ipv6(settings, ours);
  NetlinkRequest set = link_request(RTM_SETLINK, 0, "set up bridge", settings.name, IFF_UP);
  if (ours) nl::put_u32(set.header(), IFLA_MTU, static_cast<uint32_t>(settings.mtu));
  nest(set, IFLA_AF_SPEC, [&] { put_route_localnet(set, true); });
  std::vector<NetlinkRequest> requests;
  for (const InterfaceAddress& address : settings.addresses)
    requests.push_back(add_address_request(bridge.index, address, settings.name, kOurAddress));
  requests.push_back(std::move(set));
  route.run(std::move(requests));
}

void release_addresses(NetlinkSocket& route, const Link& bridge) {
  std::vector<NetlinkRequest> requests;
  for (const InterfaceAddress& address : addresses_of(route, bridge))
    requests.push_back(delete_address_request(bridge.index, address, bridge.name));
  route.run(std::move(requests));
}

void release_bridge(NetlinkSocket& route, const std::string& name, const std::string& alias) {
  const std::optional<Link> bridge = find_link(route, name);
  if (!bridge) return;
  if (is_same_network(bridge->alias, alias)) {
    delete_link(route, name);
    return;
  }
  if (bridge->alias.starts_with(kNetworkAlias) || bridge->kind != "bridge") return;
  NetlinkRequest set = link_request(RTM_SETLINK, 0, "reset bridge", name);
  nest(set, IFLA_AF_SPEC, [&] { put_route_localnet(set, false); });
  std::vector<NetlinkRequest> requests;
  requests.push_back(std::move(set));
  for (const OriginAddress& found : addresses_with_origin(route, *bridge))
    if (found.origin == kOurAddress)
      requests.push_back(delete_address_request(bridge->index, found.address, name));
  route.run(std::move(requests));
}

}  // namespace netmgr
