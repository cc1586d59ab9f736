#include "netmgr/firewall.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "netmgr/address.h"
#include "netmgr/host_lock.h"
#include "netmgr/namespace_scope.h"
#include "netmgr/nft.h"
#include "netmgr/ruleset.h"
#include "sys/error.h"

namespace netmgr {
namespace {

using nlohmann::json;

// A host address of "0.0.0.0", "::" and none mean the same and are one key in the kernel.
std::string host_of(const Publish& port) {
  return port.host_ip == "0.0.0.0" || port.host_ip == "::" ? std::string{} : port.host_ip;
}

bool same_key(const Publish& left, const Publish& right) {
  return host_of(left) == host_of(right) && left.host_port == right.host_port &&
         left.protocol == right.protocol && is_ipv6(left.container_ip) == is_ipv6(right.container_ip);
}

bool same_target(const Publish& left, const Publish& right) {
  return left.container_ip == right.container_ip && left.container_port == right.container_port;
}

std::string describe(const Publish& port) {
  const std::string any = is_ipv6(port.container_ip) ? "::" : "0.0.0.0";
  const std::string host = host_of(port).empty() ? any : port.host_ip;
  return host_and_port(host, std::to_string(port.host_port)) + '/' + port.protocol;
}

std::string describe(const std::vector<Publish>& ports) {
  std::string text;
  for (const Publish& port : ports) text += (text.empty() ? "port " : ", ") + describe(port);
  return text;
}

// The texts go into a command, so nothing but addresses and numbers may be in them.
void require_valid(const Publish& port) {
  if (protocol_number(port.protocol) == 0) {
    throw sys::Error(EPROTONOSUPPORT, "publish protocol " + port.protocol, describe(port));
  }
  const std::optional<Address> container = parse_address(port.container_ip);
  if (!container)
    throw sys::Error(EAFNOSUPPORT, "publish to container address " + port.container_ip, describe(port));
  if (!port.host_ip.empty()) {
    const std::optional<Address> host = parse_address(port.host_ip);
    if (!host || host->v6 != container->v6)
      throw sys::Error(EAFNOSUPPORT, "publish on host address " + port.host_ip, describe(port));
  }
  if (port.host_port == 0 || port.container_port == 0)
    throw sys::Error(EINVAL, "publish port 0", describe(port));
}

std::string parse_protocol(const json& value) {
  return value.is_number() ? protocol_name(value.get<int>()) : value.get<std::string>();
}

// One element of a map of ports: [{concat: key}, {concat: target}].
Publish parse_port(const json& element) {
  const json& key = element.at(0).at("concat");
  const json& target = element.at(1).at("concat");
  const size_t first = key.size() - 2;
  Publish port;
  if (first == 1) port.host_ip = key.at(0).get<std::string>();
  port.protocol = parse_protocol(key.at(first));
  port.host_port = key.at(first + 1).get<uint16_t>();
  port.container_ip = target.at(0).get<std::string>();
  port.container_port = target.at(1).get<uint16_t>();
  return port;
}

// One element of `own` or `own6`: bridge and prefix, where a whole address is plain.
FirewallState::OwnSubnet parse_subnet_element(const json& element) {
  const json& key = element.at("concat");
  const json& subnet = key.at(1);
  if (subnet.is_string()) {
    const std::string address = subnet;
    return {key.at(0), address + (is_ipv6(address) ? "/128" : "/32")};
  }
  const json& prefix = subnet.at("prefix");
  return {key.at(0), fmt::format("{}/{}", prefix.at("addr").get<std::string>(), prefix.at("len").get<int>())};
}

void parse_set(const json& set, FirewallState& state) {
  const std::string name = set.at("name");
  if (name == "forwarding_was_off") state.v4.was_off = true;
  if (name == "forwarding6_was_off") state.v6.was_off = true;
  const auto elements = set.find("elem");
  if (elements == set.end()) return;
  for (const json& element : *elements) {
    if (name == "bridges") state.bridges.push_back(element.get<std::string>());
    if (name == "advertised") state.advertised.push_back(element.get<std::string>());
    if (name == "own" || name == "own6") state.subnets.push_back(parse_subnet_element(element));
    if (name.starts_with("ports") || name.starts_with("address_ports"))
      state.ports.push_back(parse_port(element));
  }
}

std::string lock_name() {
  const sys::Fd here = current_namespace();
  struct stat status {};
  sys::check(::fstat(here.get(), &status), "fstat", "network namespace");
  return fmt::format("firewall-{}-{}", status.st_dev, status.st_ino);
}

bool is_within(const std::string& address, const std::vector<std::string>& subnets) {
  const std::optional<Address> parsed = parse_address(address);
  return parsed && std::any_of(subnets.begin(), subnets.end(), [&](const std::string& text) {
           const std::optional<Subnet> subnet = parse_subnet(text);
           return subnet && subnet->contains(*parsed);
         });
}

}  // namespace

FirewallLock::FirewallLock() : lock_(lock_on_host(lock_name())) {}

FirewallState read_firewall() {
  FirewallState state;
  const std::string text = nft::list("list table inet compose", "table inet compose");
  if (text.empty()) return state;
  state.exists = true;
  try {
    const json answer = json::parse(text);
    for (const json& entry : answer.at("nftables")) {
      for (const char* kind : {"set", "map"}) {
        if (const auto found = entry.find(kind); found != entry.end()) parse_set(*found, state);
      }
      const auto rule = entry.find("rule");
      if (rule == entry.end()) continue;
      if (rule->at("chain") == "others") state.v4.for_us_alone = true;
      if (rule->at("chain") == "others6") state.v6.for_us_alone = true;
    }
  } catch (const json::exception& error) {
    throw sys::Error(EBADMSG, fmt::format("read rules ({})", error.what()), "table inet compose");
  }
  return state;
}

void add_network(const FirewallLock&, const NetworkRules& rules, bool v4_was_off, bool v6_was_off,
                 const std::vector<std::string>& advertised) {
  std::string text = base_ruleset() + add_network_elements(rules);
  if (v4_was_off) text += forward_for_us_alone(false);
  if (v6_was_off) text += forward_for_us_alone(true) + add_advertised(advertised);
  nft::run(text, "network " + rules.bridge);
}

void remove_network(const FirewallLock&, const std::string& bridge, const FirewallState& state) {
  if (!state.exists) return;
  std::vector<std::string> subnets, others;  // another network may have its subnets already
  for (const FirewallState::OwnSubnet& own : state.subnets)
    (own.bridge == bridge ? subnets : others).push_back(own.subnet);
  // The table may be of an earlier version, with fewer sets.
  std::string text = base_ruleset() + delete_network_elements(bridge, subnets);
  for (const Publish& port : state.ports) {
    if (is_within(port.container_ip, subnets) && !is_within(port.container_ip, others))
      text += delete_port_element(port);
  }
  nft::run(text, "network " + bridge);
}

bool knows_bridge(const std::string& bridge) {
  return nft::run(fmt::format("get element inet compose bridges {{ \"{}\" }}", bridge), bridge, {ENOENT}) ==
         0;
}

void add_ports(const FirewallLock&, const std::vector<Publish>& ports, bool (*is_alive)(const std::string&)) {
  std::string additions;
  for (const Publish& port : ports) {
    require_valid(port);
    additions += add_port_element(port);
  }
  const int refused = nft::run(additions, describe(ports), {EEXIST, ENOENT});
  if (refused == 0) return;
  std::string text = refused == ENOENT ? base_ruleset() : std::string{};
  for (const Publish& held : read_firewall().ports) {
    for (const Publish& port : ports) {
      if (!same_key(held, port) || same_target(held, port)) continue;
      if (is_alive(held.container_ip)) {
        throw sys::Error(
            EADDRINUSE, "publish",
            fmt::format("{} (leads to {}:{})", describe(port), held.container_ip, held.container_port));
      }
      text += delete_port_element(held);
    }
  }
  nft::run(text + additions, describe(ports));
}

void remove_ports(const FirewallLock&, const std::vector<Publish>& ports) {
  std::string deletions;
  for (const Publish& port : ports) {
    require_valid(port);
    // Adding fails with EEXIST when the port leads elsewhere by now, and does nothing when it is as we think.
    deletions += add_port_element(port) + delete_port_element(port);
  }
  if (nft::run(deletions, describe(ports), {EEXIST, ENOENT}) == 0) return;
  std::string text;
  for (const Publish& held : read_firewall().ports) {
    const bool asked = std::any_of(ports.begin(), ports.end(), [&](const Publish& port) {
      return same_key(held, port) && same_target(held, port);
    });
    if (asked) text += delete_port_element(held);
  }
  if (!text.empty()) nft::run(text, describe(ports));
}

void delete_table(const FirewallLock&) {
  nft::run("delete table inet compose", "table inet compose", {ENOENT});
}

}  // namespace netmgr
