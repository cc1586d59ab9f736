#include "netmgr/driver.h"

#include <fmt/format.h>
#include <linux/netlink.h>

#include <algorithm>
#include <cerrno>
#include <sstream>

#include "netmgr/conntrack.h"
#include "netmgr/driver_names.h"
#include "netmgr/firewall.h"
#include "netmgr/rules_end.h"
#include "sys/error.h"

namespace netmgr {
namespace {

// Among the words of an endpoint's alias.
bool is_attached(const std::string& address) {
  NetlinkSocket route(NETLINK_ROUTE);
  const std::vector<Link> links = all_links(route);
  return std::any_of(links.begin(), links.end(), [&](const Link& link) {
    return link.alias.starts_with(kEndpointAlias) &&
           (link.alias + ' ').find(' ' + address + ' ') != std::string::npos;
  });
}

}  // namespace

const Driver* find_driver(const std::string& name) {
  if (name == "bridge") return &bridge_driver();
  if (name == "macvlan") return &macvlan_driver();
  if (name == "host") return &host_driver();
  if (name == "none" || name == "null") return &none_driver();
  return nullptr;
}

const Driver& driver_of(const Network& network) {
  const Driver* driver = find_driver(network.driver);
  if (driver == nullptr)
    throw sys::Error(EINVAL, "network driver " + network.driver + " is not known", "network " + network.id);
  return *driver;
}

void setup_network(const Network& network) {
  driver_of(network).setup(network);
}

void teardown_network(const Network& network, const std::vector<Network>& others) {
  driver_of(network).teardown(network, others);
}

std::string retire_network(const Network& network, const std::vector<Network>& others) {
  return driver_of(network).retire(network, others);
}

bool network_is_up(const Network& network) {
  return driver_of(network).is_up(network);
}

void attach(const Network& network, const Endpoint& endpoint, const sys::Fd& netns) {
  driver_of(network).attach(network, endpoint, netns);
}

void detach(const Network& network, const Endpoint& endpoint, const sys::Fd& netns) {
  driver_of(network).detach(network, endpoint, netns);
}

std::string veth_name(const std::string& network_id, const std::string& container_id) {
  constexpr uint64_t k48Bits = (uint64_t{1} << 48) - 1;
  const uint64_t hash = digest_of(container_id + '/' + network_id);
  return fmt::format("ve{:012x}", (hash ^ hash >> 48) & k48Bits);
}

void publish(const std::vector<Publish>& ports) {
  if (ports.empty()) return;
  {
    const FirewallLock lock;
    add_ports(lock, ports, is_attached);
  }
  forget_udp_flows(ports);
}

void unpublish(const std::vector<Publish>& ports) {
  if (ports.empty()) return;
  {
    const FirewallLock lock;
    remove_ports(lock, ports);
  }
  forget_udp_flows(ports);
}

std::vector<OwnLink> own_links() {
  std::vector<OwnLink> found;
  NetlinkSocket route(NETLINK_ROUTE);
  for (const Link& link : all_links(route)) {
    std::istringstream words(link.alias);
    std::string ours, what;
    OwnLink own{.name = link.name, .kind = link.kind, .network = {}, .container = {}, .owner = {}};
    words >> ours >> what >> own.network;
    if (ours != "compose" || own.network.empty()) continue;
    if (what == "network")
      words >> own.owner;
    else if (what == "endpoint")
      words >> own.container;
    else
      continue;
    found.push_back(std::move(own));
  }
  return found;
}

std::vector<Publish> ports_in_rules() {
  return read_firewall().ports;
}

void remove_stray(const OwnLink& link, const std::vector<Network>& others) {
  Network network;
  network.id = link.network;
  if (link.kind == "bridge") {
    network.options[kBridgeName] = link.name;
  } else {
    network.driver = "macvlan";
    network.options["parent"] = link.name;
  }
  teardown_network(network, others);
}

void end_link(const std::string& name) {
  for (const OwnLink& link : own_links()) {
    if (link.name != name || !link.container.empty()) continue;
    // Before the link, by which they are found should this process be killed.
    if (link.kind == "bridge") end_rules_of(name);
    remove_stray(link, {});
  }
}

void remove_link(const std::string& name) {
  NetlinkSocket route(NETLINK_ROUTE);
  delete_link(route, name);
}

}  // namespace netmgr
