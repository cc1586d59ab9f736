// What a container knows of its networks: its files hosts, hostname and resolv.conf, the variables of its
// links, and what its monitor serves names from.
#include <algorithm>
#include <array>

#include "engine/confinement.h"
#include "engine/container/run_files.h"
#include "engine/effective_config.h"
#include "engine/interfaces.h"
#include "engine/link_environment.h"
#include "engine/local_engine.h"
#include "engine/network_of_record.h"
#include "engine/resolv_conf.h"
#include "sys/file.h"

namespace engine {

namespace {

struct NetworkFile {
  const char* name;  // in the run folder
  const char* target;
};
constexpr std::array<NetworkFile, 3> kFiles = {
    {{"hosts", "/etc/hosts"}, {"hostname", "/etc/hostname"}, {"resolv.conf", "/etc/resolv.conf"}}};

bool asks_for_resolver(const ContainerConfig& config) {
  const ResolverConfig& asked = config.resolver;
  return !asked.servers.empty() || !asked.search.empty() || !asked.options.empty();
}

// Copies of the host's: what the container writes to them is not for the host. On the host's network the host
// itself is at loopback.
void write_host_files(const Spec& spec, const ContainerConfig& config) {
  const auto of_host = [](const std::string& path) { return sys::read_file_if_exists(path).value_or(""); };
  std::string hosts = of_host("/etc/hosts");
  if (!hosts.empty() && hosts.back() != '\n') hosts += '\n';
  hosts += extra_hosts_text(config.extra_hosts, "127.0.0.1", "container " + config.name);
  sys::write_file_atomic(spec.run_dir + "/hosts", hosts);
  sys::write_file_atomic(spec.run_dir + "/hostname", of_host("/etc/hostname"));
  sys::write_file_atomic(spec.run_dir + "/resolv.conf",
                         asks_for_resolver(config)
                             ? plain_resolv_conf(effective_resolver(config, host_resolver()))
                             : of_host("/etc/resolv.conf"));
}

void write_own_files(const Spec& spec, const ContainerRecord& record, const std::string& gateway) {
  std::vector<std::string> own;
  for (const EndpointRecord& endpoint : record.endpoints)
    for (const bool v6 : {false, true})
      if (!address_of(endpoint, v6).empty()) own.push_back(address_of(endpoint, v6));
  sys::write_file_atomic(spec.run_dir + "/hosts",
                         hosts_text(record.config.extra_hosts, gateway, own, names_in_hosts(spec),
                                    "container " + record.config.name));
  sys::write_file_atomic(spec.run_dir + "/hostname", spec.hostname + "\n");
  const ResolverConfig resolver = effective_resolver(record.config, host_resolver());
  sys::write_file_atomic(spec.run_dir + "/resolv.conf",
                         spec.dns_server ? own_resolv_conf(resolver) : plain_resolv_conf(resolver));
}

void add_file(Spec& spec, const std::string& source, const std::string& target, bool read_only) {
  SpecMount mount;
  mount.source = source;
  mount.target = target;
  mount.read_only = read_only;  // part of the rootfs for whoever wants that read-only
  spec.mounts.push_back(std::move(mount));
}

std::vector<std::pair<uint16_t, std::string>> ports_of(const ImageConfig& config) {
  std::vector<std::pair<uint16_t, std::string>> ports;
  for (const std::string& text : config.exposed_ports) {
    const size_t slash = std::min(text.find('/'), text.size()), dash = text.find('-');
    const int first = std::atoi(text.c_str());
    const int last = dash == std::string::npos ? first : std::atoi(text.c_str() + dash + 1);
    for (int port = first; port > 0 && port <= last; ++port)
      ports.emplace_back(port, slash == text.size() ? "tcp" : text.substr(slash + 1));
  }
  return ports;
}

}  // namespace

SpecNetwork LocalEngine::spec_network(const ContainerRecord& record, const EndpointRecord& endpoint,
                                      const std::string& name) const {
  SpecNetwork network;
  network.directory = paths_.run_network(endpoint.network_id);
  network.address = endpoint.address;
  network.address6 = endpoint.address6;
  network.names = names_on(name, endpoint.aliases, record.config, record.id);
  return network;
}

void LocalEngine::set_names(Spec& spec, const ContainerRecord& record,
                            const std::vector<NetworkRecord>& networks) {
  spec.networks.clear();
  for (const EndpointRecord& endpoint : record.endpoints)
    spec.networks.push_back(spec_network(record, endpoint, network_of(endpoint, networks).config.name));
  spec.links.clear();
  for (const auto& [alias, name] : record.config.links) spec.links.push_back({alias, name});
  spec.dns_server = !spec.networks.empty();
  // Servers of the user's own are asked from where the container is, so that they are told nothing that it
  // could not tell them. The host's are the host's business: the names a container asks for would carry what
  // it knows out of a network that is meant to be closed.
  spec.dns_from_inside = !record.config.resolver.servers.empty();
  const bool outward = gateway_endpoint(record, networks, false) != nullptr ||
                       gateway_endpoint(record, networks, true) != nullptr;
  if (spec.dns_from_inside) {
    spec.dns_upstreams = record.config.resolver.servers;
  } else if (outward) {
    spec.dns_upstreams = host_resolver().servers;
  } else {
    spec.dns_upstreams.clear();
  }
}

void LocalEngine::set_network(Spec& spec, const ContainerRecord& record,
                              const std::vector<NetworkRecord>& networks) {
  const ContainerConfig& config = record.config;
  if (!spec.net.mode.empty()) {
    share_network_files(spec, config);
    return;
  }
  spec.host_network = config.network_mode == "host";
  if (spec.host_network) {
    spec.hostname.clear();
  } else {
    set_names(spec, record, networks);
  }
  for (const NetworkFile& file : kFiles)
    add_file(spec, spec.run_dir + '/' + file.name, file.target, config.read_only);
}

void LocalEngine::write_network_files(const Spec& spec, const ContainerRecord& record,
                                      const std::vector<NetworkRecord>& networks) {
  if (!spec.net.mode.empty()) return;
  if (spec.host_network) {
    write_host_files(spec, record.config);
    return;
  }
  std::string gateway;  // of IPv4, if it has one
  for (const bool v6 : {true, false})
    if (const EndpointRecord* endpoint = gateway_endpoint(record, networks, v6))
      gateway = gateway_of(network_of(*endpoint, networks).config, address_of(*endpoint, v6));
  write_own_files(spec, record, gateway);
}

// The files themselves, not copies: what becomes of the lender's names and addresses shows at once. The mark
// tells who releases the network that it ends for others as well.
void LocalEngine::share_network_files(Spec& spec, const ContainerConfig& config) {
  const ContainerRecord lender = *lender_of(config, "network", config.network_mode);
  const Spec theirs = spec_from_json(sys::read_file(spec_file(paths_.run_container(lender.id))));
  for (const NetworkFile& file : kFiles) {
    // The engine's own mount comes before one that a user has put over it.
    const auto mount =
        std::find_if(theirs.mounts.begin(), theirs.mounts.end(),
                     [&](const SpecMount& candidate) { return candidate.target == file.target; });
    if (mount == theirs.mounts.end()) continue;
    add_file(spec, mount->source, file.target, config.read_only);
    if (mount->source.ends_with("/hosts"))
      sys::write_file_atomic(joined_mark(mount->source.substr(0, mount->source.rfind('/'))), "");
  }
}

std::vector<std::string> LocalEngine::link_variables(const ContainerRecord& record) {
  const auto address_on_default = [&](const ContainerRecord& of) {
    std::string address;
    db_.read([&] {
      const auto network = find_network(db_, kDefaultNetwork);
      for (const EndpointRecord& endpoint : of.endpoints)
        if (network && endpoint.network_id == network->id) address = endpoint.address;
    });
    return address;
  };
  std::vector<std::string> variables;
  if (record.config.links.empty() || address_on_default(record).empty()) return variables;
  for (const auto& [alias, linked] : record.config.links) {
    const std::string& name = linked;  // clang captures no structured binding
    std::optional<ContainerRecord> other;
    db_.read([&] { other = find_container_record(db_, name); });
    if (!other) continue;  // an alias on another network
    const std::string address = address_on_default(*other);
    if (address.empty()) continue;
    if (!has_program(status_of(other->id)))
      throw Error(Error::Kind::kConflict, "container " + record.config.name +
                                              ": it is linked with container " + other->config.name +
                                              ", which is not running; start that first");
    const ImageConfig theirs = effective_config(need_image(other->image_id).config, other->config);
    const std::vector<std::string> told = link_environment(
        {alias, '/' + record.config.name + '/' + alias, address, ports_of(theirs), theirs.env});
    variables.insert(variables.end(), told.begin(), told.end());
  }
  return variables;
}

}  // namespace engine
