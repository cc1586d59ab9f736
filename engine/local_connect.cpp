// Containers put on networks and taken off them for good, also while they run.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "engine/confinement.h"
#include "engine/container/run_files.h"
#include "engine/container/runtime.h"
#include "engine/local_engine.h"
#include "engine/published_ports.h"
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
  spec.networks.clear();
  for (const EndpointRecord& endpoint : record.endpoints)
    spec.networks.push_back(spec_network(record, endpoint));
  spec.dns_server = !spec.networks.empty();
  spec.event_attrs = event_attrs_of(record);
  if (outward && spec.dns_upstreams.empty()) spec.dns_upstreams = host_nameservers();
  sys::write_file_atomic(file, to_json(spec), 0600);
  reload_networks(run_dir);
}

void LocalEngine::plug_in(const ContainerRecord& record, const EndpointRecord& endpoint,
                          const NetworkRecord& network) {
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
  link.interface = free_interface(status.process);
  link.address = endpoint.address;
  link.prefix = netmgr::parse_subnet(network.config.subnet)->prefix;
  link.gateway = network.config.gateway;
  link.mac = endpoint.mac;
  link.default_route = !network.config.internal && !has_default_route(status.process);
  netmgr::attach(link, netns);
  if (record.endpoints.size() == 1) netmgr::publish(to_publish(record));
  const std::string run_dir = paths_.run_container(record.id);
  const std::string hosts = run_dir + "/hosts", resolv = run_dir + "/resolv.conf";
  const Spec spec = spec_from_json(sys::read_file(spec_file(run_dir)));
  rewrite(hosts, sys::read_file(hosts) + endpoint.address + '\t' + names_in_hosts(spec) + '\n');
  if (sys::read_file(resolv).empty()) rewrite(resolv, "nameserver 127.0.0.11\noptions ndots:0\n");
  tell_monitor(record, !network.config.internal);
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
  std::optional<NetworkRecord> network;
  EndpointRecord endpoint;
  db_.write([&] {
    network = find_network(db_, asked.network);
    if (!network) throw Error(Error::Kind::kNotFound, "no such network: " + asked.network);
    if (is_on(record, network->id)) {
      throw Error(Error::Kind::kConflict,
                  "container " + record.config.name + " is already on network " + network->config.name);
    }
    AttachmentConfig attachment = asked;
    attachment.network = network->config.name;
    if (record.endpoints.empty()) {  // taken off them by disconnect_container
      for (const AttachmentConfig& former : record.config.networks)
        record.endpoints.push_back(allocate(former));
    }
    endpoint = allocate(attachment);
    record.endpoints.push_back(endpoint);
    record.config.networks.push_back(attachment);
    delete_endpoints(db_, record.id);
    insert_endpoints(db_, record);
    update_config(db_, record);
  });
  try {
    plug_in(record, endpoint, *network);
    note("network", "connect", network->id,
         {{"container", record.id}, {"name", network->config.name}, {"type", network->config.driver}});
  } catch (...) {
    netmgr::detach(network->id, record.id);
    record.endpoints.pop_back();
    record.config.networks.pop_back();
    db_.write([&] {
      delete_endpoints(db_, record.id);
      insert_endpoints(db_, record);
      update_config(db_, record);
    });
    throw;
  }
}

void LocalEngine::unplug(const ContainerRecord& before, const ContainerRecord& after,
                         const EndpointRecord& endpoint) {
  const Status status = status_of(before.id);
  const bool runs = has_program(status);
  const bool was_first = before.endpoints.front().address == endpoint.address;
  if (was_first && !before.ports.empty()) netmgr::unpublish(to_publish(before));
  netmgr::detach(endpoint.network_id, before.id);
  netmgr::unregister_endpoint(paths_.run_network(endpoint.network_id), before.id);
  if (was_first && !before.ports.empty()) netmgr::publish(to_publish(after));
  if (!runs) return;
  const std::string hosts = paths_.run_container(before.id) + "/hosts";
  rewrite(hosts, without_address(sys::read_file(hosts), endpoint.address));
  if (!has_default_route(status.process)) {
    std::vector<NetworkRecord> networks;
    db_.read([&] { networks = list_networks(db_); });
    for (const NetworkRecord& network : networks) {
      if (network.config.internal || !is_on(after, network.id)) continue;
      const std::string interface =
          interface_of(status.process, *netmgr::parse_subnet(network.config.subnet));
      if (interface.empty()) continue;
      netmgr::set_default_route(network_namespace(status.process), interface, network.config.gateway);
      break;
    }
  }
  tell_monitor(after, false);
}

void LocalEngine::disconnect_network(const std::string& id, const std::string& name) {
  const sys::FileLock lock = lock_container(need_container(id).id);
  const ContainerRecord before = need_container(id);
  std::optional<NetworkRecord> network;
  db_.read([&] { network = find_network(db_, name); });
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
    if (endpoint.network_id == network->id) unplug(before, after, endpoint);
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
