#include "netmgr/link.h"

#include <net/if.h>

#include <algorithm>
#include <cerrno>

#include "netmgr/link_request.h"
#include "sys/error.h"
#include "sys/file.h"

namespace netmgr {
namespace {

std::optional<Link> query_link(NetlinkSocket& route, NetlinkRequest request) {
  std::optional<Link> found;
  std::vector<NetlinkRequest> requests;
  requests.push_back(std::move(request));
  route.run(std::move(requests), [&](const nlmsghdr* header) { found = parse_link(header); });
  return found;
}

bool has_ipv6(const InnerLink& link) {
  return std::any_of(link.addresses.begin(), link.addresses.end(),
                     [](const InterfaceAddress& address) { return address.address.v6; });
}

// Before the link comes up: no search for duplicates of its link-local address, and no advertisement of a
// router, which any neighbour could send: by one a link without IPv6 would come to an address and a way out.
void prepare_ipv6(const std::string& name, bool wanted) {
  const std::string folder = "/proc/sys/net/ipv6/conf/" + name + '/';
  sys::write_knob(folder + "accept_ra", "0");
  if (!wanted) return;
  for (const auto& [setting, value] :
       {std::pair{"disable_ipv6", "0"}, {"accept_dad", "0"}, {"dad_transmits", "0"}})
    sys::write_knob(folder + setting, value);
}

void apply_settings(const InnerLink& link) {
  for (const auto& [name, value] : link.settings) {
    std::string path = name;
    constexpr std::string_view kPlace = "IFNAME";
    if (const size_t at = path.find(kPlace); at != std::string::npos)
      path.replace(at, kPlace.size(), link.name);
    sys::write_knob("/proc/sys/net/" + path, value);
  }
}

}  // namespace

std::optional<Link> find_link(NetlinkSocket& route, const std::string& name) {
  return query_link(route, link_request(RTM_GETLINK, 0, "look up link", name, 0, {ENODEV}));
}

std::optional<Link> find_link(NetlinkSocket& route, int index) {
  NetlinkRequest request(RTM_GETLINK, 0, "look up link", std::to_string(index), {ENODEV});
  request.put_header<ifinfomsg>()->ifi_index = index;
  return query_link(route, std::move(request));
}

std::vector<Link> all_links(NetlinkSocket& route) {
  std::vector<Link> links;
  NetlinkRequest request(RTM_GETLINK, 0, "list links", "");
  request.put_header<ifinfomsg>();
  route.dump(std::move(request), [&](const nlmsghdr* header) { links.push_back(parse_link(header)); });
  return links;
}

std::vector<InterfaceAddress> addresses_of(NetlinkSocket& route, const Link& link) {
  std::vector<InterfaceAddress> addresses;
  for (const OriginAddress& found : addresses_with_origin(route, link)) addresses.push_back(found.address);
  return addresses;
}

// IPv4 addresses, up, IPv6 addresses and routes in this order: those of IPv6 go when a link is down.
void configure(NetlinkSocket& inside, const InnerLink& link) {
  const std::optional<Link> there = find_link(inside, link.name);
  if (!there) throw sys::Error(ENODEV, "look up link", link.name);
  const bool v6 = has_ipv6(link);
  const bool built_in = ipv6_is_built_in();
  if (v6 && !built_in)
    throw sys::Error(EAFNOSUPPORT, "add an IPv6 address: this host has IPv6 switched off", link.name);
  if (built_in) prepare_ipv6(link.name, v6);
  NetlinkRequest set = link_request(RTM_SETLINK, 0, "set up link", link.name, IFF_UP);
  const auto on_link = [&](const Address& address) { return format_address(address) + " on " + link.name; };
  std::vector<NetlinkRequest> requests;
  const auto add = [&](bool of_ipv6) {
    for (const auto* addresses : {&link.addresses, &link.further})
      for (const InterfaceAddress& address : *addresses)
        if (address.address.v6 == of_ipv6)
          requests.push_back(add_address_request(there->index, address, on_link(address.address)));
  };
  if (!v6 && built_in) requests.push_back(no_ipv6_request(link.name));
  add(false);
  requests.push_back(std::move(set));
  add(true);
  for (const Address& gateway : link.gateways)
    requests.push_back(default_route_request(there->index, gateway, on_link(gateway)));
  inside.run(std::move(requests));
  apply_settings(link);
}

void add_default_route(NetlinkSocket& route, const std::string& name, const Address& gateway) {
  const std::optional<Link> link = find_link(route, name);
  if (!link) throw sys::Error(ENODEV, "look up link", name);
  std::vector<NetlinkRequest> requests;
  requests.push_back(default_route_request(link->index, gateway, format_address(gateway) + " on " + name));
  route.run(std::move(requests));
}

void set_up(NetlinkSocket& route, const std::string& name) {
  std::vector<NetlinkRequest> requests;
  requests.push_back(link_request(RTM_SETLINK, 0, "set up link", name, IFF_UP));
  route.run(std::move(requests));
}

void rename_link(NetlinkSocket& route, const std::string& from, const std::string& to) {
  const std::optional<Link> link = find_link(route, from);
  if (!link) throw sys::Error(ENODEV, "look up link", from);
  NetlinkRequest rename(RTM_SETLINK, 0, "name link", to);
  rename.put_header<ifinfomsg>()->ifi_index = link->index;
  rename.put_string(IFLA_IFNAME, to);
  std::vector<NetlinkRequest> requests;
  requests.push_back(std::move(rename));
  route.run(std::move(requests));
}

void delete_link(NetlinkSocket& route, const std::string& name) {
  std::vector<NetlinkRequest> requests;
  requests.push_back(link_request(RTM_DELLINK, 0, "delete link", name, 0, {ENODEV}));
  route.run(std::move(requests));
}

}  // namespace netmgr
