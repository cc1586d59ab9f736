#include "netmgr/ruleset.h"

#include <fmt/format.h>
#include <netinet/in.h>

#include "netmgr/address.h"

namespace netmgr {
namespace {

// Notes on the rules:
// - guard: route_localnet on our bridges would else let a neighbour reach what listens on 127.0.0.1 only, and
// a
//   container speak to the host's services as from 127.0.0.2. The kernel itself drops ::1 from outside; to be
//   sure of both is cheap.
// - prerouting/output: the key with the host's address wins over the one for any address.
//   Not from ::1: the kernel takes no answers to it from a bridge, and there is no route_localnet of IPv6.
// - postrouting: an outside client's address is kept; only what leaves one of our networks, what returns into
//   the network it came from (hairpin), and what comes from 127.0.0.0/8 gets the address of the device it
//   leaves by. The hairpin rule goes by address because br_netfilter shows no input device.
// - others, others6: empty, or, where we had to switch forwarding on, drop what none of our networks has to
//   do with. They are not flushed: an administrator who wants the host to be a router flushes them. While the
//   rule is there, forwarding is switched off again with our last network.
// - container: between two of our networks, and from outside, only what a published port has rewritten.
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

std::string element(const char* verb, const char* set, const std::string& value) {
  return fmt::format("{} element inet compose {} {{ {} }}\n", verb, set, value);
}

// nftables 1.0.6 has no verb for "delete if there"; adding what is there changes nothing.
std::string remove(const char* set, const std::string& value) {
  return element("add", set, value) + element("delete", set, value);
}

bool is_for_any_address(const Publish& port) {
  return port.host_ip.empty() || port.host_ip == "0.0.0.0" || port.host_ip == "::";
}

const char* map_of(const Publish& port) {
  if (is_ipv6(port.container_ip)) return is_for_any_address(port) ? "ports6" : "address_ports6";
  return is_for_any_address(port) ? "ports" : "address_ports";
}

std::string key_of(const Publish& port) {
  const std::string key = fmt::format("{} . {}", protocol_number(port.protocol), port.host_port);
  return is_for_any_address(port) ? key : port.host_ip + " . " + key;
}

const char* own_of(const std::string& subnet) {
  return is_ipv6(subnet) ? "own6" : "own";
}

}  // namespace

int protocol_number(const std::string& protocol) {
  if (protocol == "tcp") return IPPROTO_TCP;
  if (protocol == "udp") return IPPROTO_UDP;
  if (protocol == "sctp") return IPPROTO_SCTP;
  return 0;
}

std::string protocol_name(int number) {
  switch (number) {
    case IPPROTO_TCP:
      return "tcp";
    case IPPROTO_UDP:
      return "udp";
    case IPPROTO_SCTP:
      return "sctp";
    default:
      return {};
  }
}

std::string base_ruleset() {
  return kBase;
}

std::string forward_for_us_alone(bool v6) {
  constexpr const char* kText = R"(add set inet compose forwarding{0}_was_off {{ type ifname; }}
flush chain inet compose others{0}
add rule inet compose others{0} meta nfproto ipv{1} counter drop comment "IPv{1} forwarding was off before compose"
)";
  return fmt::format(fmt::runtime(kText), v6 ? "6" : "", v6 ? 6 : 4);
}

std::string add_advertised(const std::vector<std::string>& links) {
  std::string text = "add set inet compose advertised { type ifname; }\n";
  for (const std::string& link : links) text += element("add", "advertised", fmt::format("\"{}\"", link));
  return text;
}

std::string add_network_elements(const NetworkRules& rules) {
  const std::string name = fmt::format("\"{}\"", rules.bridge);
  const std::string pair = name + " . " + name;
  std::string text = element("add", "bridges", name);
  for (const std::string& subnet : rules.subnets)
    text += element("add", own_of(subnet), name + " . " + subnet);
  text += rules.within ? element("add", "same", pair) : remove("same", pair);
  text += rules.internal ? element("add", "internal", name) : remove("internal", name);
  text += rules.masquerade ? remove("plain", name) : element("add", "plain", name);
  return text;
}

std::string delete_network_elements(const std::string& bridge, const std::vector<std::string>& subnets) {
  const std::string name = fmt::format("\"{}\"", bridge);
  std::string text = remove("bridges", name) + remove("internal", name) + remove("plain", name);
  text += remove("same", name + " . " + name);
  for (const std::string& subnet : subnets) text += element("delete", own_of(subnet), name + " . " + subnet);
  return text;
}

std::string add_port_element(const Publish& port) {
  return element("add", map_of(port),
                 fmt::format("{} : {} . {}", key_of(port), port.container_ip, port.container_port));
}

std::string delete_port_element(const Publish& port) {
  return element("delete", map_of(port), key_of(port));
}

}  // namespace netmgr
