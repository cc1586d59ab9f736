#include "engine/address_pool.h"

#include <algorithm>
#include <optional>

#include "engine/error.h"

namespace engine {

namespace {

using netmgr::Address;
using netmgr::Subnet;

[[noreturn]] void invalid(const NetworkConfig& config, const std::string& what) {
  throw Error(Error::Kind::kInvalid, "network " + config.name + ": " + what);
}

std::string family(bool v6) {
  return v6 ? "IPv6" : "IPv4";
}

// With an address for the host and one for a container.
Subnet need_subnet(const NetworkConfig& config, const std::string& text) {
  const std::optional<Subnet> subnet = netmgr::parse_subnet(text);
  if (!subnet || subnet->prefix > subnet->base.bits() - 2)
    invalid(config,
            "'" + text + "' is not a subnet with room for containers (like 172.28.0.0/16 or fd00:28::/64)");
  return *subnet;
}

// What addresses are given out of: the range, or else the subnet.
Subnet range_of(const NetworkConfig& config, const PoolConfig& pool, const Subnet& subnet) {
  if (pool.ip_range.empty()) return subnet;
  const std::optional<Subnet> range = netmgr::parse_subnet(pool.ip_range);
  if (!range || !subnet.contains(*range))
    invalid(config, "ip_range '" + pool.ip_range + "' is not within the subnet " + pool.subnet);
  return *range;
}

Address need_host(const NetworkConfig& config, const std::string& what, const std::string& text,
                  const Subnet& subnet) {
  const std::optional<Address> address = netmgr::parse_address(text);
  if (!address || !subnet.is_host(*address))
    invalid(config, what + " '" + text + "' is not a host address of subnet " + subnet.to_string());
  return *address;
}

// The lowest of the range that is not among `taken`.
std::optional<Address> lowest_free(const Subnet& subnet, const Subnet& range,
                                   const std::set<Address>& taken) {
  const Address last = std::min(range.last_address(), subnet.last());
  Address candidate = std::max(range.base, subnet.first());
  while (candidate <= last && taken.contains(candidate)) candidate = candidate.next();
  return candidate <= last ? std::optional(candidate) : std::nullopt;
}

std::set<Address> auxiliary(const NetworkConfig& config, const PoolConfig& pool, const Subnet& subnet) {
  std::set<Address> addresses;
  for (const auto& [name, text] : pool.aux_addresses)
    addresses.insert(need_host(config, "auxiliary address " + name, text, subnet));
  return addresses;
}

void settle(const NetworkConfig& config, PoolConfig& pool) {
  const Subnet subnet = need_subnet(config, pool.subnet);
  pool.subnet = subnet.to_string();
  const std::set<Address> reserved = auxiliary(config, pool, subnet);
  const Subnet range = range_of(config, pool, subnet);
  if (!pool.gateway.empty()) {
    const Address gateway = need_host(config, "gateway", pool.gateway, subnet);
    if (reserved.contains(gateway))
      invalid(config, "gateway '" + pool.gateway + "' is an auxiliary address too");
    pool.gateway = netmgr::format_address(gateway);
    return;
  }
  const std::optional<Address> gateway = lowest_free(subnet, range, reserved);
  if (!gateway) invalid(config, "no address is left for the gateway of subnet " + pool.subnet);
  pool.gateway = netmgr::format_address(*gateway);
}

bool has_family(const NetworkConfig& config, bool v6) {
  return std::any_of(config.pools.begin(), config.pools.end(),
                     [&](const PoolConfig& pool) { return netmgr::is_ipv6(pool.subnet) == v6; });
}

void add_free_pool(NetworkConfig& config, bool v6, std::vector<Subnet> taken, const std::string& seed) {
  for (const PoolConfig& pool : config.pools) taken.push_back(need_subnet(config, pool.subnet));
  const std::optional<Subnet> free = v6 ? netmgr::free_local_subnet(taken, seed) : netmgr::free_subnet(taken);
  if (!free)
    throw Error(Error::Kind::kUnavailable,
                "network " + config.name + ": every " + family(v6) +
                    " subnet of the address pool is in use; remove unused networks or give one under "
                    "ipam.config.subnet");
  PoolConfig pool;
  pool.subnet = free->to_string();
  config.pools.insert(v6 ? config.pools.end() : config.pools.begin(), pool);
}

}  // namespace

NetworkConfig with_pools(NetworkConfig config, const std::vector<Subnet>& taken,
                         const std::vector<Subnet>& forbidden, const std::string& seed) {
  if (!config.enable_ipv4 && !config.enable_ipv6) invalid(config, "it has neither IPv4 nor IPv6");
  for (size_t index = 0; index < config.pools.size(); ++index) {
    const PoolConfig& pool = config.pools[index];
    if (pool.subnet.empty()) invalid(config, "a gateway, range or auxiliary address needs a subnet");
    const Subnet subnet = need_subnet(config, pool.subnet);
    const bool v6 = subnet.base.v6;
    if (v6 ? !config.enable_ipv6 : !config.enable_ipv4)
      invalid(config, "subnet " + pool.subnet + " is given, but " + family(v6) + " is not enabled");
    for (const Subnet& other : forbidden)
      if (subnet.overlaps(other))
        throw Error(Error::Kind::kConflict, "network " + config.name + ": subnet " + pool.subnet +
                                                " overlaps " + other.to_string() +
                                                ", which this host or another network has already");
    for (size_t before = 0; before < index; ++before)
      if (subnet.overlaps(need_subnet(config, config.pools[before].subnet)))
        invalid(config, "its subnets " + config.pools[before].subnet + " and " + pool.subnet + " overlap");
  }
  if (config.enable_ipv4 && !has_family(config, false)) add_free_pool(config, false, taken, seed);
  if (config.enable_ipv6 && !has_family(config, true)) add_free_pool(config, true, taken, seed);
  for (PoolConfig& pool : config.pools) settle(config, pool);
  return config;
}

std::string choose_address(const NetworkConfig& network, bool v6, const std::string& asked,
                           const std::set<std::string>& taken) {
  const auto in_use = [&](const std::string& address) {
    return Error(Error::Kind::kConflict,
                 "address " + address + " of network " + network.name + " is already in use");
  };
  std::string subnets;
  for (const PoolConfig& pool : network.pools) {
    if (netmgr::is_ipv6(pool.subnet) != v6) continue;
    const Subnet subnet = need_subnet(network, pool.subnet);
    std::set<Address> used = auxiliary(network, pool, subnet);
    for (const std::string& text : taken)
      if (const auto address = netmgr::parse_address(text)) used.insert(*address);
    if (const auto gateway = netmgr::parse_address(pool.gateway)) used.insert(*gateway);
    subnets += (subnets.empty() ? "" : ", ") + pool.subnet;
    if (asked.empty()) {
      if (const auto free = lowest_free(subnet, range_of(network, pool, subnet), used))
        return netmgr::format_address(*free);
      continue;
    }
    const std::optional<Address> wanted = netmgr::parse_address(asked);
    if (!wanted || !subnet.is_host(*wanted)) continue;
    if (used.contains(*wanted)) throw in_use(asked);
    return netmgr::format_address(*wanted);
  }
  if (asked.empty() && subnets.empty()) return "";
  if (asked.empty())
    throw Error(Error::Kind::kUnavailable,
                "network " + network.name + " (" + subnets + ") has no free address left");
  if (subnets.empty())
    throw Error(Error::Kind::kInvalid, "address " + asked + " cannot be had: network " + network.name +
                                           " has no " + family(v6) +
                                           (v6 ? "; make it with enable_ipv6" : ""));
  throw Error(Error::Kind::kInvalid, "address " + asked + " is not a host address of network " +
                                         network.name + " (" + subnets + ")");
}

void check_link_local(const NetworkConfig& network, const std::vector<std::string>& addresses) {
  for (const std::string& text : addresses) {
    const std::optional<Address> address = netmgr::parse_address(text);
    if (!address) invalid(network, "link-local address '" + text + "' is not an address");
    if (address->v6 && !network.enable_ipv6)
      invalid(network, "link-local address " + text + " needs IPv6; make it with enable_ipv6");
  }
}

std::string canonical_address(const std::string& text) {
  const std::optional<Address> address = netmgr::parse_address(text);
  return address ? netmgr::format_address(*address) : text;
}

}  // namespace engine
