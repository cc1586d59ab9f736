#include "netmgr/ruleset.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "netmgr/address.h"
#include "sys/error.h"

namespace netmgr {
namespace {

using nf::Bytes;
using nf::Element;
using nf::Rule;
using nf::Transaction;

// Offsets of addresses in the network header, of the destination port in the transport header.
constexpr uint32_t kIpSource = 12, kIpDestination = 16, kIp6Source = 8, kIp6Destination = 24;
constexpr uint32_t kPortOffset = 2, kPortSize = 2, kIpSize = 4, kIp6Size = 16, kPartSize = 4;
constexpr int kFilterPriority = 0, kGuardPriority = -300, kDestinationNat = -100, kSourceNat = 100;

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
//
// As `nft` has them they stand in tests/unit/netmgr/ruleset_test.cpp, which sees that the kernel is told the
// same.

Bytes byte(int value) {
  const auto narrow = static_cast<uint8_t>(value);
  return {reinterpret_cast<const char*>(&narrow), 1};
}
Bytes word(uint32_t value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}
Bytes bytes_of(const Address& address) {
  return {reinterpret_cast<const char*>(address.bytes.data()), address.size()};
}
Bytes bytes_of(const std::string& address) {
  const std::optional<Address> parsed = parse_address(address);
  if (!parsed) throw sys::Error(EINVAL, "change the firewall", address);
  return bytes_of(*parsed);
}
Bytes port_bytes(uint16_t port) {
  const uint16_t wire = htons(port);
  return nf::part(&wire, sizeof wire);
}

Rule& of_family(Rule& rule, int family) {
  return rule.meta(NFT_META_NFPROTO).equals(byte(family));
}
Rule& address_at(Rule& rule, uint32_t offset, uint32_t size, uint32_t to = Rule::kFirst) {
  return rule.payload(NFT_PAYLOAD_NETWORK_HEADER, offset, size, to);
}
Rule& from_link(Rule& rule) {
  return rule.meta(NFT_META_IIFNAME);
}
Rule& to_link(Rule& rule) {
  return rule.meta(NFT_META_OIFNAME);
}
Rule& not_loopback_link(Rule& rule) {
  return from_link(rule).differs(nf::link_name("lo"));
}
Rule& within_loopback(Rule& rule, uint32_t offset) {
  of_family(rule, NFPROTO_IPV4);
  return address_at(rule, offset, 1).equals(byte(IN_LOOPBACKNET));
}
Rule& ip6_destination(Rule& rule) {
  of_family(rule, NFPROTO_IPV6);
  return address_at(rule, kIp6Destination, kIp6Size);
}
Bytes loopback6() {
  return {reinterpret_cast<const char*>(&in6addr_loopback), sizeof in6addr_loopback};
}
Rule& is_local(Rule& rule) {
  return rule.destination_type().equals(word(RTN_LOCAL));
}
Rule& was_rewritten(Rule& rule) {
  return rule.conntrack(NFT_CT_STATUS).mask(IPS_DST_NAT).differs(word(0));
}

// Where the destination is the host: to the container that the port leads to. `rule` stands behind the
// condition that it is.
void lead_in(Rule& rule, bool v6, bool one_address) {
  uint32_t next = Rule::kPart;  // of the key
  if (one_address) {
    of_family(rule, v6 ? NFPROTO_IPV6 : NFPROTO_IPV4);
    address_at(rule, v6 ? kIp6Destination : kIpDestination, v6 ? kIp6Size : kIpSize);
    next += (v6 ? kIp6Size : kIpSize) / kPartSize;
  }
  rule.meta(NFT_META_L4PROTO, next);
  rule.payload(NFT_PAYLOAD_TRANSPORT_HEADER, kPortOffset, kPortSize, next + 1);
  rule.lookup(v6 ? (one_address ? "address_ports6" : "ports6") : (one_address ? "address_ports" : "ports"));
  rule.destination_nat(v6 ? NFPROTO_IPV6 : NFPROTO_IPV4, Rule::kPart,
                       Rule::kPart + (v6 ? kIp6Size : kIpSize) / kPartSize);
}

void put_sets(Transaction& changes) {
  using namespace nf;  // NOLINT(google-build-using-namespace): names of data types
  constexpr uint32_t kName = IFNAMSIZ, kPort = 2 * kPartSize;
  constexpr uint32_t kPortKey = type_of({kProtocol, kService});
  for (const char* name : {"bridges", "internal"}) changes.add_set({name, kLinkName, kName});
  changes.add_set({"same", type_of({kLinkName, kLinkName}), 2 * kName});
  changes.add_set({"plain", kLinkName, kName});
  changes.add_set({"own", type_of({kLinkName, kIpv4}), kName + kIpSize, 0, 0, {kName, kIpSize}});
  changes.add_set({"own6", type_of({kLinkName, kIpv6}), kName + kIp6Size, 0, 0, {kName, kIp6Size}});
  constexpr uint32_t kTarget = type_of({kIpv4, kService}), kTarget6 = type_of({kIpv6, kService});
  changes.add_set({"ports", kPortKey, kPort, kTarget, kIpSize + kPartSize});
  changes.add_set({"address_ports", type_of({kIpv4, kProtocol, kService}), kIpSize + kPort, kTarget,
                   kIpSize + kPartSize});
  changes.add_set({"ports6", kPortKey, kPort, kTarget6, kIp6Size + kPartSize});
  changes.add_set({"address_ports6", type_of({kIpv6, kProtocol, kService}), kIp6Size + kPort, kTarget6,
                   kIp6Size + kPartSize});
}

void put_chains(Transaction& changes) {
  changes.add_chain("guard", {{"filter", NF_INET_PRE_ROUTING, kGuardPriority}});
  changes.add_chain("prerouting", {{"nat", NF_INET_PRE_ROUTING, kDestinationNat}});
  changes.add_chain("output", {{"nat", NF_INET_LOCAL_OUT, kDestinationNat}});
  changes.add_chain("postrouting", {{"nat", NF_INET_POST_ROUTING, kSourceNat}});
  changes.add_chain("forward", {{"filter", NF_INET_FORWARD, kFilterPriority}});
  for (const char* name : {"container", "others", "others6"}) changes.add_chain(name);
  for (const char* name : {"guard", "prerouting", "output", "postrouting", "forward", "container"})
    changes.flush_chain(name);
}

void put_guard(Transaction& changes) {
  changes.add_rule("guard", [](Rule& rule) {
    not_loopback_link(rule);
    within_loopback(rule, kIpDestination).verdict(NF_DROP);
  });
  changes.add_rule("guard", [](Rule& rule) {
    from_link(rule).in("bridges");
    within_loopback(rule, kIpSource).verdict(NF_DROP);
  });
  changes.add_rule("guard", [](Rule& rule) {
    not_loopback_link(rule);
    ip6_destination(rule).equals(loopback6()).verdict(NF_DROP);
  });
}

void put_nat(Transaction& changes) {
  for (const bool v6 : {false, true}) {
    for (const bool one_address : {true, false})
      changes.add_rule("prerouting", [&](Rule& rule) { lead_in(is_local(rule), v6, one_address); });
  }
  for (const bool v6 : {false, true}) {
    for (const bool one_address : {true, false}) {
      changes.add_rule("output", [&](Rule& rule) {
        if (v6) ip6_destination(rule).differs(loopback6());
        lead_in(is_local(rule), v6, one_address);
      });
    }
  }
  changes.add_rule("postrouting", [](Rule& rule) {
    from_link(rule).in("bridges");
    from_link(rule).not_in("plain");
    to_link(rule).not_in("bridges").masquerade();
  });
  for (const bool v6 : {false, true}) {
    changes.add_rule("postrouting", [&](Rule& rule) {
      to_link(of_family(rule, v6 ? NFPROTO_IPV6 : NFPROTO_IPV4));
      address_at(rule, v6 ? kIp6Source : kIpSource, v6 ? kIp6Size : kIpSize, Rule::kSecond);
      was_rewritten(rule.in(v6 ? "own6" : "own")).masquerade();
    });
  }
  changes.add_rule("postrouting", [](Rule& rule) {
    within_loopback(rule, kIpSource);
    to_link(rule).in("bridges").masquerade();
  });
}

void put_forward(Transaction& changes) {
  changes.add_rule("forward", [](Rule& r) { from_link(r).in("bridges").verdict(NFT_GOTO, "container"); });
  changes.add_rule("forward", [](Rule& r) { to_link(r).in("bridges").verdict(NFT_GOTO, "container"); });
  for (const char* chain : {"others", "others6"})
    changes.add_rule("forward", [&](Rule& rule) { rule.verdict(NFT_JUMP, chain); });
  changes.add_rule("container", [](Rule& rule) {
    constexpr uint32_t kGoesOn = NF_CT_STATE_BIT(IP_CT_ESTABLISHED) | NF_CT_STATE_BIT(IP_CT_RELATED);
    rule.conntrack(NFT_CT_STATE).mask(kGoesOn).differs(word(0)).verdict(NF_ACCEPT);
  });
  changes.add_rule("container", [](Rule& rule) {
    from_link(rule).meta(NFT_META_OIFNAME, Rule::kSecond).in("same").verdict(NF_ACCEPT);
  });
  changes.add_rule("container", [](Rule& rule) { from_link(rule).in("internal").verdict(NF_DROP); });
  changes.add_rule("container", [](Rule& rule) { to_link(rule).in("internal").verdict(NF_DROP); });
  changes.add_rule("container", [](Rule& rule) { was_rewritten(rule).verdict(NF_ACCEPT); });
  changes.add_rule("container", [](Rule& rule) { to_link(rule).in("bridges").verdict(NF_DROP); });
}

// The kernel has had a message for "delete if there" since Linux 6.3 only; adding what is there changes
// nothing.
void remove(Transaction& changes, const char* set, const Bytes& key) {
  changes.add_element(set, {key, {}, {}});
  changes.delete_element(set, {key, {}, {}});
}
void put(Transaction& changes, const char* set, const Bytes& key, bool is_in) {
  if (is_in) {
    changes.add_element(set, {key, {}, {}});
  } else {
    remove(changes, set, key);
  }
}

bool is_for_any_address(const Publish& port) {
  return port.host_ip.empty() || port.host_ip == "0.0.0.0" || port.host_ip == "::";
}

const char* map_of(const Publish& port) {
  if (is_ipv6(port.container_ip)) return is_for_any_address(port) ? "ports6" : "address_ports6";
  return is_for_any_address(port) ? "ports" : "address_ports";
}

Element element_of(const Publish& port) {
  const Bytes protocol = byte(protocol_number(port.protocol));
  Element element;
  if (!is_for_any_address(port)) element.key = bytes_of(port.host_ip);
  element.key += nf::part(protocol.data(), protocol.size()) + port_bytes(port.host_port);
  element.data = bytes_of(port.container_ip) + port_bytes(port.container_port);
  return element;
}

Element own_element(const std::string& bridge, const Subnet& subnet) {
  const Bytes name = nf::link_name(bridge);
  return {name + bytes_of(subnet.base), name + bytes_of(subnet.last_address()), {}};
}

template <typename Use>
void each_own_element(const std::string& bridge, const std::vector<std::string>& subnets, Use use) {
  for (const std::string& text : subnets) {
    const std::optional<Subnet> subnet = parse_subnet(text);
    if (!subnet) throw sys::Error(EINVAL, "change the firewall", text);
    use(kOwnSets[subnet->base.v6 ? 1 : 0], own_element(bridge, *subnet));
  }
}

[[noreturn]] void refuse(const char* what) {
  throw sys::Error(EBADMSG, "read the firewall", what);
}

Address address_in(const Bytes& bytes, size_t at, size_t size) {
  if (bytes.size() < at + size) refuse("an address that is cut short");
  Address address;
  address.v6 = size == kIp6Size;
  std::memcpy(address.bytes.data(), bytes.data() + at, size);
  return address;
}

uint16_t port_at(const Bytes& bytes, size_t at) {
  uint16_t wire = 0;
  if (bytes.size() < at + sizeof wire) refuse("a port that is cut short");
  std::memcpy(&wire, bytes.data() + at, sizeof wire);
  return ntohs(wire);
}

// How many bits two addresses begin with alike.
int common_bits(const Address& left, const Address& right) {
  for (int bit = 0; bit < left.bits(); ++bit) {
    const auto at = static_cast<size_t>(bit / 8);
    if (((left.bytes[at] ^ right.bytes[at]) >> (7 - bit % 8) & 1) != 0) return bit;
  }
  return left.bits();
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

void put_base(Transaction& changes) {
  changes.add_table();
  put_sets(changes);
  put_chains(changes);
  put_guard(changes);
  put_nat(changes);
  put_forward(changes);
}

void forward_for_us_alone(Transaction& changes, bool v6) {
  const char* chain = v6 ? "others6" : "others";
  changes.add_set({v6 ? "forwarding6_was_off" : "forwarding_was_off", nf::kLinkName, IFNAMSIZ});
  changes.flush_chain(chain);
  changes.add_rule(
      chain, [&](Rule& rule) { of_family(rule, v6 ? NFPROTO_IPV6 : NFPROTO_IPV4).count().verdict(NF_DROP); },
      fmt::format("IPv{} forwarding was off before compose", v6 ? 6 : 4));
}

void add_advertised(Transaction& changes, const std::vector<std::string>& links) {
  changes.add_set({"advertised", nf::kLinkName, IFNAMSIZ});
  for (const std::string& link : links) put(changes, "advertised", nf::link_name(link), true);
}

void add_network_elements(Transaction& changes, const NetworkRules& rules) {
  const Bytes name = nf::link_name(rules.bridge);
  put(changes, "bridges", name, true);
  each_own_element(rules.bridge, rules.subnets,
                   [&](const char* set, const Element& own) { changes.add_element(set, own); });
  put(changes, "same", name + name, rules.within);
  put(changes, "internal", name, rules.internal);
  put(changes, "plain", name, !rules.masquerade);
}

void delete_network_elements(Transaction& changes, const std::string& bridge,
                             const std::vector<std::string>& subnets) {
  const Bytes name = nf::link_name(bridge);
  for (const char* set : {"bridges", "internal", "plain"}) remove(changes, set, name);
  remove(changes, "same", name + name);
  each_own_element(bridge, subnets,
                   [&](const char* set, const Element& own) { changes.delete_element(set, own); });
}

void add_port_element(Transaction& changes, const Publish& port) {
  changes.add_element(map_of(port), element_of(port));
}
void delete_port_element(Transaction& changes, const Publish& port) {
  changes.delete_element(map_of(port), element_of(port));
}

std::string link_in(const Element& element) {
  return element.key.substr(0, element.key.find('\0'));
}

Publish port_in(const char* map, const Element& element) {
  const std::string name = map;
  const size_t size = name.ends_with('6') ? kIp6Size : kIpSize;
  const size_t host = name.starts_with("address_") ? size : 0;
  if (element.key.size() < host + 2 * kPartSize) refuse("a port that is cut short");
  Publish port;
  if (host > 0) port.host_ip = format_address(address_in(element.key, 0, size));
  port.protocol = protocol_name(static_cast<uint8_t>(element.key[host]));
  port.host_port = port_at(element.key, host + kPartSize);
  port.container_ip = format_address(address_in(element.data, 0, size));
  port.container_port = port_at(element.data, size);
  return port;
}

OwnSubnet subnet_in(const Element& element) {
  const size_t size = element.key.size() > IFNAMSIZ + kIpSize ? kIp6Size : kIpSize;
  Subnet subnet{address_in(element.key, IFNAMSIZ, size), 0};
  const Address end = element.end.empty() ? subnet.base : address_in(element.end, IFNAMSIZ, size);
  subnet.prefix = common_bits(subnet.base, end);
  return {link_in(element), subnet.to_string()};
}

}  // namespace netmgr
