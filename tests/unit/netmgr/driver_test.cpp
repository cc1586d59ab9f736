#include "netmgr/driver.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <future>
#include <thread>

#include <sys/file.h>
#include <sys/stat.h>

#include "netmgr/host_lock.h"
#include "nft.h"
#include "world.h"

using namespace netmgr;
using namespace netmgr::test;

namespace {

std::vector<std::string> link_names() {
  NetlinkSocket route(NETLINK_ROUTE);
  std::vector<std::string> names;
  for (const Link& link : all_links(route)) names.push_back(link.name);
  std::sort(names.begin(), names.end());
  return names;
}

std::string ruleset() {
  return nft::list("list ruleset", "ruleset");
}

// The host's ends of their links.
std::vector<std::string> endpoints() {
  std::vector<std::string> names;
  for (const OwnLink& link : own_links())
    if (!link.container.empty()) names.push_back(link.name);
  return names;
}

}  // namespace

TEST_CASE("A new namespace has its loopback up and the calling thread stays where it was") {
  if (!is_root()) return;
  const World world;
  const std::vector<std::string> before = link_names();
  const sys::Fd made = new_namespace();
  CHECK(link_names() == before);
  const NamespaceScope scope(made);
  CHECK(link_names() == std::vector<std::string>{"lo"});
  NetlinkSocket route(NETLINK_ROUTE);
  CHECK(find_link(route, "lo")->up);
}

TEST_CASE("A network's bridge has the gateway's address, the uplink's MTU and is named after the id") {
  if (!is_root()) return;
  const World world;
  const Network network = make_network();
  CHECK_FALSE(network_is_up(network));
  setup_network(network);
  CHECK(network_is_up(network));
  NetlinkSocket route(NETLINK_ROUTE);
  const std::optional<Link> bridge = find_link(route, "br-" + network.id.substr(0, 12));
  REQUIRE(bridge);
  CHECK(bridge->up);
  CHECK(bridge->mtu == 1500);  // the test's host has no default route
  CHECK(addresses_of(route, *bridge) == std::vector<InterfaceAddress>{{*parse_address("172.18.0.1"), 16}});
  CHECK(sys::read_file("/proc/sys/net/ipv4/ip_forward") == "1\n");
  CHECK(sys::read_file("/proc/sys/net/ipv6/conf/" + bridge->name + "/disable_ipv6") == "1\n");
}

TEST_CASE("A network takes the MTU of the default route's device") {
  if (!is_root()) return;
  const World world;
  const NamespaceScope scope(world.outside);
  const Network network = make_network();
  setup_network(network);
  NetlinkSocket route(NETLINK_ROUTE);
  CHECK(find_link(route, "br-" + network.id.substr(0, 12))->mtu == 1400);
}

TEST_CASE("Links say whose they are, and one of which nothing else is known is taken away with its rules") {
  if (!is_root()) return;
  const World world;
  const std::string rules = ruleset();
  Network network = make_network();
  const Network older = make_network("172.19");  // from before there were owners
  network.owner = "0123456789abcdef";
  setup_network(network);
  setup_network(older);
  const std::vector<OwnLink> links = own_links();
  REQUIRE(links.size() == 2);
  const OwnLink& link = links[links[0].network == network.id.substr(0, 12) ? 0 : 1];
  CHECK(link.network == network.id.substr(0, 12));
  CHECK(link.owner == network.owner);
  CHECK(link.container.empty());
  CHECK(links[&link == &links[0] ? 1 : 0].owner.empty());
  Network renewed = older;  // the same one, known to a program that marks
  renewed.owner = network.owner;
  setup_network(renewed);
  CHECK(network_is_up(renewed));

  remove_stray(link, {});
  CHECK(own_links().size() == 1);
  // Rules alone, as of a process that died before it made the bridge.
  remove_link("br-" + older.id.substr(0, 12));
  remove_firewall_if_unused();
  CHECK(ruleset() == rules);
}

TEST_CASE("Taking networks down leaves links, rules and forwarding as they were") {
  if (!is_root()) return;
  const World world;
  const std::vector<std::string> links = link_names();
  const std::string rules = ruleset();
  const std::string forwarding = sys::read_file("/proc/sys/net/ipv4/ip_forward");
  const Network network = make_network();
  const Network second = make_network("172.19");
  setup_network(network);
  setup_network(second);
  const Container container(network, "172.18.0.2");
  publish({{"", 8080, "172.18.0.2", 80, "tcp"}, {"127.0.0.1", 53, "172.18.0.2", 53, "udp"}});

  CHECK(own_links().size() == 3);
  CHECK(endpoints() == std::vector<std::string>{veth_name(network.id, container.id)});
  CHECK(ports_in_rules().size() == 2);

  detach(network, container.endpoint);
  teardown_network(network);
  remove_firewall_if_unused();
  CHECK(ports_in_rules().empty());
  CHECK(network_is_up(second));
  teardown_network(second);
  teardown_network(second);
  remove_firewall_if_unused();
  remove_firewall_if_unused();
  CHECK(link_names() == links);
  CHECK(ruleset() == rules);
  CHECK(sys::read_file("/proc/sys/net/ipv4/ip_forward") == forwarding);
}

TEST_CASE("A retired network's subnet and rules are another's at once, and its link ends later") {
  if (!is_root()) return;
  const World world;
  const std::vector<std::string> links = link_names();
  const std::string rules = ruleset();
  const Network old = make_network();
  setup_network(old);
  const std::string link = retire_network(old, {});
  CHECK(link == "br-" + old.id.substr(0, 12));
  NetlinkSocket route(NETLINK_ROUTE);
  REQUIRE(find_link(route, link));
  CHECK(addresses_of(route, *find_link(route, link)).empty());

  const Network next = make_network();
  setup_network(next);
  const Container container(next, "172.18.0.2");
  publish({{"", 8080, "172.18.0.2", 80, "tcp"}});
  end_link(link);
  end_link(link);
  CHECK_FALSE(find_link(route, link));
  CHECK(network_is_up(next));
  CHECK(ports_in_rules().size() == 1);
  const Service web(container.netns, "0.0.0.0", 80);
  CHECK(reach(world.outside, World::kHost, 8080, web));
  detach(next, container.endpoint);
  unpublish({{"", 8080, "172.18.0.2", 80, "tcp"}});
  end_link(retire_network(next, {}));
  CHECK(link_names() == links);
  CHECK(ruleset() == rules);
}

TEST_CASE("A retired network whose bridge has a chosen name is gone at once") {
  if (!is_root()) return;
  const World world;
  const std::string rules = ruleset();
  Network network = make_network();
  network.options[kBridgeName] = "chosen0";
  setup_network(network);
  CHECK(retire_network(network, {}).empty());
  CHECK(own_links().empty());
  CHECK(ruleset() == rules);
}

TEST_CASE("Every verb may be repeated") {
  if (!is_root()) return;
  const World world;
  const Network network = make_network();
  const std::vector<Publish> ports{{"", 8080, "172.18.0.2", 80, "tcp"}};
  setup_network(network);
  setup_network(network);
  const Container container(network, "172.18.0.2");
  attach(network, container.endpoint, container.netns);
  publish(ports);
  publish(ports);
  setup_network(network);
  CHECK(ports_in_rules().size() == 1);
  const Service web(container.netns, "0.0.0.0", 80);
  CHECK(reach(world.outside, World::kHost, 8080, web));
  unpublish(ports);
  unpublish(ports);
  CHECK(ports_in_rules().empty());
  detach(network, container.endpoint);
  detach(network, container.endpoint);
}

TEST_CASE("A bridge that lost its address, its link state or its rules is not up, and set-up completes it") {
  if (!is_root()) return;
  const World world;
  const Network network = make_network();
  setup_network(network);
  nft::run("flush ruleset", "ruleset");
  CHECK_FALSE(network_is_up(network));
  setup_network(network);
  CHECK(network_is_up(network));
  remove_link("br-" + network.id.substr(0, 12));
  CHECK_FALSE(network_is_up(network));
  setup_network(network);
  CHECK(network_is_up(network));
}

TEST_CASE("Containers of one network reach each other and their gateway") {
  if (!is_root()) return;
  const World world;
  const Network network = make_network();
  setup_network(network);
  const Container one(network, "172.18.0.2");
  const Container two(network, "172.18.0.3");
  const Service web(two.netns, "0.0.0.0", 80);
  CHECK(reach(one.netns, "172.18.0.3", 80, web) == "172.18.0.2");
  const Service host(world.host, "172.18.0.1", 9000);
  CHECK(reach(one.netns, "172.18.0.1", 9000, host) == "172.18.0.2");
}

TEST_CASE(
    "Containers of different networks do not reach each other, nor does outside reach them unpublished") {
  if (!is_root()) return;
  const World world;
  const Network front = make_network("172.18");
  const Network back = make_network("172.19");
  setup_network(front);
  setup_network(back);
  const Container one(front, "172.18.0.2");
  const Container two(back, "172.19.0.2");
  const Service web(two.netns, "0.0.0.0", 80);
  CHECK_FALSE(reach(one.netns, "172.19.0.2", 80, web, kNever));
  CHECK_FALSE(reach(world.outside, "172.19.0.2", 80, web, kNever));
  CHECK(reach(world.host, "172.19.0.2", 80, web));
}

TEST_CASE("Traffic to outside carries the host's address") {
  if (!is_root()) return;
  const World world;
  const Network network = make_network();
  setup_network(network);
  const Container container(network, "172.18.0.2");
  const Service outside(world.outside, "0.0.0.0", 80);
  CHECK(reach(container.netns, World::kOutside, 80, outside) == World::kHost);
  const Service udp(world.outside, "0.0.0.0", 80, SOCK_DGRAM);
  CHECK(reach(container.netns, World::kOutside, 80, udp) == World::kHost);
}

TEST_CASE("An internal network has no way out, no way in, and still joins its members") {
  if (!is_root()) return;
  const World world;
  const Network network = make_network("172.18", true);
  const Network open = make_network("172.19");
  setup_network(network);
  setup_network(open);
  Container container(network, "172.18.0.2");
  container.endpoint.default_route = true;  // even when someone adds the route
  attach(network, container.endpoint, container.netns);
  const Container peer(network, "172.18.0.3");
  const Container other(open, "172.19.0.2");
  const Service web(container.netns, "0.0.0.0", 80);
  const Service outside(world.outside, "0.0.0.0", 80);
  publish({{"", 8080, "172.18.0.2", 80, "tcp"}});
  CHECK(reach(peer.netns, "172.18.0.2", 80, web) == "172.18.0.3");
  CHECK_FALSE(reach(container.netns, World::kOutside, 80, outside, kNever));
  CHECK_FALSE(reach(world.outside, World::kHost, 8080, web, kNever));
  CHECK_FALSE(reach(other.netns, World::kHost, 8080, web, kNever));
}

TEST_CASE("An endpoint has the MAC, name and route it was given") {
  if (!is_root()) return;
  const World world;
  const Network network = make_network();
  setup_network(network);
  Container container(network, "172.18.0.2");
  detach(network, container.endpoint);
  container.endpoint.interface = "front0";
  container.endpoint.mac = "02:42:00:00:00:99";
  attach(network, container.endpoint, container.netns);
  const NamespaceScope scope(container.netns);
  CHECK(link_names() == std::vector<std::string>{"front0", "lo"});
  CHECK(sys::read_file("/sys/class/net/lo/address").substr(0, 2) == "00");
  CHECK(sys::read_file("/proc/net/route").find("front0\t00000000\t010012AC") != std::string::npos);
  // fe80:: would show up here.
  CHECK(sys::read_file("/proc/net/if_inet6").find("front0") == std::string::npos);
}

TEST_CASE(
    "Attaching to a network that is not there, or under a name in use, is an error that leaves no link") {
  if (!is_root()) return;
  const World world;
  const Network network = make_network();
  const std::vector<std::string> before = link_names();
  CHECK_THROWS_AS(Container(network, "172.18.0.2"), sys::Error);
  CHECK(link_names() == before);
  setup_network(network);
  Container container(network, "172.18.0.2");
  detach(network, container.endpoint);
  container.endpoint.interface = "lo";
  CHECK_THROWS_AS(attach(network, container.endpoint, container.netns), sys::Error);
  container.endpoint.interface = "eth0";
  Network astray = network;
  astray.pools.front().gateway = "10.9.9.9";
  CHECK_THROWS_WITH(attach(astray, container.endpoint, container.netns), Catch::Contains("10.9.9.9 on eth0"));
  CHECK(endpoints().empty());
}

TEST_CASE("Eight threads attach at once, while others set the network up again") {
  if (!is_root()) return;
  const World world;
  const Network network = make_network();
  std::vector<std::thread> threads;
  std::vector<std::string> errors(8);
  for (unsigned index = 0; index < 8; ++index) {
    threads.emplace_back([&, index] {
      try {
        const NamespaceScope scope(world.host);
        setup_network(network);
        for (int round = 0; round < 4; ++round) {
          const Container container(network, "172.18.0." + std::to_string(10 + index));
          publish({{"", static_cast<uint16_t>(8000 + index), container.endpoint.address, 80, "tcp"}});
        }
      } catch (const std::exception& error) {
        errors[index] = error.what();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& error : errors) CHECK(error.empty());
  CHECK(ports_in_rules().size() == 8);
  CHECK(network_is_up(network));
}

TEST_CASE("Who holds a lock on the namespace's file, as anybody can, blocks nothing") {
  if (!is_root()) return;
  const World world;
  const Network network = make_network();
  sys::Fd held = current_namespace();
  REQUIRE(::flock(held.get(), LOCK_EX) == 0);
  auto made = std::async(std::launch::async, [&] {
    const NamespaceScope scope(world.host);
    setup_network(network);
  });
  CHECK(made.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
  held.reset();
  made.get();
  CHECK(network_is_up(network));
}

TEST_CASE("Locks of the host are files that only root can open") {
  if (!is_root()) return;
  const sys::FileLock lock = lock_on_host("test-" + sys::random_hex(8));
  struct stat status {};
  REQUIRE(::stat("/run/compose-locks", &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
}

TEST_CASE("A host that did not forward does so for our networks alone and as long as they are there") {
  if (!is_root()) return;
  const World world;
  const sys::Fd beyond = new_namespace();  // behind a second interface of the host
  NetlinkSocket route(NETLINK_ROUTE);
  ensure_bridge(route, {"up2", "second uplink", {{*parse_address("192.0.2.1"), 24}}, 1400});
  make_veth(
      route, *find_link(route, "up2"),
      {"up3",
       "second uplink",
       {"eth0", "02:00:00:00:00:03", {{*parse_address("192.0.2.2"), 24}}, {*parse_address("192.0.2.1")}}},
      beyond);
  const Service service(beyond, "0.0.0.0", 80);
  const Network network = make_network();
  const char* forwarding = "/proc/sys/net/ipv4/ip_forward";

  sys::write_knob(forwarding, "0");
  setup_network(network);
  const Container container(network, "172.18.0.2");
  const Service outside(world.outside, "0.0.0.0", 80);
  CHECK_FALSE(reach(world.outside, "192.0.2.2", 80, service, kNever));
  CHECK(reach(container.netns, World::kOutside, 80, outside) == World::kHost);
  setup_network(network);
  CHECK_FALSE(reach(world.outside, "192.0.2.2", 80, service, kNever));
  teardown_network(network);
  remove_firewall_if_unused();
  CHECK(sys::read_file(forwarding) == "0\n");
  CHECK_FALSE(reach(world.outside, "192.0.2.2", 80, service, kNever));
  // An administrator who makes the host a router meanwhile keeps one.
  setup_network(network);
  nft::run("flush chain inet compose others", "chain others");
  setup_network(network);
  CHECK(reach(world.outside, "192.0.2.2", 80, service));
  teardown_network(network);
  remove_firewall_if_unused();
  CHECK(sys::read_file(forwarding) == "1\n");
  CHECK(reach(world.outside, "192.0.2.2", 80, service));
}

TEST_CASE("A host that is a router stays one") {
  if (!is_root()) return;
  const World world;
  const sys::Fd beyond = new_namespace();
  NetlinkSocket route(NETLINK_ROUTE);
  ensure_bridge(route, {"up2", "second uplink", {{*parse_address("192.0.2.1"), 24}}, 1400});
  make_veth(
      route, *find_link(route, "up2"),
      {"up3",
       "second uplink",
       {"eth0", "02:00:00:00:00:03", {{*parse_address("192.0.2.2"), 24}}, {*parse_address("192.0.2.1")}}},
      beyond);
  sys::write_knob("/proc/sys/net/ipv4/ip_forward", "1");
  setup_network(make_network());
  CHECK(reach(world.outside, "192.0.2.2", 80, Service(beyond, "0.0.0.0", 80)));
}

TEST_CASE("A link that cannot join its bridge does not stay") {
  if (!is_root()) return;
  const World world;
  const sys::Fd netns = new_namespace();
  NetlinkSocket route(NETLINK_ROUTE);
  Link gone = *find_link(route, "up0");
  gone.index += 1000;
  const std::vector<std::string> before = link_names();
  CHECK_THROWS_AS(
      make_veth(route, gone,
                {"half", "a half", {"eth0", "02:00:00:00:00:09", {{*parse_address("203.0.113.9"), 24}}, {}}},
                netns),
      sys::Error);
  CHECK(link_names() == before);
}
