#include "engine/network_of_record.h"

#include "netmgr/address.h"

namespace engine {

netmgr::Network to_netmgr(const NetworkRecord& record) {
  netmgr::Network network;
  network.id = record.id;
  network.driver = record.config.driver;
  network.internal = record.config.internal;
  network.options = record.config.driver_opts;
  for (const PoolConfig& pool : record.config.pools) network.pools.push_back({pool.subnet, pool.gateway});
  return network;
}

std::string gateway_of(const NetworkConfig& network, const std::string& text) {
  const auto address = netmgr::parse_address(text);
  for (const PoolConfig& pool : network.pools) {
    const auto subnet = netmgr::parse_subnet(pool.subnet);
    if (address && subnet && subnet->contains(*address)) return pool.gateway;
  }
  return "";
}

}  // namespace engine
