#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip6.h>
#include <sched.h>
#include <sys/mount.h>
#include <catch2/catch.hpp>

#include <cstring>

#include "netmgr/firewall.h"
#include "nft.h"
#include "world_v6.h"

using namespace netmgr;
using namespace netmgr::test;

namespace {

constexpr const char* kForwarding6 = "/proc/sys/net/ipv6/conf/all/forwarding";

std::string knob(const std::string& path) {
  return sys::read_file(path);
}

std::array<uint8_t, 16> bytes_of(const std::string& address) {
  return parse_address(address)->bytes;
}

// A neighbour advertisement to all nodes that says that `target` is at the container's MAC address, from
// `source`; behind `extensions` destination options.
void advertise(const Container& from, const std::string& source, const std::string& target,
               int extensions = 0) {
  const NamespaceScope scope(from.netns);
  const sys::Fd raw(sys::check(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), "socket"));
  std::vector<uint8_t> frame{0x33, 0x33, 0, 0, 0, 1};
  NetlinkSocket route(NETLINK_ROUTE);
  const std::string mac = find_link(route, "eth0")->mac;
  for (size_t at = 0; at < mac.size(); at += 3)
    frame.push_back(static_cast<uint8_t>(std::stoi(mac.substr(at, 2), nullptr, 16)));
  frame.insert(frame.end(), {0x86, 0xdd});
  const uint8_t size = static_cast<uint8_t>(24 + 8 * extensions);
  const uint8_t first = extensions > 0 ? IPPROTO_DSTOPTS : IPPROTO_ICMPV6;
  frame.insert(frame.end(), {0x60, 0, 0, 0, 0, size, first, 255});
  for (const std::string& address : {source, std::string("ff02::1")}) {
    const auto bytes = bytes_of(address);
    frame.insert(frame.end(), bytes.begin(), bytes.end());
  }
  for (int index = 0; index < extensions; ++index) {
    const uint8_t next = index + 1 < extensions ? IPPROTO_DSTOPTS : IPPROTO_ICMPV6;
    frame.insert(frame.end(), {next, 0, 1, 4, 0, 0, 0, 0});  // PadN
  }
  frame.insert(frame.end(), {ND_NEIGHBOR_ADVERT, 0, 0, 0, 0x20, 0, 0, 0});
  const auto bytes = bytes_of(target);
  frame.insert(frame.end(), bytes.begin(), bytes.end());
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_ifindex = static_cast<int>(::if_nametoindex("eth0"));
  sys::check(
      ::sendto(raw.get(), frame.data(), frame.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to),
      "sendto", "eth0");
}

// Whether the container hears an advertisement of `target`.
bool hears(const sys::Fd& listener, const std::string& target, int milliseconds) {
  const auto wanted = bytes_of(target);
  while (wait_for(listener, POLLIN, milliseconds)) {
    std::vector<uint8_t> frame(256);
    const ssize_t size = ::recv(listener.get(), frame.data(), frame.size(), 0);
    if (size < 24) continue;
    const auto* end = frame.data() + size;
    if (std::equal(wanted.begin(), wanted.end(), end - 16)) return true;
  }
  return false;
}

sys::Fd listen_for_ipv6(const sys::Fd& netns) {
  const NamespaceScope scope(netns);
  return sys::Fd(sys::check(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_IPV6)), "socket"));
}

}  // namespace

TEST_CASE("Containers of an IPv6 network reach each other at once, and outside under the host's address") {
  if (!is_root()) return;
  const World world(true);
  const Network network = make_network6();
  setup_network(network);
  CHECK(network_is_up(network));
  CHECK(knob(kForwarding6) == "1\n");
  const Container first(network, "", "fd00:18::2"), second(network, "", "fd00:18::3");
  const Service6 server(first.netns, 80), outside(world.outside, 80);
  CHECK(reach6(second.netns, "fd00:18::2", 80, server) == "fd00:18::3");
  CHECK(reach6(second.netns, World::kOutside6, 80, outside) == World::kHost6);
  teardown_network(network);
  remove_firewall_if_unused();
  CHECK(knob(kForwarding6) == "0\n");
  CHECK(nft::list("list table inet compose", "table").empty());
}

TEST_CASE("A network of both families has both, and nothing but IPv4 is forwarded for one without IPv6") {
  if (!is_root()) return;
  const World world(true);
  Network network = make_network();
  setup_network(network);
  CHECK(knob(kForwarding6) == "0\n");
  Network both = make_network("172.19");
  both.pools.push_back({"fd00:19::/64", "fd00:19::1"});
  setup_network(both);
  const Container container(both, "172.19.0.2", "fd00:19::2");
  const Service v4(container.netns, "0.0.0.0", 80);
  const Service6 v6(container.netns, 81);
  const Container client(both, "172.19.0.3", "fd00:19::3");
  CHECK(reach(client.netns, "172.19.0.2", 80, v4) == "172.19.0.3");
  CHECK(reach6(client.netns, "fd00:19::2", 81, v6) == "fd00:19::3");
}

TEST_CASE("An IPv6 port is published on the host, to containers, and to outside with its source") {
  if (!is_root()) return;
  const World world(true);
  const Network network = make_network6();
  setup_network(network);
  const Container web(network, "", "fd00:18::2"), other(network, "", "fd00:18::3");
  const Service6 server(web.netns, 80);
  const std::vector<Publish> ports = {{"", 8080, "fd00:18::2", 80, "tcp"}};
  publish(ports);
  publish(ports);
  CHECK(ports_in_rules().size() == 1);
  CHECK(reach6(world.outside, World::kHost6, 8080, server) == World::kOutside6);
  CHECK(reach6(world.host, World::kHost6, 8080, server));
  CHECK_FALSE(reach6(world.host, "::1", 8080, server, kNever));  // the kernel does not route it
  CHECK(reach6(other.netns, World::kHost6, 8080, server));
  CHECK(reach6(web.netns, World::kHost6, 8080, server));
  CHECK_FALSE(reach6(world.outside, "fd00:18::2", 80, server, kNever));
  unpublish(ports);
  CHECK(ports_in_rules().empty());
  CHECK_FALSE(reach6(world.outside, World::kHost6, 8080, server, kNever));
}

TEST_CASE("An IPv6 port of one host address answers there alone, and beside the same one of IPv4") {
  if (!is_root()) return;
  const World world(true);
  Network network = make_network();
  network.pools.push_back({"fd00:18::/64", "fd00:18::1"});
  setup_network(network);
  const Container web(network, "172.18.0.2", "fd00:18::2");
  const Service6 server(web.netns, 80, "fd00:18::2");
  const Service old(web.netns, "172.18.0.2", 80);
  publish({{"fd00:18::1", 8080, "fd00:18::2", 80, "tcp"}, {"", 8080, "172.18.0.2", 80, "tcp"}});
  CHECK(reach6(world.host, "fd00:18::1", 8080, server));
  CHECK_FALSE(reach6(world.outside, World::kHost6, 8080, server, kNever));
  CHECK(reach(world.outside, World::kHost, 8080, old) == World::kOutside);
  CHECK_THROWS_AS(publish({{"fd00:18::1", 8081, "172.18.0.2", 80, "tcp"}}), sys::Error);
}

TEST_CASE("IPv6 networks are closed to each other, and an internal one has no way out") {
  if (!is_root()) return;
  const World world(true);
  const Network front = make_network6("fd00:18"), back = make_network6("fd00:19"),
                inner = make_network6("fd00:20", true);
  for (const Network& network : {front, back, inner}) setup_network(network);
  const Container client(front, "", "fd00:18::2"), server(back, "", "fd00:19::2");
  Container closed(inner, "", "fd00:20::2");
  const Service6 service(server.netns, 80), outside(world.outside, 80);
  CHECK_FALSE(reach6(client.netns, "fd00:19::2", 80, service, kNever));
  CHECK_FALSE(reach6(world.outside, "fd00:19::2", 80, service, kNever));
  CHECK_FALSE(reach6(closed.netns, World::kOutside6, 80, outside, kNever));
  closed.endpoint.default_route6 = true;  // even when someone adds the route
  attach(inner, closed.endpoint, closed.netns);
  CHECK_FALSE(reach6(closed.netns, World::kOutside6, 80, outside, kNever));
}

TEST_CASE("Links that learn routes from IPv6 routers go on to do so while the host forwards for us") {
  if (!is_root()) return;
  const World world(true);
  const std::string learning = "/proc/sys/net/ipv6/conf/up0/accept_ra";
  sys::write_knob(learning, "1");
  const Network network = make_network6();
  setup_network(network);
  CHECK(knob(learning) == "2\n");
  CHECK(knob("/proc/sys/net/ipv6/conf/br-" + network.id.substr(0, 12) + "/accept_ra") == "0\n");
  teardown_network(network);
  remove_firewall_if_unused();
  CHECK(knob(learning) == "1\n");
}

TEST_CASE("A container cannot say that a neighbour's IPv6 address is its own") {
  if (!is_root()) return;
  const World world(true);
  const Network network = make_network6();
  setup_network(network);
  const Container liar(network, "", "fd00:18::2"), target(network, "", "fd00:18::4");
  const sys::Fd listener = listen_for_ipv6(target.netns);
  advertise(liar, "fd00:18::3", "fd00:18::3");  // a neighbour's source
  advertise(liar, "fd00:18::2", "fd00:18::3");
  advertise(liar, "fd00:18::2", "fd00:18::3", 1);
  advertise(liar, "fd00:18::2", "fd00:18::3", 2);
  advertise(liar, "fd00:18::2", "fd00:18::3", 3);
  CHECK_FALSE(hears(listener, "fd00:18::3", kNever));
  advertise(liar, "fd00:18::2", "fd00:18::2");
  CHECK(hears(listener, "fd00:18::2", kSoon));
  advertise(liar, "fd00:18::2", "2001:db8:9::9", 2);  // of another network that it may be the router of
  CHECK(hears(listener, "2001:db8:9::9", kSoon));
}

TEST_CASE(
    "On a host that has IPv6 switched off a network with it is refused in plain words, and one without is "
    "made") {
  if (!is_root()) return;
  const World world;
  const std::string told = "/proc/sys/net/ipv6";
  const pid_t child = ::fork();
  if (child == 0) {  // whose /proc says that there is none
    std::string why = "nothing";
    try {
      sys::check(::unshare(CLONE_NEWNS), "unshare", "mounts");
      sys::check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "mount", "/");
      sys::check(::mount("none", told.c_str(), "tmpfs", 0, nullptr), "mount", told);
      const Network four = make_network();
      setup_network(four);
      const Container container(four, "172.18.0.2");
      setup_network(make_network6());
    } catch (const std::exception& error) {
      why = error.what();
    }
    ::_exit(why.find("this host has IPv6 switched off") != std::string::npos ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(read_firewall().bridges.size() == 1);  // the other left no rules
}
