#include "engine/build_network.h"

#include <unistd.h>

#include "netmgr/address.h"
#include "netmgr/driver.h"
#include "netmgr/namespace_scope.h"
#include "sys/process.h"
#include "sys/random.h"

namespace engine {

namespace {
constexpr char kOwnerLabel[] = "io.compose.build.owner";  // "<pid> <start time>"
}

bool is_build_network(const NetworkInfo& network) {
  return network.labels.contains(kOwnerLabel);
}

bool is_abandoned_build_network(const NetworkInfo& network) {
  const auto owner = network.labels.find(kOwnerLabel);
  if (owner == network.labels.end()) return false;
  const size_t space = owner->second.find(' ');
  if (space == std::string::npos) return true;
  const sys::ProcessId id{static_cast<pid_t>(std::stol(owner->second)),
                          std::stoull(owner->second.substr(space + 1))};
  return !sys::is_alive(id);
}

BuildNetwork::~BuildNetwork() {
  if (!network_) return;
  try {
    engine_.remove_network(network_->name);
  } catch (const std::exception&) {  // a reconcile finds it by its label once this process is gone
  }
}

BuildNetwork::Place BuildNetwork::attach() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!network_) {
    NetworkConfig config;
    config.name = "compose-build-" + sys::random_hex(12);
    config.labels[kOwnerLabel] =
        std::to_string(::getpid()) + ' ' + std::to_string(sys::start_time_of(::getpid()).value_or(0));
    network_ = engine_.create_network(config);
  }
  netmgr::Network network;
  network.id = network_->id;
  const PoolConfig& pool = *pool_of(network_->pools, false);
  network.pools = {{pool.subnet, pool.gateway}};
  last_ = last_ ? last_->next() : netmgr::parse_subnet(pool.subnet)->first().next();
  netmgr::Endpoint endpoint;
  endpoint.container_id = sys::random_hex(64);
  endpoint.address = netmgr::format_address(*last_);
  endpoint.default_route = true;
  Place place{netmgr::new_namespace(), endpoint.address, pool.gateway};
  netmgr::attach(network, endpoint, place.netns);
  return place;
}

}  // namespace engine
