// Networks: records, address management, bridges.
#include <unistd.h>

#include <algorithm>

#include "engine/address_pool.h"
#include "engine/local_engine.h"
#include "engine/network_of_record.h"
#include "netmgr/address.h"
#include "netmgr/driver.h"
#include "netmgr/host_lock.h"
#include "netmgr/routes.h"
#include "sys/background.h"
#include "sys/error.h"
#include "sys/file.h"
#include "sys/random.h"

namespace engine {

namespace {

// Held while a subnet is chosen and its bridge made, by every compose on the host whatever its data root: the
// chosen subnet becomes visible to the others as a route only once the bridge is up.
constexpr char kSubnetLock[] = "subnet";

// What the driver cannot have is said before anything is made.
void check_driver(const NetworkRecord& record) {
  const netmgr::Network network = to_netmgr(record);
  const netmgr::Driver* driver = netmgr::find_driver(network.driver);
  const std::string complaint =
      driver == nullptr ? "driver '" + network.driver + "' is not supported; bridge and macvlan are"
                        : driver->complaint(network);
  if (!complaint.empty())
    throw Error(Error::Kind::kInvalid, "network " + record.config.name + ": " + complaint);
}

void check_beside(const NetworkRecord& record, const std::vector<NetworkRecord>& others) {
  const netmgr::Network network = to_netmgr(record);
  const netmgr::Driver& driver = netmgr::driver_of(network);
  for (const NetworkRecord& other : others) {
    if (other.config.driver != record.config.driver) continue;
    const std::string clash = driver.clash(network, to_netmgr(other));
    if (!clash.empty())
      throw Error(Error::Kind::kConflict,
                  "network " + record.config.name + ": " + clash + ", of " + other.config.name);
  }
}

std::vector<netmgr::Subnet> subnets_of(const std::vector<NetworkRecord>& networks) {
  std::vector<netmgr::Subnet> subnets;
  for (const NetworkRecord& network : networks)
    for (const PoolConfig& pool : network.config.pools)
      if (const auto subnet = netmgr::parse_subnet(pool.subnet)) subnets.push_back(*subnet);
  return subnets;
}

// What a bridge's subnet must not overlap. A route into a wider one, as of a VPN, is none of it: the
// bridge's, which is narrower, goes before it.
std::vector<netmgr::Subnet> in_the_way(const NetworkConfig& config,
                                       const std::vector<netmgr::HostRoute>& routes) {
  std::vector<netmgr::Subnet> subnets;
  for (const netmgr::HostRoute& route : routes) {
    const bool wins = std::any_of(config.pools.begin(), config.pools.end(), [&](const PoolConfig& pool) {
      const auto subnet = netmgr::parse_subnet(pool.subnet);
      return subnet && subnet->contains(route.destination);
    });
    if (route.connected || wins) subnets.push_back(route.destination);
  }
  return subnets;
}

// Another on every machine, the same as long as it is this one; where the machine has none, this engine's.
std::string machine_seed(const std::string& data_root) {
  const std::string machine = sys::read_file_if_exists("/etc/machine-id").value_or("");
  return machine.size() > 1 ? machine : data_root;
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
  return create_network_early(config, {});
}

NetworkInfo LocalEngine::create_network_early(const NetworkConfig& config,
                                              const std::function<void()>& recorded) {
  if (config.name == kDefaultNetwork || config.name == "host" || config.name == "none") {
    throw Error(Error::Kind::kInvalid,
                "network " + config.name + ": the engine has a network of this name; choose another name");
  }
  return add_network(config, recorded);
}

NetworkInfo LocalEngine::add_network(const NetworkConfig& config, const std::function<void()>& recorded) {
  NetworkRecord record;
  record.id = sys::random_hex(64);
  record.config = config;
  record.created_ms = now_ms();
  check_driver(record);
  const sys::FileLock lock = netmgr::lock_on_host(kSubnetLock);
  const std::vector<netmgr::HostRoute> routes = netmgr::host_routes();
  const std::string seed = machine_seed(paths_.data_root);
  const auto insert = [&] {
    if (find_network(db_, config.name)) {
      throw Error(Error::Kind::kConflict, "network " + config.name + " already exists");
    }
    const std::vector<NetworkRecord> others = list_networks(db_);
    check_beside(record, others);
    const std::vector<netmgr::Subnet> ours = subnets_of(others);
    std::vector<netmgr::Subnet> taken = ours, forbidden = ours;
    for (const netmgr::HostRoute& route : routes) taken.push_back(route.destination);
    // Only what a driver publishes from is the host's to route: on others the host's own subnet may be meant.
    if (netmgr::find_driver(config.driver)->publishes())
      for (const netmgr::Subnet& subnet : in_the_way(config, routes)) forbidden.push_back(subnet);
    record.config = with_pools(config, taken, forbidden, seed);
    insert_network(db_, record);
  };
  db_.write(insert, Durability::kSettled);
  const auto tell = [&](const char* action) {
    note("network", action, record.id, {{"name", config.name}, {"type", config.driver}});
  };
  // A bridge by itself mostly succeeds; where the host has a say in it, no container is to be left with it.
  const bool early =
      recorded && config.driver == "bridge" && !config.enable_ipv6 && config.driver_opts.empty();
  if (early) {
    tell("create");
    recorded();
  }
  try {
    bring_up(record);
  } catch (...) {
    try {
      take_away_network(record.id, netmgr::teardown_network);
      if (early) tell("destroy");
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): what went wrong is what to tell
    }
    throw;
  }
  if (!early) tell("create");
  return record.info();
}

void LocalEngine::bring_up(const NetworkRecord& record) {
  const std::lock_guard<std::mutex> lock(network_mutex_);
  if (networks_up_.contains(record.id)) return;
  netmgr::Network network = to_netmgr(record, mark_of(paths_.data_root));
  network.memory = paths_.run_network(record.id) + "/rules";
  sys::make_dirs(paths_.run_network(record.id));
  if (!netmgr::network_is_up(network)) netmgr::setup_network(network);
  networks_up_.insert(record.id);
}

void LocalEngine::remove_network(const std::string& name) {
  if (const auto record = take_away_network(name, netmgr::teardown_network))
    note("network", "destroy", record->id, {{"name", name}, {"type", record->config.driver}});
}

void LocalEngine::retire_network(const std::string& name) {
  if (exit_hook_.empty()) {
    remove_network(name);
    return;
  }
  std::string link;
  const auto record = take_away_network(name, [&](const netmgr::Network& network, const auto& others) {
    link = netmgr::retire_network(network, others);
  });
  if (!record) return;
  note("network", "destroy", record->id, {{"name", name}, {"type", record->config.driver}});
  if (link.empty()) return;
  // Should it be killed, `remove_unclaimed_links` finds what is left.
  std::vector<std::string> words = exit_hook_;
  words.insert(words.end(), {"--link", link});
  try {
    const std::lock_guard<std::mutex> lock(network_mutex_);
    link_enders_.push_back(sys::start_in_background(words));
  } catch (const sys::Error&) {  // no process to be had
    netmgr::end_link(link);
  }
}

std::optional<NetworkRecord> LocalEngine::take_away_network(const std::string& name, const NetworkEnd& end) {
  std::optional<NetworkRecord> record;
  // In one transaction, so that no container can join in between; and the row goes last: what a killed
  // process left is found from it.
  const auto take_away = [&] {
    record = find_network(db_, name);
    if (!record) return;
    const std::vector<std::string> users = network_users(db_, record->id);
    if (!users.empty()) {
      throw Error(Error::Kind::kConflict, "network " + name + " is in use by container " + users.front() +
                                              (users.size() > 1 ? " and others" : ""));
    }
    std::vector<netmgr::Network> others;
    const std::string mark = mark_of(paths_.data_root);
    for (const NetworkRecord& other : list_networks(db_))
      if (other.id != record->id) others.push_back(to_netmgr(other, mark));
    end(to_netmgr(*record), others);
    delete_network(db_, record->id);
  };
  db_.write(take_away, Durability::kSettled);
  if (!record) return record;
  sys::remove_tree(paths_.run_network(record->id));
  const std::lock_guard<std::mutex> lock(network_mutex_);
  networks_up_.erase(record->id);
  return record;
}

EndpointRecord LocalEngine::allocate(const AttachmentConfig& attachment) {
  const std::optional<NetworkRecord> network = find_network(db_, attachment.network);
  if (!network) {
    throw Error(Error::Kind::kNotFound, "no such network: " + attachment.network);
  }
  if (const std::string wrong = netmgr::complaint_of_endpoint(attachment.driver_opts); !wrong.empty())
    throw Error(Error::Kind::kInvalid, "network " + attachment.network + ": " + wrong);
  check_link_local(network->config, attachment.link_local_ips);
  const std::set<std::string> taken = network_addresses(db_, network->id);
  EndpointRecord endpoint;
  endpoint.network_id = network->id;
  endpoint.aliases = attachment.aliases;
  endpoint.address = choose_address(network->config, false, attachment.ipv4_address, taken);
  endpoint.address6 = choose_address(network->config, true, attachment.ipv6_address, taken);
  endpoint.mac = attachment.mac_address;
  const std::string& main = endpoint.address.empty() ? endpoint.address6 : endpoint.address;
  if (endpoint.mac.empty()) endpoint.mac = netmgr::mac_for(*netmgr::parse_address(main));
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
