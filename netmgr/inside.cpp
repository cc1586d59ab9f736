#include "netmgr/inside.h"

#include <linux/netlink.h>

#include <algorithm>

#include "netmgr/driver_names.h"
#include "netmgr/namespace_scope.h"
#include "netmgr/routes.h"

namespace netmgr {
namespace {

std::vector<Link> links_in(const sys::Fd& netns) {
  const NamespaceScope inside(netns);
  NetlinkSocket socket(NETLINK_ROUTE);
  return all_links(socket);
}

}  // namespace

bool has_interface(const sys::Fd& netns, const std::string& name) {
  const std::vector<Link> links = links_in(netns);
  return std::any_of(links.begin(), links.end(), [&](const Link& link) { return link.name == name; });
}

std::string free_interface(const sys::Fd& netns, const std::string& prefix) {
  const std::vector<Link> links = links_in(netns);
  for (int number = 0;; ++number) {
    const std::string name = prefix + std::to_string(number);
    if (std::none_of(links.begin(), links.end(), [&](const Link& link) { return link.name == name; }))
      return name;
  }
}

std::optional<std::string> interface_with(const sys::Fd& netns, const std::string& mac) {
  for (const Link& link : links_in(netns))
    if (link.mac == mac) return link.name;
  return std::nullopt;
}

bool has_default_route(const sys::Fd& netns, bool v6) {
  const NamespaceScope inside(netns);
  NetlinkSocket socket(NETLINK_ROUTE);
  return default_route_device(socket, v6).has_value();
}

void set_default_route(const sys::Fd& netns, const std::string& interface, const std::string& gateway) {
  const Address address = require_address(gateway, interface);
  const NamespaceScope inside(netns);
  NetlinkSocket socket(NETLINK_ROUTE);
  add_default_route(socket, interface, address);
}

}  // namespace netmgr
