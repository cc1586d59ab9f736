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
#include "engine/network_of_record.h"
#include "engine/published_ports.h"
#include "engine/resolv_conf.h"
#include "netmgr/address.h"
#include "netmgr/dns.h"
#include "netmgr/driver.h"
#include "netmgr/inside.h"
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

// In place: the file is bind-mounted into the container, where another one would not be seen.
void rewrite(const std::string& path, const std::string& text) {
  const sys::Fd file = sys::open(path, O_WRONLY | O_TRUNC);
  sys::write_all(file.get(), text);
}

std::string without_addresses(const std::string& hosts, const EndpointRecord& endpoint) {
  std::istringstream lines(hosts);
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    const std::string address = line.substr(0, line.find('\t'));
    if (address.empty() || (address != endpoint.address && address != endpoint.address6)) kept += line + '\n';
  }
  return kept;
}

// The way out moves to another network when the one it led through is left.
void reroute(const sys::Fd& netns, const ContainerRecord& record,
             const std::vector<NetworkRecord>& networks) {
  for (const bool v6 : {false, true}) {
    const EndpointRecord* next = gateway_endpoint(record, networks, v6);
    if (next == nullptr || netmgr::has_default_route(netns, v6)) continue;
    const std::string gateway = gateway_of(network_of(*next, networks).config, address_of(*next, v6));
    const auto interface = netmgr::interface_with(netns, next->mac);
    if (interface && !gateway.empty()) netmgr::set_default_route(netns, *interface, gateway);
  }
}

bool is_on(const ContainerRecord& record, const std::string& network_id) {
  return std::any_of(record.endpoints.begin(), record.endpoints.end(),
                     [&](const EndpointRecord& endpoint) { return endpoint.network_id == network_id; });
}

}  // namespace

void LocalEngine::change_spec(const ContainerRecord& record, const std::function<bool(Spec&)>& change) {
  if (!goes_on(status_of(record.id))) return;
  const std::string run_dir = paths_.run_container(record.id), file = spec_file(run_dir);
  Spec spec = spec_from_json(sys::read_file(file));
  if (!change(spec)) return;
  sys::write_file_atomic(file, to_json(spec), 0600);
  reload_networks(run_dir);
}

void LocalEngine::tell_monitor(const ContainerRecord& record, const std::vector<NetworkRecord>& networks) {
  change_spec(record, [&](Spec& spec) {
    if (spec.networks.empty() && record.endpoints.empty()) return false;
    set_names(spec, record, networks);
    spec.event_attrs = event_attrs_of(record);
    return true;
  });
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
  const netmgr::Network place = to_netmgr(network);
  std::string interface = asked_interface(attachment_of(record, endpoint, networks));
  if (interface.empty()) interface = netmgr::free_interface(netns, netmgr::interface_prefix(place));
  if (netmgr::has_interface(netns, interface))
    throw Error(Error::Kind::kConflict,
                "container " + record.config.name + " has an interface " + interface + " already");
  netmgr::attach(place, link_of(record, endpoint, interface, networks), netns);
  ContainerRecord before = record;
  before.endpoints.pop_back();
  move_ports(before, record, networks);
  const std::string run_dir = paths_.run_container(record.id);
  const std::string hosts = run_dir + "/hosts", resolv = run_dir + "/resolv.conf";
  const Spec spec = spec_from_json(sys::read_file(spec_file(run_dir)));
  std::string text = sys::read_file(hosts);
  for (const bool v6 : {false, true})
    if (!address_of(endpoint, v6).empty())
      text += address_of(endpoint, v6) + '\t' + names_in_hosts(spec) + '\n';
  rewrite(hosts, text);
  if (!spec.dns_server) rewrite(resolv, own_resolv_conf(effective_resolver(record.config, host_resolver())));
  tell_monitor(record, networks);
}

void LocalEngine::move_ports(const ContainerRecord& before, const ContainerRecord& after,
                             const std::vector<NetworkRecord>& networks) {
  const std::vector<netmgr::Publish> old = to_publish(before, networks), now = to_publish(after, networks);
  const auto same_place = [](const netmgr::Publish& a, const netmgr::Publish& b) {
    return a.container_ip == b.container_ip;
  };
  if (std::equal(old.begin(), old.end(), now.begin(), now.end(), same_place)) return;
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
    const ContainerRecord plugged = record;
    record.endpoints.pop_back();
    record.config.networks.pop_back();
    record.config.links = former_links;
    try {
      // Its default route and ports may have moved already.
      unplug(plugged, record, plugged.endpoints.back(), networks);
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): what went wrong is what to tell
    }
    db_.write([&] {
      delete_endpoints(db_, record.id);
      insert_endpoints(db_, record);
      update_config(db_, record);
    });
    throw;
  }
}

void LocalEngine::pull_out(const NetworkRecord& network, const ContainerRecord& record,
                           const EndpointRecord& endpoint) {
  const Status status = status_of(record.id);
  sys::Fd netns;
  try {
    if (has_program(status)) netns = network_namespace(status.process);
  } catch (const sys::Error&) {
    if (sys::is_alive(status.process)) throw;  // else it has just ended, and its links with it
  }
  pull_out_of(netns, network, record, endpoint);
}

void LocalEngine::pull_out_of(const sys::Fd& netns, const NetworkRecord& network,
                              const ContainerRecord& record, const EndpointRecord& endpoint) {
  netmgr::Endpoint link;
  link.container_id = record.id;
  link.mac = endpoint.mac;
  netmgr::detach(to_netmgr(network), link, netns);
}

sys::Fd LocalEngine::namespace_of_guest(const ContainerRecord& lender) {
  std::vector<ContainerRecord> all;
  db_.read([&] { all = list_containers(db_, std::nullopt); });
  const std::string state_dir = paths_.container(lender.id);
  for (const ContainerRecord& guest : all) {
    if (!guest.config.network_mode.starts_with("container:")) continue;
    const Status status = status_of(guest.id);
    if (!has_program(status)) continue;
    try {
      const Spec spec = spec_from_json(sys::read_file(spec_file(paths_.run_container(guest.id))));
      if (spec.net.state_dir == state_dir) return network_namespace(status.process);
    } catch (const sys::Error&) {
      if (sys::is_alive(status.process)) throw;
    }
  }
  return {};
}

void LocalEngine::unplug(const ContainerRecord& before, const ContainerRecord& after,
                         const EndpointRecord& endpoint, const std::vector<NetworkRecord>& networks) {
  const Status status = status_of(before.id);
  const bool runs = has_program(status);
  pull_out(network_of(endpoint, networks), before, endpoint);
  netmgr::unregister_endpoint(paths_.run_network(endpoint.network_id), before.id);
  move_ports(before, after, networks);
  if (!runs) return;
  const std::string hosts = paths_.run_container(before.id) + "/hosts";
  rewrite(hosts, without_addresses(sys::read_file(hosts), endpoint));
  reroute(network_namespace(status.process), after, networks);
  tell_monitor(after, networks);
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
