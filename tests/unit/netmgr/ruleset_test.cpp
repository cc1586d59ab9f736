#include "netmgr/ruleset.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "netmgr/firewall.h"
#include "nft.h"
#include "sys/error.h"
#include "world.h"

using namespace netmgr;
using namespace netmgr::test;
using nlohmann::json;

namespace {

// The rules as man 8 nft has them.
constexpr const char* kBase = R"(
add table inet compose
add set inet compose bridges { type ifname; }
add set inet compose internal { type ifname; }
add set inet compose same { type ifname . ifname; }
add set inet compose plain { type ifname; }
add set inet compose own { type ifname . ipv4_addr; flags interval; }
add set inet compose own6 { type ifname . ipv6_addr; flags interval; }
add map inet compose ports { type inet_proto . inet_service : ipv4_addr . inet_service; }
add map inet compose address_ports { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }
add map inet compose ports6 { type inet_proto . inet_service : ipv6_addr . inet_service; }
add map inet compose address_ports6 { type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service; }
add chain inet compose guard { type filter hook prerouting priority -300; policy accept; }
add chain inet compose prerouting { type nat hook prerouting priority -100; policy accept; }
add chain inet compose output { type nat hook output priority -100; policy accept; }
add chain inet compose postrouting { type nat hook postrouting priority 100; policy accept; }
add chain inet compose forward { type filter hook forward priority 0; policy accept; }
add chain inet compose container
add chain inet compose others
add chain inet compose others6
flush chain inet compose guard
flush chain inet compose prerouting
flush chain inet compose output
flush chain inet compose postrouting
flush chain inet compose forward
flush chain inet compose container
add rule inet compose guard iifname != "lo" ip daddr 127.0.0.0/8 drop
add rule inet compose guard iifname @bridges ip saddr 127.0.0.0/8 drop
add rule inet compose guard iifname != "lo" ip6 daddr ::1 drop
add rule inet compose prerouting fib daddr type local dnat ip to ip daddr . meta l4proto . th dport map @address_ports
add rule inet compose prerouting fib daddr type local dnat ip to meta l4proto . th dport map @ports
add rule inet compose prerouting fib daddr type local dnat ip6 to ip6 daddr . meta l4proto . th dport map @address_ports6
add rule inet compose prerouting fib daddr type local dnat ip6 to meta l4proto . th dport map @ports6
add rule inet compose output fib daddr type local dnat ip to ip daddr . meta l4proto . th dport map @address_ports
add rule inet compose output fib daddr type local dnat ip to meta l4proto . th dport map @ports
add rule inet compose output ip6 daddr != ::1 fib daddr type local dnat ip6 to ip6 daddr . meta l4proto . th dport map @address_ports6
add rule inet compose output ip6 daddr != ::1 fib daddr type local dnat ip6 to meta l4proto . th dport map @ports6
add rule inet compose postrouting iifname @bridges iifname != @plain oifname != @bridges masquerade
add rule inet compose postrouting oifname . ip saddr @own ct status dnat masquerade
add rule inet compose postrouting oifname . ip6 saddr @own6 ct status dnat masquerade
add rule inet compose postrouting ip saddr 127.0.0.0/8 oifname @bridges masquerade
add rule inet compose forward iifname @bridges goto container
add rule inet compose forward oifname @bridges goto container
add rule inet compose forward jump others
add rule inet compose forward jump others6
add rule inet compose container ct state established,related accept
add rule inet compose container iifname . oifname @same accept
add rule inet compose container iifname @internal drop
add rule inet compose container oifname @internal drop
add rule inet compose container ct status dnat accept
add rule inet compose container oifname @bridges drop
)";

// The table of the present network namespace, by who did not make it; without the numbers that the kernel
// gives.
json listing() {
  json answer = json::parse(nft::list("list table inet compose", "the table"));
  json entries = json::array();
  for (json& entry : answer.at("nftables")) {
    if (entry.contains("metainfo")) continue;
    for (json& object : entry) object.erase("handle");
    entries.push_back(entry);
  }
  return entries;
}

// What `make` has made of a new network namespace.
template <typename Make>
json listing_after(Make make) {
  const sys::Fd netns = new_namespace();
  const NamespaceScope inside(netns);
  make();
  return listing();
}

// `commands` by libnftables, beside what our own transaction makes.
template <typename Fill>
void check_same(const std::string& commands, Fill fill) {
  const json expected = listing_after([&] { nft::run(kBase + commands, "a test"); });
  const json ours = listing_after([&] {
    nf::Transaction changes;
    put_base(changes);
    fill(changes);
    changes.commit("a test");
  });
  REQUIRE(ours.size() == expected.size());
  for (size_t i = 0; i < ours.size(); ++i) CHECK(ours[i].dump() == expected[i].dump());
}

Publish publish(const std::string& host, uint16_t port, const std::string& to, const std::string& protocol) {
  return {host, port, to, 80, protocol};
}

}  // namespace

TEST_CASE(
    "The rules that the kernel is told are those of the text, and bringing them twice changes nothing") {
  if (!is_root()) return;
  check_same("", [](nf::Transaction&) {});
  check_same("", [](nf::Transaction& changes) { put_base(changes); });
  check_same(R"(
add set inet compose forwarding_was_off { type ifname; }
add set inet compose forwarding6_was_off { type ifname; }
add set inet compose advertised { type ifname; }
add element inet compose advertised { "eth0" }
add rule inet compose others meta nfproto ipv4 counter drop comment "IPv4 forwarding was off before compose"
add rule inet compose others6 meta nfproto ipv6 counter drop comment "IPv6 forwarding was off before compose"
)",
             [](nf::Transaction& changes) {
               forward_for_us_alone(changes, false);
               forward_for_us_alone(changes, true);
               add_advertised(changes, {"eth0"});
             });
}

TEST_CASE("Elements of networks and ports are those of the text") {
  if (!is_root()) return;
  check_same(R"(
add element inet compose bridges { "br-one", "br-two" }
add element inet compose same { "br-one" . "br-one" }
add element inet compose internal { "br-two" }
add element inet compose plain { "br-two" }
add element inet compose own { "br-one" . 172.20.0.0/16, "br-two" . 10.1.2.3/32, "br-two" . 10.9.8.0/23 }
add element inet compose own6 { "br-one" . fd00:1::/64 }
add element inet compose ports { tcp . 8080 : 172.20.0.2 . 80 }
add element inet compose address_ports { 127.0.0.1 . udp . 53 : 172.20.0.3 . 80 }
add element inet compose ports6 { sctp . 9 : fd00:1::2 . 80 }
add element inet compose address_ports6 { ::1 . tcp . 443 : fd00:1::3 . 80 }
)",
             [](nf::Transaction& changes) {
               add_network_elements(changes, {"br-one", {"172.20.0.0/16", "fd00:1::/64"}});
               add_network_elements(changes, {"br-two", {"10.1.2.3/32", "10.9.8.0/23"}, true, false, false});
               add_port_element(changes, publish("", 8080, "172.20.0.2", "tcp"));
               add_port_element(changes, publish("127.0.0.1", 53, "172.20.0.3", "udp"));
               add_port_element(changes, publish("::", 9, "fd00:1::2", "sctp"));
               add_port_element(changes, publish("::1", 443, "fd00:1::3", "tcp"));
             });
}

TEST_CASE("What the table holds is read back as it was told, by whom ever") {
  if (!is_root()) return;
  const World world;
  CHECK_FALSE(read_firewall().exists);
  nft::run(std::string(kBase) + R"(
add element inet compose bridges { "br-one" }
add element inet compose own { "br-one" . 172.20.0.0/16, "br-two" . 10.1.2.3/32, "br-two" . 10.9.8.0/23 }
add element inet compose own6 { "br-one" . fd00:1::/64 }
add element inet compose address_ports { 127.0.0.1 . udp . 53 : 172.20.0.3 . 5353 }
add element inet compose ports6 { sctp . 9 : fd00:1::2 . 80 }
add set inet compose forwarding6_was_off { type ifname; }
add rule inet compose others6 counter drop
)",
           "a test");
  const FirewallState state = read_firewall();
  CHECK(state.exists);
  CHECK_FALSE(state.v4.was_off);
  CHECK_FALSE(state.v4.for_us_alone);
  CHECK(state.v6.was_off);
  CHECK(state.v6.for_us_alone);
  CHECK(state.bridges == std::vector<std::string>{"br-one"});
  std::vector<std::string> subnets;
  for (const OwnSubnet& own : state.subnets) subnets.push_back(own.bridge + ' ' + own.subnet);
  CHECK_THAT(subnets,
             Catch::UnorderedEquals(std::vector<std::string>{"br-one 172.20.0.0/16", "br-two 10.1.2.3/32",
                                                             "br-two 10.9.8.0/23", "br-one fd00:1::/64"}));
  REQUIRE(state.ports.size() == 2);
  CHECK(state.ports[0].host_ip == "127.0.0.1");
  CHECK(state.ports[0].protocol == "udp");
  CHECK(state.ports[0].host_port == 53);
  CHECK(state.ports[0].container_ip == "172.20.0.3");
  CHECK(state.ports[0].container_port == 5353);
  CHECK(state.ports[1].host_ip.empty());
  CHECK(state.ports[1].protocol == "sctp");
  CHECK(state.ports[1].container_ip == "fd00:1::2");
  CHECK(knows_bridge("br-one"));
  CHECK_FALSE(knows_bridge("br-two"));
}

TEST_CASE("A transaction happens as a whole or not at all, and says why") {
  if (!is_root()) return;
  const World world;
  nf::Transaction base;
  put_base(base);
  base.commit("a test");
  const json before = listing();
  const auto half_of_it = [] {
    nf::Transaction both;
    add_port_element(both, publish("", 8080, "172.20.0.2", "tcp"));
    delete_port_element(both, publish("", 8081, "172.20.0.2", "tcp"));
    return both;
  };
  CHECK(half_of_it().commit("a test", {ENOENT}) == ENOENT);
  CHECK(listing() == before);
  CHECK_THROWS_WITH(half_of_it().commit("port 8081"), Catch::Contains("port 8081"));

  nf::Transaction many;  // more than a socket takes unasked
  for (uint16_t port = 1; port < 20000; ++port)
    add_port_element(many, publish("", port, "172.20.0.2", "tcp"));
  many.commit("a test");
  CHECK(read_firewall().ports.size() == 19999);
  nf::Transaction other;
  add_port_element(other, publish("", 700, "172.20.0.9", "tcp"));
  CHECK(other.commit("a test", {EEXIST}) == EEXIST);
  nf::Transaction wrong;  // each of them is an error
  for (uint16_t port = 20000; port < 40000; ++port)
    delete_port_element(wrong, publish("", port, "172.20.0.2", "tcp"));
  CHECK(wrong.commit("a test", {ENOENT}) == ENOENT);
}
