#include "netmgr/driver.h"

#include <fmt/format.h>
#include <linux/netlink.h>
#include <net/if.h>

#include <algorithm>
#include <cerrno>

#include "netmgr/address.h"
#include "netmgr/conntrack.h"
#include "netmgr/firewall.h"
#include "netmgr/foreign_chains.h"
#include "netmgr/link.h"
#include "netmgr/namespace_scope.h"
#include "netmgr/routes.h"
#include "sys/error.h"
#include "sys/file.h"

namespace netmgr {
namespace {

constexpr size_t kShortId = 12;
constexpr int kDefaultMtu = 1500;
constexpr const char* kForwarding = "/proc/sys/net/ipv4/ip_forward";

// The alias of a link says that it is ours and what for: "compose network <12 hex>" or
// "compose endpoint <network's 12 hex> <container's 12 hex> <address>".
constexpr const char* kNetworkAlias = "compose network ";
constexpr const char* kEndpointAlias = "compose endpoint ";

bool is_bridge(const Link& link) {
  return link.alias.starts_with(kNetworkAlias);
}
bool is_endpoint(const Link& link) {
  return link.alias.starts_with(kEndpointAlias);
}

// Ids become part of link names and commands.
std::string short_id(const std::string& id) {
  const bool is_hex = id.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (id.size() < kShortId || !is_hex) throw sys::Error(EINVAL, "id is not 12 or more hex digits", id);
  return id.substr(0, kShortId);
}

std::string bridge_name(const std::string& network_id) {
  return "br-" + short_id(network_id);
}

uint32_t require_address(const std::string& text, const std::string& object) {
  const std::optional<uint32_t> address = parse_address(text);
  if (!address) throw sys::Error(EINVAL, "not an IPv4 address: " + text, object);
  return *address;
}

Subnet require_subnet(const Network& network) {
  const std::optional<Subnet> subnet = parse_subnet(network.subnet);
  if (!subnet) throw sys::Error(EINVAL, "not an IPv4 subnet: " + network.subnet, "network " + network.id);
  return *subnet;
}

int mtu_for(NetlinkSocket& route, const Network& network) {
  if (network.mtu != 0) return network.mtu;
  const std::optional<int> device = default_route_device(route);
  const std::optional<Link> link = device ? find_link(route, *device) : std::nullopt;
  return link ? link->mtu : kDefaultMtu;
}

bool forwarding_is_off() {
  return sys::read_file(kForwarding).starts_with('0');
}

bool is_attached(const std::string& address) {
  NetlinkSocket route(NETLINK_ROUTE);
  const std::vector<Link> links = all_links(route);
  return std::any_of(links.begin(), links.end(), [&](const Link& link) {
    return is_endpoint(link) && link.alias.ends_with(' ' + address);
  });
}

// FNV-1a, 64 bits.
uint64_t digest(const std::string& text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char character : text) {
    hash = (hash ^ static_cast<unsigned char>(character)) * 0x100000001b3;
  }
  return hash;
}

}  // namespace

void setup_network(const Network& network) {
  const std::string name = bridge_name(network.id);
  const Subnet subnet = require_subnet(network);
  NetlinkSocket route(NETLINK_ROUTE);
  // The rules come first: the network is never without its isolation.
  {
    const FirewallLock lock;
    const bool was_off = forwarding_is_off();
    add_network(lock, name, network.subnet, network.internal, was_off);
    pass_foreign_policies(lock, name);
    if (was_off) sys::write_knob(kForwarding, "1");
  }
  ensure_bridge(route, {.name = name,
                        .alias = kNetworkAlias + short_id(network.id),
                        .address = require_address(network.gateway, "gateway of network " + network.id),
                        .prefix = subnet.prefix,
                        .mtu = mtu_for(route, network)});
}

void teardown_network(const std::string& network_id) {
  const std::string name = bridge_name(network_id);
  NetlinkSocket route(NETLINK_ROUTE);
  delete_link(route, name);
  const FirewallLock lock;
  remove_network(lock, name);
  remove_foreign_rules(lock, name);
}

bool network_is_up(const Network& network) {
  const std::string name = bridge_name(network.id);
  NetlinkSocket route(NETLINK_ROUTE);
  const std::optional<Link> link = find_link(route, name);
  if (!link || !link->up) return false;
  const std::vector<uint32_t> addresses = addresses_of(route, *link);
  const uint32_t gateway = require_address(network.gateway, "gateway of network " + network.id);
  if (std::find(addresses.begin(), addresses.end(), gateway) == addresses.end()) return false;
  return !forwarding_is_off() && knows_bridge(name) && chains_that_drop(name).empty();
}

std::string veth_name(const std::string& network_id, const std::string& container_id) {
  constexpr uint64_t k48Bits = (uint64_t{1} << 48) - 1;
  const uint64_t hash = digest(container_id + '/' + network_id);
  return fmt::format("ve{:012x}", (hash ^ hash >> 48) & k48Bits);
}

void attach(const Endpoint& endpoint, const sys::Fd& netns) {
  const std::string name = bridge_name(endpoint.network_id);
  const std::string object = "container " + short_id(endpoint.container_id);
  const uint32_t address = require_address(endpoint.address, object);
  if (endpoint.interface.empty() || endpoint.interface.size() >= IFNAMSIZ) {
    throw sys::Error(EINVAL, "interface name " + endpoint.interface, object);
  }
  VethSettings settings;
  settings.name = veth_name(endpoint.network_id, endpoint.container_id);
  settings.alias = fmt::format("{}{} {} {}", kEndpointAlias, short_id(endpoint.network_id),
                               short_id(endpoint.container_id), endpoint.address);
  settings.peer = endpoint.interface;
  settings.mac = endpoint.mac.empty() ? mac_for(address) : endpoint.mac;
  settings.address = address;
  settings.prefix = endpoint.prefix;
  if (endpoint.default_route) settings.gateway = require_address(endpoint.gateway, object);

  NetlinkSocket route(NETLINK_ROUTE);
  const std::optional<Link> bridge = find_link(route, name);
  if (!bridge) throw sys::Error(ENODEV, "attach to network " + name, object);
  make_veth(route, *bridge, settings, netns);
}

void detach(const std::string& network_id, const std::string& container_id) {
  remove_link(veth_name(network_id, container_id));
}

void set_default_route(const sys::Fd& netns, const std::string& interface, const std::string& gateway) {
  const uint32_t address = require_address(gateway, interface);
  const NamespaceScope inside(netns);
  NetlinkSocket socket(NETLINK_ROUTE);
  add_default_route(socket, interface, address);
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

Present present() {
  Present found;
  NetlinkSocket route(NETLINK_ROUTE);
  for (const Link& link : all_links(route)) {
    if (is_bridge(link)) found.bridges.push_back(link.name.substr(std::string("br-").size()));
    if (is_endpoint(link)) found.veths.push_back(link.name);
  }
  found.ports = read_firewall().ports;
  return found;
}

bool is_bridge_of(const std::string& alias, const std::string& network_id) {
  return alias == kNetworkAlias + short_id(network_id);
}

void remove_link(const std::string& name) {
  NetlinkSocket route(NETLINK_ROUTE);
  delete_link(route, name);
}

void remove_firewall_if_unused() {
  const FirewallLock lock;
  const FirewallState state = read_firewall();
  if (!state.exists || !state.bridges.empty()) return;
  // As long as the rule is there that keeps forwarding for our networks alone, nobody else's packets were
  // forwarded, so nobody loses anything. Who took the rule away wants the host to be a router; and another
  // tool's rules for forwarding may rely on it by now.
  if (state.forwarding_was_off && state.forwards_for_us_alone && !others_filter_forwarding())
    sys::write_knob(kForwarding, "0");
  delete_table(lock);
}

}  // namespace netmgr
