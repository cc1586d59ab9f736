#include "engine/network_of_record.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "netmgr/address.h"
#include "sys/error.h"

namespace engine {

netmgr::Network to_netmgr(const NetworkRecord& record, const std::string& owner) {
  netmgr::Network network;
  network.owner = owner;
  network.id = record.id;
  network.driver = record.config.driver;
  network.internal = record.config.internal;
  network.options = record.config.driver_opts;
  for (const PoolConfig& pool : record.config.pools) network.pools.push_back({pool.subnet, pool.gateway});
  return network;
}

std::string mark_of(const std::string& data_root) {
  struct stat status {};
  sys::check(::stat(data_root.c_str(), &status), "stat", data_root);
  return fmt::format("{:016x}", netmgr::digest_of(fmt::format("{}:{}", status.st_dev, status.st_ino)));
}

bool leads_out(const NetworkRecord& record) {
  const netmgr::Network network = to_netmgr(record);
  return netmgr::driver_of(network).leads_out(network);
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
