#include "compose/plan/network_checks.h"

#include "compose/plan/naming.h"
#include "engine/address_pool.h"
#include "engine/error.h"
#include "netmgr/address.h"
#include "netmgr/driver.h"

namespace compose {
namespace {

struct Taken {
  std::string network;
  netmgr::Subnet subnet;
};

std::string begin_of(const parser::Network& network) {
  return "network \"" + network.name + "\" (networks." + network.key + "): ";
}

[[noreturn]] void fail(const parser::Network& network, const std::string& what) {
  throw PlanError(begin_of(network) + what);
}

// What the engine would say of it, before anything is stopped.
void check_configuration(const parser::Network& network, const engine::NetworkConfig& config) {
  netmgr::Network place;
  place.driver = config.driver;
  place.options = config.driver_opts;
  for (const auto& pool : config.pools) place.pools.push_back({pool.subnet, pool.gateway});
  const netmgr::Driver* driver = netmgr::find_driver(config.driver);
  if (driver == nullptr) fail(network, "driver '" + config.driver + "' is not supported");
  if (const std::string wrong = driver->complaint(place); !wrong.empty()) fail(network, wrong);
  try {
    engine::with_pools(config, {}, {}, "");
  } catch (const engine::Error& error) {
    const std::string text = error.what(), begin = "network " + config.name + ": ";
    fail(network, text.starts_with(begin) ? text.substr(begin.size()) : text);
  }
}

void check_overlaps(const parser::Network& network, const engine::NetworkConfig& config,
                    std::vector<Taken>& taken) {
  for (const auto& pool : config.pools) {
    const auto subnet = netmgr::parse_subnet(pool.subnet);
    if (!subnet) continue;
    for (const Taken& other : taken) {
      if (other.network != network.name && subnet->overlaps(other.subnet)) {
        fail(network, "subnet " + subnet->to_string() + " overlaps " + other.subnet.to_string() +
                          " of network \"" + other.network +
                          "\": choose another, or leave ipam out to have a free one chosen");
      }
    }
    taken.push_back({network.name, *subnet});
  }
}

void check_endpoints(const parser::Project& project, const parser::Network& network) {
  for (const auto& [name, service] : project.services) {
    const auto on = service.networks.find(network.key);
    if (on == service.networks.end()) continue;
    const std::string wrong = netmgr::complaint_of_endpoint(on->second.driver_opts);
    if (!wrong.empty()) throw PlanError("service \"" + name + "\" on network " + network.key + ": " + wrong);
  }
}

}  // namespace

void check_networks(const parser::Project& project, const Observed& observed, const NetworkReview& review) {
  std::vector<Taken> taken;
  for (const auto& network : observed.networks) {
    for (const auto& pool : network.pools)
      if (const auto subnet = netmgr::parse_subnet(pool.subnet)) taken.push_back({network.name, *subnet});
  }
  for (const auto& [key, verdict] : review.verdicts) {
    if (verdict.kind != Verdict::Kind::kRecreate) continue;
    const std::string& name = project.networks.at(key).name;
    std::erase_if(taken, [&](const Taken& one) { return one.network == name; });
  }
  for (const auto& [key, verdict] : review.verdicts) {
    const parser::Network& network = project.networks.at(key);
    check_endpoints(project, network);
    if (verdict.kind == Verdict::Kind::kKeep) continue;
    const engine::NetworkConfig config = network_config(project, network);
    check_configuration(network, config);
    check_overlaps(network, config, taken);
  }
}

}  // namespace compose
