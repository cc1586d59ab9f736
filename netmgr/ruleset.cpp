#include "netmgr/ruleset.h"

#include <fmt/format.h>
#include <netinet/in.h>

namespace netmgr {
namespace {

// Notes on the rules:
// - guard: route_localnet on our bridges would else let a neighbour reach what listens on 127.0.0.1 only.
// - prerouting/output: the key with the host's address wins over the one for any address.
// - postrouting: an outside client's address is kept; only what leaves one of our networks, what returns into
// the
//   network it came from (hairpin), and what comes from 127.0.0.0/8 gets the address of the device it leaves
//   by. The hairpin rule goes by address because br_netfilter shows no input device.
// - others: empty, or, where we had to switch forwarding on, drops what none of our networks has to do with.
//   It is not flushed: an administrator who wants the host to be a router flushes it. While the rule is
//   there, forwarding is switched off again with our last network.
// - container: between two of our networks, and from outside, only what a published port has rewritten.
constexpr const char* kBase = R"(
add table inet compose
add set inet compose bridges { type ifname; }
add set inet compose internal { type ifname; }
add set inet compose same { type ifname . ifname; }
add set inet compose own { type ifname . ipv4_addr; flags interval; }
add map inet compose ports { type inet_proto . inet_service : ipv4_addr . inet_service; }
add map inet compose address_ports { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }
add chain inet compose guard { type filter hook prerouting priority -300; policy accept; }
add chain inet compose prerouting { type nat hook prerouting priority -100; policy accept; }
add chain inet compose output { type nat hook output priority -100; policy accept; }
add chain inet compose postrouting { type nat hook postrouting priority 100; policy accept; }
add chain inet compose forward { type filter hook forward priority 0; policy accept; }
add chain inet compose container
add chain inet compose others
flush chain inet compose guard
flush chain inet compose prerouting
flush chain inet compose output
flush chain inet compose postrouting
flush chain inet compose forward
flush chain inet compose container
add rule inet compose guard iifname != "lo" ip daddr 127.0.0.0/8 drop
add rule inet compose prerouting fib daddr type local dnat ip to ip daddr . meta l4proto . th dport map @address_ports
add rule inet compose prerouting fib daddr type local dnat ip to meta l4proto . th dport map @ports
add rule inet compose output fib daddr type local dnat ip to ip daddr . meta l4proto . th dport map @address_ports
add rule inet compose output fib daddr type local dnat ip to meta l4proto . th dport map @ports
add rule inet compose postrouting iifname @bridges oifname != @bridges masquerade
add rule inet compose postrouting oifname . ip saddr @own ct status dnat masquerade
add rule inet compose postrouting ip saddr 127.0.0.0/8 oifname @bridges masquerade
add rule inet compose forward iifname @bridges goto container
add rule inet compose forward oifname @bridges goto container
add rule inet compose forward jump others
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
  return port.host_ip.empty() || port.host_ip == "0.0.0.0";
}

const char* map_of(const Publish& port) {
  return is_for_any_address(port) ? "ports" : "address_ports";
}

std::string key_of(const Publish& port) {
  const std::string key = fmt::format("{} . {}", protocol_number(port.protocol), port.host_port);
  return is_for_any_address(port) ? key : port.host_ip + " . " + key;
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

std::string forward_for_us_alone() {
  return R"(add set inet compose forwarding_was_off { type ifname; }
flush chain inet compose others
add rule inet compose others counter drop comment "IPv4 forwarding was off before compose"
)";
}

std::string add_network_elements(const std::string& bridge, const std::string& subnet, bool internal) {
  std::string text = element("add", "bridges", fmt::format("\"{}\"", bridge));
  text += element("add", "same", fmt::format("\"{0}\" . \"{0}\"", bridge));
  text += element("add", "own", fmt::format("\"{}\" . {}", bridge, subnet));
  text += internal ? element("add", "internal", fmt::format("\"{}\"", bridge))
                   : remove("internal", fmt::format("\"{}\"", bridge));
  return text;
}

std::string delete_network_elements(const std::string& bridge, const std::vector<std::string>& subnets) {
  std::string text = remove("bridges", fmt::format("\"{}\"", bridge));
  text += remove("internal", fmt::format("\"{}\"", bridge));
  text += remove("same", fmt::format("\"{0}\" . \"{0}\"", bridge));
  for (const std::string& subnet : subnets) {
    text += element("delete", "own", fmt::format("\"{}\" . {}", bridge, subnet));
  }
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
