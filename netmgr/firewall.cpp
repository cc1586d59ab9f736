#include "netmgr/firewall.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "netmgr/address.h"
#include "netmgr/host_lock.h"
#include "netmgr/namespace_scope.h"
#include "netmgr/ruleset.h"
#include "sys/error.h"

namespace netmgr {
namespace {

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
  state.exists = nf::has_table();
  if (!state.exists) return state;
  const auto elements = [](const char* set) {
    return nf::elements_of(set).value_or(std::vector<nf::Element>());
  };
  state.v4.was_off = nf::elements_of("forwarding_was_off").has_value();
  state.v6.was_off = nf::elements_of("forwarding6_was_off").has_value();
  state.v4.for_us_alone = nf::has_rules("others");
  state.v6.for_us_alone = nf::has_rules("others6");
  for (const nf::Element& element : elements("bridges")) state.bridges.push_back(link_in(element));
  for (const nf::Element& element : elements("advertised")) state.advertised.push_back(link_in(element));
  for (const char* set : kOwnSets)
    for (const nf::Element& element : elements(set)) state.subnets.push_back(subnet_in(element));
  for (const char* map : kPortMaps)
    for (const nf::Element& element : elements(map)) state.ports.push_back(port_in(map, element));
  return state;
}

void add_network(const FirewallLock&, const NetworkRules& rules, bool v4_was_off, bool v6_was_off,
                 const std::vector<std::string>& advertised) {
  nf::Transaction changes;
  put_base(changes);
  add_network_elements(changes, rules);
  if (v4_was_off) forward_for_us_alone(changes, false);
  if (v6_was_off) {
    forward_for_us_alone(changes, true);
    add_advertised(changes, advertised);
  }
  changes.commit("network " + rules.bridge);
}

void remove_network(const FirewallLock&, const std::string& bridge, const FirewallState& state) {
  if (!state.exists) return;
  std::vector<std::string> subnets, others;  // another network may have its subnets already
  for (const OwnSubnet& own : state.subnets) (own.bridge == bridge ? subnets : others).push_back(own.subnet);
  nf::Transaction changes;
  put_base(changes);  // the table may be of an earlier version, with fewer sets
  delete_network_elements(changes, bridge, subnets);
  for (const Publish& port : state.ports) {
    if (is_within(port.container_ip, subnets) && !is_within(port.container_ip, others))
      delete_port_element(changes, port);
  }
  changes.commit("network " + bridge);
}

bool knows_bridge(const std::string& bridge) {
  return nf::has_element("bridges", nf::link_name(bridge));
}

void add_ports(const FirewallLock&, const std::vector<Publish>& ports, bool (*is_alive)(const std::string&)) {
  const auto add_all = [&](nf::Transaction& changes) {
    for (const Publish& port : ports) add_port_element(changes, port);
  };
  for (const Publish& port : ports) require_valid(port);
  nf::Transaction additions;
  add_all(additions);
  const int refused = additions.commit(describe(ports), {EEXIST, ENOENT});
  if (refused == 0) return;
  nf::Transaction changes;
  if (refused == ENOENT) put_base(changes);
  for (const Publish& held : read_firewall().ports) {
    for (const Publish& port : ports) {
      if (!same_key(held, port) || same_target(held, port)) continue;
      if (is_alive(held.container_ip)) {
        throw sys::Error(
            EADDRINUSE, "publish",
            fmt::format("{} (leads to {}:{})", describe(port), held.container_ip, held.container_port));
      }
      delete_port_element(changes, held);
    }
  }
  add_all(changes);
  changes.commit(describe(ports));
}

void remove_ports(const FirewallLock&, const std::vector<Publish>& ports) {
  nf::Transaction deletions;
  for (const Publish& port : ports) {
    require_valid(port);
    // Adding fails with EEXIST when the port leads elsewhere by now, and does nothing when it is as we think.
    add_port_element(deletions, port);
    delete_port_element(deletions, port);
  }
  if (deletions.commit(describe(ports), {EEXIST, ENOENT}) == 0) return;
  nf::Transaction changes;
  for (const Publish& held : read_firewall().ports) {
    const bool asked = std::any_of(ports.begin(), ports.end(), [&](const Publish& port) {
      return same_key(held, port) && same_target(held, port);
    });
    if (asked) delete_port_element(changes, held);
  }
  if (!changes.is_empty()) changes.commit(describe(ports));
}

void delete_table(const FirewallLock&) {
  nf::Transaction changes;
  changes.delete_table();
  changes.commit("table inet compose", {ENOENT});
}

}  // namespace netmgr
