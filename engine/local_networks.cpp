// Networks: records, address management, bridges.
#include <unistd.h>

#include <algorithm>

#include "engine/local_engine.h"
#include "netmgr/address.h"
#include "netmgr/driver.h"
#include "netmgr/host_lock.h"
#include "sys/error.h"
#include "sys/file.h"
#include "sys/random.h"

namespace engine {

namespace {

// Held while a subnet is chosen and its bridge made, by every compose on the host whatever its data root: the
// chosen subnet becomes visible to the others as a route only once the bridge is up.
constexpr char kSubnetLock[] = "subnet";

netmgr::Subnet need_subnet(const std::string& text, const std::string& network) {
  const std::optional<netmgr::Subnet> subnet = netmgr::parse_subnet(text);
  if (!subnet || subnet->prefix > 30) {
    throw Error(Error::Kind::kInvalid,
                "network " + network + ": '" + text +
                    "' is not an IPv4 subnet with room for containers (like 172.28.0.0/16)");
  }
  return *subnet;
}

netmgr::Network to_netmgr(const NetworkRecord& record) {
  netmgr::Network network;
  network.id = record.id;
  network.subnet = record.config.subnet;
  network.gateway = record.config.gateway;
  network.internal = record.config.internal;
  const auto mtu = record.config.driver_opts.find("com.docker.network.driver.mtu");
  if (mtu != record.config.driver_opts.end()) network.mtu = std::atoi(mtu->second.c_str());
  return network;
}

void check_options(const NetworkConfig& config) {
  if (config.driver != "bridge") {
    throw Error(Error::Kind::kInvalid, "network " + config.name + ": driver '" + config.driver +
                                           "' is not supported yet; use bridge");
  }
  for (const auto& [key, value] : config.driver_opts) {
    if (key != "com.docker.network.driver.mtu") {
      throw Error(Error::Kind::kInvalid,
                  "network " + config.name + ": driver option '" + key + "' is not supported yet");
    }
    const int mtu = std::atoi(value.c_str());
    if (mtu < 68 || mtu > 65535) {
      throw Error(Error::Kind::kInvalid,
                  "network " + config.name + ": mtu '" + value + "' is not between 68 and 65535");
    }
  }
}

void check_gateway(const NetworkConfig& config, const netmgr::Subnet& subnet) {
  const std::optional<uint32_t> gateway = netmgr::parse_address(config.gateway);
  if (!gateway || !subnet.contains(*gateway) || *gateway == subnet.base || *gateway > subnet.last()) {
    throw Error(Error::Kind::kInvalid, "network " + config.name + ": gateway '" + config.gateway +
                                           "' is not a host address of subnet " + config.subnet);
  }
}

}  // namespace

std::vector<NetworkInfo> LocalEngine::networks() {
  std::vector<NetworkInfo> infos;
  db_.read([&] {
    for (const NetworkRecord& record : list_networks(db_)) infos.push_back(record.info());
  });
  return infos;
}

NetworkInfo LocalEngine::create_network(const NetworkConfig& config) {
  if (config.name == kDefaultNetwork || config.name == "host" || config.name == "none") {
    throw Error(Error::Kind::kInvalid,
                "network " + config.name + ": the engine has a network of this name; choose another name");
  }
  return add_network(config);
}

NetworkInfo LocalEngine::add_network(const NetworkConfig& config) {
  check_options(config);
  NetworkRecord record;
  record.id = sys::random_hex(64);
  record.config = config;
  record.created_ms = now_ms();
  const sys::FileLock lock = netmgr::lock_on_host(kSubnetLock);
  std::vector<netmgr::Subnet> taken = netmgr::host_routes();
  db_.write([&] {
    if (find_network(db_, config.name)) {
      throw Error(Error::Kind::kConflict, "network " + config.name + " already exists");
    }
    for (const NetworkRecord& other : list_networks(db_))
      taken.push_back(need_subnet(other.config.subnet, other.config.name));
    if (config.subnet.empty()) {
      const std::optional<netmgr::Subnet> free = netmgr::free_subnet(taken);
      if (!free) {
        throw Error(Error::Kind::kUnavailable,
                    "network " + config.name +
                        ": every subnet of the address pool is in use; remove unused networks "
                        "or give one under ipam.config.subnet");
      }
      record.config.subnet = free->to_string();
    }
    const netmgr::Subnet subnet = need_subnet(record.config.subnet, config.name);
    if (!config.subnet.empty()) {
      for (const netmgr::Subnet& other : taken) {
        if (subnet.overlaps(other)) {
          throw Error(Error::Kind::kConflict, "network " + config.name + ": subnet " + config.subnet +
                                                  " overlaps " + other.to_string() +
                                                  ", which this host already routes");
        }
      }
    }
    if (record.config.gateway.empty()) record.config.gateway = netmgr::format_address(subnet.first());
    check_gateway(record.config, subnet);
    insert_network(db_, record);
  });
  bring_up(record);
  note("network", "create", record.id, {{"name", config.name}, {"type", config.driver}});
  return record.info();
}

void LocalEngine::bring_up(const NetworkRecord& record) {
  const std::lock_guard<std::mutex> lock(network_mutex_);
  if (networks_up_.contains(record.id)) return;
  const netmgr::Network network = to_netmgr(record);
  sys::make_dirs(paths_.run_network(record.id));
  if (!netmgr::network_is_up(network)) netmgr::setup_network(network);
  networks_up_.insert(record.id);
}

void LocalEngine::remove_network(const std::string& name) {
  std::optional<NetworkRecord> record;
  // In one transaction, so that no container can join in between; and the row goes last: what a killed
  // process left is found from it.
  db_.write([&] {
    record = find_network(db_, name);
    if (!record) return;
    const std::vector<std::string> users = network_users(db_, record->id);
    if (!users.empty()) {
      throw Error(Error::Kind::kConflict, "network " + name + " is in use by container " + users.front() +
                                              (users.size() > 1 ? " and others" : ""));
    }
    netmgr::teardown_network(record->id);
    if (list_networks(db_).size() == 1) netmgr::remove_firewall_if_unused();
    delete_network(db_, record->id);
  });
  if (!record) return;
  sys::remove_tree(paths_.run_network(record->id));
  {
    const std::lock_guard<std::mutex> lock(network_mutex_);
    networks_up_.erase(record->id);
  }
  note("network", "destroy", record->id, {{"name", name}, {"type", record->config.driver}});
}

EndpointRecord LocalEngine::allocate(const AttachmentConfig& attachment) {
  const std::optional<NetworkRecord> network = find_network(db_, attachment.network);
  if (!network) {
    throw Error(Error::Kind::kNotFound, "no such network: " + attachment.network);
  }
  const netmgr::Subnet subnet = need_subnet(network->config.subnet, attachment.network);
  std::set<std::string> taken;
  for (std::string& address : network_addresses(db_, network->id)) taken.insert(std::move(address));
  taken.insert(network->config.gateway);
  EndpointRecord endpoint;
  endpoint.network_id = network->id;
  endpoint.aliases = attachment.aliases;
  uint32_t chosen = 0;
  if (!attachment.ipv4_address.empty()) {
    const std::optional<uint32_t> wanted = netmgr::parse_address(attachment.ipv4_address);
    if (!wanted || !subnet.contains(*wanted) || *wanted == subnet.base || *wanted > subnet.last()) {
      throw Error(Error::Kind::kInvalid, "address " + attachment.ipv4_address +
                                             " is not a host address of network " + attachment.network +
                                             " (" + network->config.subnet + ")");
    }
    if (taken.contains(attachment.ipv4_address)) {
      throw Error(Error::Kind::kConflict, "address " + attachment.ipv4_address + " of network " +
                                              attachment.network + " is already in use");
    }
    chosen = *wanted;
  } else {
    chosen = subnet.first();
    while (chosen <= subnet.last() && taken.contains(netmgr::format_address(chosen))) ++chosen;
    if (chosen > subnet.last()) {
      throw Error(Error::Kind::kUnavailable, "network " + attachment.network + " (" + network->config.subnet +
                                                 ") has no free address left");
    }
  }
  endpoint.address = netmgr::format_address(chosen);
  endpoint.mac = attachment.mac_address.empty() ? netmgr::mac_for(chosen) : attachment.mac_address;
  return endpoint;
}

void LocalEngine::disconnect_container(const std::string& id) {
  const sys::FileLock lock = lock_container(need_container(id).id);
  const ContainerRecord record = need_container(id);
  if (goes_on(status_of(record.id))) {
    throw Error(Error::Kind::kConflict, "container " + record.config.name +
                                            " is running; stop it before it is taken off its networks");
  }
  release(record);
  db_.write([&] { delete_endpoints(db_, record.id); });
}

void LocalEngine::connect_again(ContainerRecord& record) {
  if (!record.endpoints.empty() || record.config.networks.empty()) return;
  db_.write([&] {
    for (const AttachmentConfig& attachment : record.config.networks)
      record.endpoints.push_back(allocate(attachment));
    insert_endpoints(db_, record);
  });
}

}  // namespace engine
