// Containers put on networks and taken off them for good, also while they run.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "engine/confinement.h"
#include "engine/container/run_files.h"
#include "engine/container/runtime.h"
#include "engine/interfaces.h"
#include "engine/local_engine.h"
#include "engine/published_ports.h"
#include "engine/resolv_conf.h"
#include "netmgr/address.h"
#include "netmgr/dns.h"
#include "netmgr/driver.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine {

namespace {

// The namespace of a process that is known to be this one.
sys::Fd network_namespace(const sys::ProcessId& process) {
  const sys::Fd pidfd = sys::open_pidfd(process);
  sys::Fd netns = sys::open("/proc/" + std::to_string(process.pid) + "/ns/net", O_RDONLY);
  if (!pidfd || !sys::is_alive(process)) sys::fail("open the network namespace", std::to_string(process.pid));
  return netns;
}

// As the process sees them: /proc/PID/net, which its own namespace stands behind (proc_net(5)).
std::string free_interface(const sys::ProcessId& process) {
  const std::string devices = sys::read_file("/proc/" + std::to_string(process.pid) + "/net/dev");
  for (int number = 0;; ++number) {
    const std::string name = "eth" + std::to_string(number);
    if (devices.find(name + ':') == std::string::npos) return name;
  }
}

bool has_default_route(const sys::ProcessId& process) {
  std::istringstream lines(sys::read_file("/proc/" + std::to_string(process.pid) + "/net/route"));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string interface, destination;
    words >> interface >> destination;
    if (destination == "00000000") return true;
  }
  return false;
}

// The interface whose subnet this is: its route stands in hexadecimal, the last byte first.
std::string interface_of(const sys::ProcessId& process, const netmgr::Subnet& subnet) {
  std::istringstream lines(sys::read_file("/proc/" + std::to_string(process.pid) + "/net/route"));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string interface, destination, gateway;
    words >> interface >> destination >> gateway;
    if (destination.size() != 8 || gateway != "00000000") continue;
    const auto reversed = static_cast<uint32_t>(std::stoul(destination, nullptr, 16));
    if (__builtin_bswap32(reversed) == subnet.base) return interface;
  }
  return "";
}

// In place: the file is bind-mounted into the container, where another one would not be seen.
void rewrite(const std::string& path, const std::string& text) {
  const sys::Fd file = sys::open(path, O_WRONLY | O_TRUNC);
  sys::write_all(file.get(), text);
}

std::string without_address(const std::string& hosts, const std::string& address) {
  std::istringstream lines(hosts);
  std::string kept;
  for (std::string line; std::getline(lines, line);)
    if (!line.starts_with(address + '\t')) kept += line + '\n';
  return kept;
}

bool is_on(const ContainerRecord& record, const std::string& network_id) {
  return std::any_of(record.endpoints.begin(), record.endpoints.end(),
                     [&](const EndpointRecord& endpoint) { return endpoint.network_id == network_id; });
}

}  // namespace

void LocalEngine::tell_monitor(const ContainerRecord& record, bool outward) {
  const std::string run_dir = paths_.run_container(record.id), file = spec_file(run_dir);
  const Status status = status_of(record.id);
  if (!goes_on(status)) return;
  Spec spec = spec_from_json(sys::read_file(file));
  if (spec.networks.empty() && record.endpoints.empty()) return;
  set_names(spec, record, outward);
  spec.event_attrs = event_attrs_of(record);
  sys::write_file_atomic(file, to_json(spec), 0600);
  reload_networks(run_dir);
}

void LocalEngine::plug_in(const ContainerRecord& record, const EndpointRecord& endpoint,
                          const NetworkRecord& network, const std::vector<NetworkRecord>& networks) {
  const Status status = status_of(record.id);
  if (status.state == State::kRestarting) {
    throw Error(Error::Kind::kUnavailable,
                "container " + record.config.name + " is between two starts; try again when it runs");
  }
  if (!has_program(status)) return;
  bring_up(network);
  const sys::Fd netns = network_namespace(status.process);
  netmgr::Endpoint link;
  link.network_id = network.id;
  link.container_id = record.id;
  const AttachmentConfig* asked = attachment_of(record, endpoint, networks);
  link.interface = asked != nullptr && !asked->interface_name.empty() ? asked->interface_name
                                                                      : free_interface(status.process);
  link.address = endpoint.address;
  link.prefix = netmgr::parse_subnet(network.config.subnet)->prefix;
  link.gateway = network.config.gateway;
  link.mac = endpoint.mac;
  link.default_route = gateway_endpoint(record, networks) == &endpoint;
  netmgr::attach(link, netns);
  ContainerRecord before = record;
  before.endpoints.pop_back();
  move_ports(before, record, networks);
  const std::string run_dir = paths_.run_container(record.id);
  const std::string hosts = run_dir + "/hosts", resolv = run_dir + "/resolv.conf";
  const Spec spec = spec_from_json(sys::read_file(spec_file(run_dir)));
  rewrite(hosts, sys::read_file(hosts) + endpoint.address + '\t' + names_in_hosts(spec) + '\n');
  if (!spec.dns_server) rewrite(resolv, own_resolv_conf(effective_resolver(record.config, host_resolver())));
  tell_monitor(record, !network.config.internal);
}

void LocalEngine::move_ports(const ContainerRecord& before, const ContainerRecord& after,
                             const std::vector<NetworkRecord>& networks) {
  const std::vector<netmgr::Publish> old = to_publish(before, networks), now = to_publish(after, networks);
  if (!old.empty() && !now.empty() && old.front().container_ip == now.front().container_ip) return;
  netmgr::unpublish(old);
  netmgr::publish(now);
}

void LocalEngine::connect_network(const std::string& id, const AttachmentConfig& asked) {
  const sys::FileLock lock = lock_container(need_container(id).id);
  ContainerRecord record = need_container(id);
  if (!record.config.network_mode.empty()) {
    throw Error(Error::Kind::kConflict, "container " + record.config.name + " has network mode " +
                                            record.config.network_mode +
                                            " and cannot be connected to a network; make it without that");
  }
  if (asked.network == kDefaultNetwork) make_default_network();
  const auto former_links = record.config.links;
  std::optional<NetworkRecord> network;
  std::vector<NetworkRecord> networks;
  db_.write([&] {
    networks = list_networks(db_);
    network = find_network(db_, asked.network);
    if (!network) throw Error(Error::Kind::kNotFound, "no such network: " + asked.network);
    if (is_on(record, network->id)) {
      throw Error(Error::Kind::kConflict,
                  "container " + record.config.name + " is already on network " + network->config.name);
    }
    AttachmentConfig attachment = asked;
    attachment.network = network->config.name;
    for (const auto& [alias, name] : attachment.links) record.config.links[alias] = name;
    if (record.endpoints.empty()) {  // taken off them by disconnect_container
      for (const AttachmentConfig& former : record.config.networks)
        record.endpoints.push_back(allocate(former));
    }
    record.endpoints.push_back(allocate(attachment));
    record.config.networks.push_back(attachment);
    delete_endpoints(db_, record.id);
    insert_endpoints(db_, record);
    update_config(db_, record);
  });
  try {
    plug_in(record, record.endpoints.back(), *network, networks);
    note("network", "connect", network->id,
         {{"container", record.id}, {"name", network->config.name}, {"type", network->config.driver}});
  } catch (...) {
    netmgr::detach(network->id, record.id);
    record.endpoints.pop_back();
    record.config.networks.pop_back();
    record.config.links = former_links;
    db_.write([&] {
      delete_endpoints(db_, record.id);
      insert_endpoints(db_, record);
      update_config(db_, record);
    });
    throw;
  }
}

void LocalEngine::unplug(const ContainerRecord& before, const ContainerRecord& after,
                         const EndpointRecord& endpoint, const std::vector<NetworkRecord>& networks) {
  const Status status = status_of(before.id);
  const bool runs = has_program(status);
  const EndpointRecord* gateway = gateway_endpoint(after, networks);
  netmgr::detach(endpoint.network_id, before.id);
  netmgr::unregister_endpoint(paths_.run_network(endpoint.network_id), before.id);
  move_ports(before, after, networks);
  if (!runs) return;
  const std::string hosts = paths_.run_container(before.id) + "/hosts";
  rewrite(hosts, without_address(sys::read_file(hosts), endpoint.address));
  if (gateway != nullptr && !has_default_route(status.process)) {
    const NetworkConfig& next = network_of(*gateway, networks).config;
    const std::string interface = interface_of(status.process, *netmgr::parse_subnet(next.subnet));
    if (!interface.empty())
      netmgr::set_default_route(network_namespace(status.process), interface, next.gateway);
  }
  tell_monitor(after, false);
}

void LocalEngine::disconnect_network(const std::string& id, const std::string& name) {
  const sys::FileLock lock = lock_container(need_container(id).id);
  const ContainerRecord before = need_container(id);
  std::optional<NetworkRecord> network;
  std::vector<NetworkRecord> networks;
  db_.read([&] {
    network = find_network(db_, name);
    networks = list_networks(db_);
  });
  if (!network) throw Error(Error::Kind::kNotFound, "no such network: " + name);
  const auto named = [&](const AttachmentConfig& attachment) {
    return attachment.network == network->config.name;
  };
  ContainerRecord after = before;
  std::erase_if(after.config.networks, named);
  std::erase_if(after.endpoints,
                [&](const EndpointRecord& endpoint) { return endpoint.network_id == network->id; });
  if (after.config.networks.size() == before.config.networks.size()) {
    throw Error(Error::Kind::kConflict,
                "container " + before.config.name + " is not connected to network " + network->config.name);
  }
  for (const EndpointRecord& endpoint : before.endpoints)
    if (endpoint.network_id == network->id) unplug(before, after, endpoint, networks);
  db_.write([&] {
    delete_endpoints(db_, after.id);
    insert_endpoints(db_, after);
    update_config(db_, after);
  });
  note("network", "disconnect", network->id,
       {{"container", after.id}, {"name", network->config.name}, {"type", network->config.driver}});
  if (network->config.name == kDefaultNetwork) drop_default_network();
}

}  // namespace engine
