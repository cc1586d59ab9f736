// Options of the drivers, and macvlan.
#include <net/if.h>
#include <netinet/icmp6.h>
#include <algorithm>
#include <catch2/catch.hpp>

#include "world.h"

using namespace netmgr;
using namespace netmgr::test;

namespace {

// As a name server or a printer has: a link of the host that leads to a network.
void make_parent() {
  run_ip({"link", "add", "lan0", "type", "veth", "peer", "name", "lan1"});
  run_ip({"link", "set", "lan0", "up"});
  run_ip({"link", "set", "lan1", "up"});
}

Network macvlan_network(const std::string& parent) {
  Network network = make_network("10.66");
  network.driver = "macvlan";
  if (!parent.empty()) network.options["parent"] = parent;
  return network;
}

bool has_link(const std::string& name) {
  NetlinkSocket route(NETLINK_ROUTE);
  return find_link(route, name).has_value();
}

// A router at the other end of the parent says that it is one, and that 2001:db8:5::/64 is on the link.
void advertise_router() {
  run_ip({"addr", "replace", "fe80::1/64", "dev", "lan1", "nodad"});
  const sys::Fd raw(sys::check(::socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6), "socket"));
  const int hops = 255;
  sys::check(::setsockopt(raw.get(), IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof hops), "setsockopt");
  struct {
    nd_router_advert router;
    nd_opt_prefix_info prefix;
  } message{};
  message.router.nd_ra_type = ND_ROUTER_ADVERT;
  message.router.nd_ra_router_lifetime = htons(1800);
  message.prefix.nd_opt_pi_type = ND_OPT_PREFIX_INFORMATION;
  message.prefix.nd_opt_pi_len = sizeof message.prefix / 8;
  message.prefix.nd_opt_pi_prefix_len = 64;
  message.prefix.nd_opt_pi_flags_reserved = ND_OPT_PI_FLAG_ONLINK | ND_OPT_PI_FLAG_AUTO;
  message.prefix.nd_opt_pi_valid_time = message.prefix.nd_opt_pi_preferred_time = htonl(3600);
  ::inet_pton(AF_INET6, "2001:db8:5::", &message.prefix.nd_opt_pi_prefix);
  sockaddr_in6 all{};
  all.sin6_family = AF_INET6;
  all.sin6_scope_id = ::if_nametoindex("lan1");
  ::inet_pton(AF_INET6, "ff02::1", &all.sin6_addr);
  sys::check(
      ::sendto(raw.get(), &message, sizeof message, 0, reinterpret_cast<const sockaddr*>(&all), sizeof all),
      "sendto", "lan1");
}

// Within a second.
bool gets_ipv6_address(const Container& container) {
  const NamespaceScope scope(container.netns);
  NetlinkSocket route(NETLINK_ROUTE);
  for (int attempt = 0; attempt < 20; ++attempt) {
    for (const InterfaceAddress& has : addresses_of(route, *find_link(route, "eth0")))
      if (has.address.v6) return true;
    ::poll(nullptr, 0, 50);
  }
  return false;
}

}  // namespace

TEST_CASE("Each driver names the option or value it cannot have") {
  Network network = make_network();
  const auto complaint = [&](const std::string& option, const std::string& value) {
    network.options = {{option, value}};
    return find_driver(network.driver)->complaint(network);
  };
  CHECK_THAT(complaint("com.docker.network.bridge.gateway_mode_ipv4", "routed"),
             Catch::Contains("com.docker.network.bridge.gateway_mode_ipv4") && Catch::Contains(kBridgeName));
  CHECK_THAT(complaint(kBridgeIcc, "perhaps"), Catch::Contains("perhaps"));
  CHECK_THAT(complaint(kBridgeName, "a/b"), Catch::Contains("a/b"));
  CHECK_THAT(complaint(kBridgeName, "much-too-long-for-a-link"), Catch::Contains("much-too-long"));
  CHECK_THAT(complaint(kBridgeHostBinding, "::1"), Catch::Contains("::1"));
  CHECK_THAT(complaint(kMtuOption, "60"), Catch::Contains("between 68 and 65535"));
  CHECK(complaint(kMtuOption, "1400").empty());
  CHECK(complaint(kPrefixOption, "wan").empty());
  network.pools.push_back({"fd00::/64", "fd00::1"});
  CHECK_THAT(complaint(kMtuOption, "1200"), Catch::Contains("1280"));
  network.pools.push_back({"fd01::/64", "fd01::1"});
  CHECK_THAT(complaint(kMtuOption, "1400"), Catch::Contains("one IPv6 subnet"));
  network.driver = "macvlan";
  CHECK(complaint("parent", "eth0.10").empty());
  CHECK(complaint("macvlan_mode", "vepa").empty());
  CHECK_THAT(complaint("macvlan_mode", "fast"), Catch::Contains("passthru"));
  CHECK_THAT(complaint(kBridgeName, "br9"), Catch::Contains("macvlan"));
  network.driver = "host";
  CHECK_THAT(complaint("parent", ""), Catch::Contains("network_mode: host"));
  CHECK(find_driver("overlay") == nullptr);
}

TEST_CASE("Options of an endpoint are settings of its interface or are refused by name") {
  CHECK(complaint_of_endpoint({{kEndpointSysctls, "net.ipv4.conf.IFNAME.log_martians=1"}}).empty());
  CHECK_THAT(complaint_of_endpoint({{kEndpointSysctls, "net.ipv4.ip_forward=1"}}),
             Catch::Contains("net.ipv4.ip_forward=1"));
  CHECK_THAT(complaint_of_endpoint({{"com.example.speed", "1"}}), Catch::Contains("com.example.speed"));
  if (!is_root()) return;
  const World world;
  const Network network = make_network();
  setup_network(network);
  Container container(network, "172.18.0.2");
  container.endpoint.settings = endpoint_settings(
      {{kEndpointSysctls, "net.ipv4.conf.IFNAME.log_martians=1,net.ipv4.neigh.IFNAME.ucast_solicit=5"}});
  attach(network, container.endpoint, container.netns);
  const NamespaceScope scope(container.netns);
  CHECK(sys::read_file("/proc/sys/net/ipv4/conf/eth0/log_martians") == "1\n");
  CHECK(sys::read_file("/proc/sys/net/ipv4/neigh/eth0/ucast_solicit") == "5\n");
}

TEST_CASE("Without icc containers of one network reach the host and outside, but not each other") {
  if (!is_root()) return;
  const World world;
  Network network = make_network();
  network.options[kBridgeIcc] = "false";
  setup_network(network);
  const Container first(network, "172.18.0.2"), second(network, "172.18.0.3");
  const Service server(first.netns, "0.0.0.0", 80), host(world.host, "0.0.0.0", 81),
      outside(world.outside, "0.0.0.0", 80);
  CHECK_FALSE(reach(second.netns, "172.18.0.2", 80, server, kNever));
  CHECK(reach(second.netns, "172.18.0.1", 81, host) == "172.18.0.3");
  CHECK(reach(second.netns, World::kOutside, 80, outside) == World::kHost);
}

TEST_CASE("Without masquerade packets leave with the container's own address") {
  if (!is_root()) return;
  const World world;
  Network network = make_network();
  network.options[kBridgeMasquerade] = "false";
  setup_network(network);
  const Container container(network, "172.18.0.2");
  const Service outside(world.outside, "0.0.0.0", 80);
  CHECK(reach(container.netns, World::kOutside, 80, outside) == "172.18.0.2");
}

TEST_CASE("A bridge has the name that was chosen, and goes under it") {
  if (!is_root()) return;
  const World world;
  Network network = make_network();
  network.options[kBridgeName] = "shop0";
  setup_network(network);
  setup_network(network);
  CHECK(network_is_up(network));
  CHECK(has_link("shop0"));
  CHECK_FALSE(has_link("br-" + network.id.substr(0, 12)));
  REQUIRE(own_links().size() == 1);
  CHECK(own_links().front().network == network.id.substr(0, 12));
  Network other = make_network("172.19");
  other.options[kBridgeName] = "shop0";
  CHECK_THROWS_WITH(setup_network(other),
                    Catch::Contains("shop0") && Catch::Contains(network.id.substr(0, 12)));
  teardown_network(other);
  const Container container(network, "172.18.0.2"), client(network, "172.18.0.3");
  const Service server(container.netns, "0.0.0.0", 80);
  CHECK(reach(client.netns, "172.18.0.2", 80, server) == "172.18.0.3");
  teardown_network(network);
  CHECK_FALSE(has_link("shop0"));
}

TEST_CASE("Two networks cannot have one bridge, and those without a name chosen never meet") {
  Network network = make_network(), other = make_network("172.19");
  const Driver& driver = driver_of(network);
  CHECK(driver.clash(network, other).empty());
  network.options[kBridgeName] = "shop0";
  CHECK(driver.clash(network, other).empty());
  other.options[kBridgeName] = "shop0";
  CHECK_THAT(driver.clash(network, other), Catch::Contains("shop0"));
}

TEST_CASE("A bridge of the user's own is used and left as it was") {
  if (!is_root()) return;
  const World world;
  run_ip({"link", "add", "mine0", "type", "bridge"});
  run_ip({"addr", "add", "192.0.2.1/24", "dev", "mine0"});
  Network network = make_network();
  network.options[kBridgeName] = "mine0";
  setup_network(network);
  NetlinkSocket route(NETLINK_ROUTE);
  const auto addresses = [&] {  // of IPv4; those of IPv6 come with the link being up
    std::vector<InterfaceAddress> all = addresses_of(route, *find_link(route, "mine0"));
    std::erase_if(all, [](const InterfaceAddress& one) { return one.address.v6; });
    return all;
  };
  CHECK(addresses().size() == 2);
  teardown_network(network);
  const std::optional<Link> bridge = find_link(route, "mine0");
  REQUIRE(bridge);
  CHECK(addresses() == std::vector<InterfaceAddress>{{*parse_address("192.0.2.1"), 24}});
  CHECK(sys::read_file("/proc/sys/net/ipv4/conf/mine0/route_localnet") == "0\n");
}

TEST_CASE("Containers on a macvlan are on the parent's network, each with a MAC address of its own") {
  if (!is_root()) return;
  const World world;
  make_parent();
  run_ip({"link", "add", "eth0", "type", "bridge"});  // the name that the container's link gets
  const Network network = macvlan_network("lan0");
  setup_network(network);
  CHECK(network_is_up(network));
  Container first(network, "10.66.0.2");
  const Container second(network, "10.66.0.3");
  const Service server(first.netns, "0.0.0.0", 80);
  CHECK(reach(second.netns, "10.66.0.2", 80, server) == "10.66.0.3");
  // What is at the other end of the parent reaches them too, as a neighbour on the wire would.
  run_ip({"addr", "add", "10.66.0.9/16", "dev", "lan1"});
  CHECK(reach(world.host, "10.66.0.2", 80, server) == "10.66.0.9");
  detach(network, first.endpoint, first.netns);
  CHECK_FALSE(reach(second.netns, "10.66.0.2", 80, server, kNever));
  teardown_network(network);
  CHECK(has_link("lan0"));
}

TEST_CASE("A router on the parent's network gives a container of a macvlan without IPv6 none") {
  if (!is_root()) return;
  const World world;
  make_parent();
  const Network network = macvlan_network("lan0");
  setup_network(network);
  Container container(network, "10.66.0.2");
  advertise_router();
  CHECK_FALSE(gets_ipv6_address(container));
  // Unless it is asked for.
  detach(network, container.endpoint, container.netns);
  container.endpoint.settings = endpoint_settings({{kEndpointSysctls, "net.ipv6.conf.IFNAME.accept_ra=1"}});
  attach(network, container.endpoint, container.netns);
  advertise_router();
  CHECK(gets_ipv6_address(container));
}

TEST_CASE("A macvlan without a parent leads nowhere, and its own parent goes with it") {
  if (!is_root()) return;
  const World world;
  const Network network = macvlan_network("");
  setup_network(network);
  setup_network(network);
  const std::string parent = "dm-" + network.id.substr(0, 12);
  CHECK(has_link(parent));
  const Container first(network, "10.66.0.2"), second(network, "10.66.0.3");
  const Service server(first.netns, "0.0.0.0", 80), outside(world.outside, "0.0.0.0", 80);
  CHECK(reach(second.netns, "10.66.0.2", 80, server) == "10.66.0.3");
  CHECK_FALSE(reach(second.netns, World::kOutside, 80, outside, kNever));
  teardown_network(network);
  CHECK_FALSE(has_link(parent));
  CHECK_FALSE(has_link("dp-" + network.id.substr(0, 12)));
}

TEST_CASE("The parent of a macvlan may be a VLAN of a link, which is made and goes with its last network") {
  if (!is_root()) return;
  const World world;
  make_parent();
  const Network network = macvlan_network("lan0.10");
  try {
    setup_network(network);
  } catch (const sys::Error& error) {
    if (error.code() != EOPNOTSUPP) throw;
    std::cout << "skipped: this kernel has no VLANs\n";
    return;
  }
  CHECK(has_link("lan0.10"));
  Network other = macvlan_network("lan0.10");
  setup_network(other);
  teardown_network(network, {other});
  CHECK(has_link("lan0.10"));
  teardown_network(other);
  CHECK_FALSE(has_link("lan0.10"));
}

TEST_CASE("A macvlan's parent that this host does not have is named") {
  if (!is_root()) return;
  const World world;
  CHECK_THROWS_WITH(setup_network(macvlan_network("eth7")), Catch::Contains("eth7"));
  CHECK_THROWS_WITH(setup_network(macvlan_network("eth7.20")), Catch::Contains("no link eth7"));
}
