// The bridge driver: one bridge a network, a veth pair an endpoint, rules in the table `inet compose`.
#include <fmt/format.h>
#include <linux/netlink.h>

#include <algorithm>
#include <cerrno>
#include <future>

#include "netmgr/driver_names.h"
#include "netmgr/firewall.h"
#include "netmgr/foreign_chains.h"
#include "netmgr/forwarding.h"
#include "netmgr/generation.h"
#include "netmgr/link_request.h"
#include "netmgr/routes.h"
#include "netmgr/rules_end.h"
#include "sys/error.h"

namespace netmgr {
namespace {

constexpr int kDefaultMtu = 1500;

std::string first_name(const Network& network) {
  return "br-" + short_id(network.id);
}

std::string bridge_name(const Network& network) {
  const std::string chosen = option_of(network, kBridgeName);
  return chosen.empty() ? first_name(network) : chosen;
}

bool has_family(const Network& network, bool v6) {
  return std::any_of(network.pools.begin(), network.pools.end(),
                     [&](const Pool& pool) { return is_ipv6(pool.subnet) == v6; });
}

int mtu_for(NetlinkSocket& route, const Network& network) {
  if (const int mtu = mtu_of(network); mtu != 0) return mtu;
  const std::optional<int> device = default_route_device(route);
  const std::optional<Link> link = device ? find_link(route, *device) : std::nullopt;
  return link ? link->mtu : kDefaultMtu;
}

// A chosen name that is another network's already: nothing of that one is touched.
bool is_of_another(NetlinkSocket& route, const Network& network) {
  const std::optional<Link> link = find_link(route, bridge_name(network));
  return link && link->alias.starts_with(kNetworkAlias) &&
         !is_same_network(link->alias, network_alias(network));
}

NetworkRules rules_of(const Network& network) {
  NetworkRules rules;
  rules.bridge = bridge_name(network);
  for (const Pool& pool : network.pools)
    rules.subnets.push_back(require_subnet(pool.subnet, "network " + network.id).to_string());
  rules.internal = network.internal;
  rules.masquerade = flag_of(network, kBridgeMasquerade, true);
  rules.within = flag_of(network, kBridgeIcc, true);
  return rules;
}

std::vector<InterfaceAddress> gateways_of(const Network& network) {
  std::vector<InterfaceAddress> gateways;
  for (const Pool& pool : network.pools) {
    gateways.push_back({require_address(pool.gateway, "gateway of network " + network.id),
                        require_subnet(pool.subnet, "network " + network.id).prefix});
  }
  return gateways;
}

std::string complaint_of_binding(const Network& network) {
  const std::string text = option_of(network, kBridgeHostBinding);
  if (!network.options.contains(kBridgeHostBinding)) return "";
  const std::optional<Address> address = parse_address(text);
  if (address && !address->v6) return "";
  return fmt::format("{} '{}' is not an IPv4 address", kBridgeHostBinding, text);
}

std::string complaint_of_pools(const Network& network) {
  for (const bool v6 : {false, true}) {
    const auto count = std::count_if(network.pools.begin(), network.pools.end(),
                                     [&](const Pool& pool) { return is_ipv6(pool.subnet) == v6; });
    if (count > 1)
      return fmt::format("driver bridge has one IPv{} subnet at most, and {} are given", v6 ? 6 : 4, count);
  }
  return "";
}

class BridgeDriver final : public Driver {
 public:
  bool publishes() const override { return true; }
  std::string link_of(const Network& network) const override { return bridge_name(network); }

  // The rules and addresses of two networks on one bridge could not be told from each other.
  std::string clash(const Network& network, const Network& other) const override {
    if (bridge_name(network) != bridge_name(other)) return "";
    return fmt::format("{} '{}' is taken by another network", kBridgeName, bridge_name(network));
  }

  std::string complaint(const Network& network) const override {
    const std::string known = complaint_of_options(
        network, {kBridgeName, kBridgeIcc, kBridgeMasquerade, kBridgeHostBinding, kMtuOption, kPrefixOption});
    const std::string name = network.options.contains(kBridgeName)
                                 ? complaint_of_link_name(kBridgeName, option_of(network, kBridgeName))
                                 : "";
    for (const std::string& text :
         {known, name, complaint_of_flag(network, kBridgeIcc), complaint_of_flag(network, kBridgeMasquerade),
          complaint_of_binding(network), complaint_of_mtu(network), complaint_of_prefix(network),
          complaint_of_pools(network)})
      if (!text.empty()) return text;
    return "";
  }

  void setup(const Network& network) const override {
    const std::string name = bridge_name(network);
    const bool v6 = has_family(network, true);
    if (v6 && !ipv6_is_built_in())
      throw sys::Error(EAFNOSUPPORT, "make an IPv6 network: this host has IPv6 switched off", name);
    NetlinkSocket route(NETLINK_ROUTE);
    if (is_of_another(route, network))
      throw sys::Error(EEXIST, "make bridge: it is that of " + find_link(route, name)->alias, name);
    // The rules come first: the network is never without its isolation. Locked until the bridge is there:
    // rules without one are somebody's who died.
    const FirewallLock lock;
    {
      const bool v4_was_off = forwarding_is_off(false) && has_family(network, false);
      const bool v6_was_off = v6 && forwarding_is_off(true);
      const std::vector<std::string> advertised =
          v6_was_off ? links_taking_advertisements() : std::vector<std::string>{};
      add_network(lock, rules_of(network), v4_was_off, v6_was_off, advertised);
      pass_foreign_policies(lock, name, v6);
      if (v4_was_off) switch_forwarding(false, true);
      take_advertisements(advertised, true);
      if (v6_was_off) switch_forwarding(true, true);
    }
    ensure_bridge(route, {.name = name,
                          .alias = network_alias(network),
                          .addresses = gateways_of(network),
                          .mtu = mtu_for(route, network),
                          .first_name = first_name(network)});
  }

  void teardown(const Network& network, const std::vector<Network>&) const override {
    const std::string name = bridge_name(network);
    NetlinkSocket route(NETLINK_ROUTE);
    // Of a process that died before it gave the chosen name.
    if (name != first_name(network)) delete_link(route, first_name(network));
    if (is_of_another(route, network)) return;
    // The kernel waits for all processors with both, so side by side; no container is on it any more.
    std::future<void> rules = std::async(std::launch::async, end_rules_of, name);
    release_bridge(route, name, network_alias(network));
    rules.get();
  }

  std::string retire(const Network& network, const std::vector<Network>& others) const override {
    const std::string name = bridge_name(network);
    NetlinkSocket route(NETLINK_ROUTE);
    const std::optional<Link> bridge = find_link(route, name);
    // A name that the user chose may be wanted again at once.
    if (!bridge || name != first_name(network) || !is_same_network(bridge->alias, network_alias(network))) {
      teardown(network, others);
      return "";
    }
    release_addresses(route, *bridge);
    return name;
  }

  bool is_up(const Network& network) const override {
    const std::string name = bridge_name(network);
    NetlinkSocket route(NETLINK_ROUTE);
    const std::optional<Link> link = find_link(route, name);
    if (!link || !link->up) return false;
    const std::vector<InterfaceAddress> addresses = addresses_of(route, *link);
    for (const InterfaceAddress& gateway : gateways_of(network))
      if (std::find(addresses.begin(), addresses.end(), gateway) == addresses.end()) return false;
    for (const bool v6 : {false, true})
      if (has_family(network, v6) && forwarding_is_off(v6)) return false;
    // As it is before they are looked at: should they change meanwhile, they are looked at again.
    const std::string generation = ruleset_generation();
    if (is_remembered(network.memory, generation)) return true;
    if (!knows_bridge(name) || !chains_that_drop(name, has_family(network, true)).empty()) return false;
    remember(network.memory, generation);
    return true;
  }

  void attach(const Network& network, const Endpoint& endpoint, const sys::Fd& netns) const override {
    const std::string name = bridge_name(network);
    VethSettings settings;
    settings.name = veth_name(network.id, endpoint.container_id);
    settings.alias = endpoint_alias(network, endpoint);
    settings.peer = inner_link(network, endpoint);
    settings.isolated = !flag_of(network, kBridgeIcc, true);
    NetlinkSocket route(NETLINK_ROUTE);
    const std::optional<Link> bridge = find_link(route, name);
    if (!bridge)
      throw sys::Error(ENODEV, "attach to network " + name, "container " + short_id(endpoint.container_id));
    make_veth(route, *bridge, settings, netns);
  }

  void detach(const Network& network, const Endpoint& endpoint, const sys::Fd&) const override {
    remove_link(veth_name(network.id, endpoint.container_id));
  }
};

}  // namespace

const Driver& bridge_driver() {
  static const BridgeDriver driver;
  return driver;
}

}  // namespace netmgr
