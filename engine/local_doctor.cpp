// Looks at what `network doctor` judges; changes nothing.
#include <fcntl.h>
#include <linux/netlink.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "engine/container/runtime.h"
#include "engine/local_engine.h"
#include "engine/network_of_record.h"
#include "engine/published_ports.h"
#include "engine/resolv_conf.h"
#include "netmgr/address.h"
#include "netmgr/dns_probe.h"
#include "netmgr/driver.h"
#include "netmgr/firewall.h"
#include "netmgr/foreign_chains.h"
#include "netmgr/link.h"
#include "netmgr/listeners.h"
#include "netmgr/namespace_scope.h"
#include "netmgr/routes.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine {

namespace {

using namespace doctor;

constexpr int kPatienceMs = 1000;  // for a name server

bool legacy_rules() {
  std::istringstream tables(sys::read_file_if_exists("/proc/net/ip_tables_names").value_or(""));
  for (std::string table; std::getline(tables, table);)
    if (table == "filter") return true;
  return false;
}

struct Host {
  netmgr::NetlinkSocket route{NETLINK_ROUTE};
  std::vector<netmgr::Link> links = netmgr::all_links(route);
  netmgr::FirewallState rules = netmgr::read_firewall();

  const netmgr::Link* link(const std::string& name) const {
    return find([&](const netmgr::Link& link) { return link.name == name; });
  }
  const netmgr::Link* link(int index) const {
    return find([&](const netmgr::Link& link) { return link.index == index; });
  }

 private:
  template <typename Predicate>
  const netmgr::Link* find(const Predicate& predicate) const {
    const auto found = std::find_if(links.begin(), links.end(), predicate);
    return found == links.end() ? nullptr : &*found;
  }
};

bool has_address(const std::vector<netmgr::InterfaceAddress>& addresses, const std::string& text) {
  const auto wanted = netmgr::parse_address(text);
  return wanted && std::any_of(addresses.begin(), addresses.end(),
                               [&](const auto& there) { return there.address == *wanted; });
}

// Others have no part in the host's addresses, rules and routes.
bool is_bridge(const NetworkRecord& network) {
  return network.config.driver == "bridge";
}

HostFacts look_at_host(const Host& host, const std::vector<std::string>& name_servers) {
  HostFacts facts;
  facts.forwarding = sys::read_file("/proc/sys/net/ipv4/ip_forward").starts_with('1');
  facts.forwarding6 =
      sys::read_file_if_exists("/proc/sys/net/ipv6/conf/all/forwarding").value_or("").starts_with('1');
  facts.table = host.rules.exists;
  facts.legacy_rules = legacy_rules();
  for (const std::string& server : name_servers)
    facts.name_servers.push_back({server, netmgr::dns_answers(server, "", kPatienceMs)});
  return facts;
}

// What the host has of a bridge's network besides the link.
void look_at_bridge(Host& host, const NetworkRecord& record, const netmgr::Link* bridge,
                    NetworkFacts& facts) {
  const std::vector<netmgr::InterfaceAddress> addresses =
      bridge == nullptr ? std::vector<netmgr::InterfaceAddress>{} : netmgr::addresses_of(host.route, *bridge);
  const auto& known = host.rules.bridges;
  facts.in_rules = std::find(known.begin(), known.end(), facts.link_name) != known.end();
  for (const PoolConfig& pool : record.config.pools) {
    if (!has_address(addresses, pool.gateway)) facts.lost.push_back(pool.gateway);
    facts.in_rules &=
        std::any_of(host.rules.subnets.begin(), host.rules.subnets.end(), [&](const netmgr::OwnSubnet& own) {
          return own.bridge == facts.link_name && own.subnet == pool.subnet;
        });
    const auto subnet = netmgr::parse_subnet(pool.subnet);
    if (!subnet) continue;
    for (const int index : netmgr::devices_within(host.route, *subnet)) {
      const netmgr::Link* device = host.link(index);
      if (device != nullptr && device->name != facts.link_name)
        facts.thefts.push_back({pool.subnet, device->name});
    }
  }
  if (const auto device = netmgr::default_route_device(host.route)) {
    if (const netmgr::Link* uplink = host.link(*device)) {
      facts.uplink = uplink->name;
      facts.uplink_mtu = uplink->mtu;
    }
  }
  facts.dropped_by = netmgr::chains_that_drop(facts.link_name, record.config.enable_ipv6);
}

NetworkFacts look_at_network(Host& host, const NetworkRecord& record) {
  const netmgr::Network network = to_netmgr(record);
  NetworkFacts facts;
  facts.name = record.config.name;
  facts.driver = record.config.driver;
  facts.link_name = netmgr::driver_of(network).link_of(network);
  for (const PoolConfig& pool : record.config.pools) facts.subnets.push_back(pool.subnet);
  facts.ipv4 = record.config.enable_ipv4;
  facts.ipv6 = record.config.enable_ipv6;
  facts.internal = record.config.internal;
  const netmgr::Link* link = host.link(facts.link_name);
  if (link != nullptr) {
    facts.link = true;
    facts.up = link->up;
    facts.mtu = link->mtu;
  }
  if (is_bridge(record)) look_at_bridge(host, record, link, facts);
  return facts;
}

Listener listener_of(const sys::ProcessId& process, const netmgr::Publish& port) {
  const bool udp = port.protocol == "udp";
  if (!udp && port.protocol != "tcp") return Listener::kUnknown;
  netmgr::Listening all;
  for (const char* family : {"", "6"}) {
    const std::string path = "/proc/" + std::to_string(process.pid) + "/net/" + port.protocol + family;
    const netmgr::Listening here =
        netmgr::listening_in(sys::read_file_if_exists(path).value_or(""), port.container_port, udp);
    all.anywhere |= here.anywhere;
    all.beyond_loopback |= here.beyond_loopback;
  }
  return all.beyond_loopback ? Listener::kThere : all.anywhere ? Listener::kOnLoopback : Listener::kNone;
}

EndpointFacts look_at_endpoint(const Host& host, const ContainerRecord& record,
                               const EndpointRecord& endpoint, const NetworkRecord& network) {
  EndpointFacts facts;
  facts.network = network.config.name;
  for (const std::string& address : {endpoint.address, endpoint.address6})
    if (!address.empty()) facts.addresses.push_back(address);
  facts.missing = facts.addresses;
  const netmgr::Link* link = host.link(netmgr::veth_name(endpoint.network_id, record.id));
  facts.host_end = link != nullptr || !is_bridge(network);
  facts.host_end_up = !is_bridge(network) || (link != nullptr && link->up);
  return facts;
}

// What is to be seen from within: addresses of its interfaces, a default route, an answer of its name server
// for its id, which, unlike its name, can be asked for whatever it is.
void look_inside(const sys::ProcessId& process, const std::string& id, ContainerFacts& facts) {
  const sys::Fd netns = sys::open("/proc/" + std::to_string(process.pid) + "/ns/net", O_RDONLY);
  if (!sys::is_alive(process)) throw sys::Error(ESRCH, "look into the container", facts.name);
  const netmgr::NamespaceScope scope(netns);
  netmgr::NetlinkSocket route(NETLINK_ROUTE);
  for (const netmgr::Link& link : netmgr::all_links(route)) {
    const std::vector<netmgr::InterfaceAddress> addresses = netmgr::addresses_of(route, link);
    for (EndpointFacts& endpoint : facts.endpoints)
      std::erase_if(endpoint.missing,
                    [&](const std::string& address) { return has_address(addresses, address); });
  }
  facts.default_route = netmgr::default_route_device(route, false).has_value();
  facts.default_route6 = netmgr::default_route_device(route, true).has_value();
  if (facts.monitor)
    facts.own_names_resolve = netmgr::dns_answers(kOwnNameServer, id.substr(0, 12), kPatienceMs);
}

std::vector<PortFacts> look_at_ports(const Host& host, const ContainerRecord& record,
                                     const std::vector<NetworkRecord>& networks,
                                     const sys::ProcessId& process) {
  std::vector<PortFacts> found;
  for (const netmgr::Publish& port : to_publish(record, networks)) {
    PortFacts facts;
    const bool v6 = netmgr::is_ipv6(port.container_ip);
    const std::string host_ip = port.host_ip.empty() ? (v6 ? "::" : "0.0.0.0") : port.host_ip;
    facts.host = netmgr::host_and_port(host_ip, std::to_string(port.host_port));
    facts.container_port = port.container_port;
    facts.protocol = port.protocol;
    facts.in_rules =
        std::any_of(host.rules.ports.begin(), host.rules.ports.end(), [&](const netmgr::Publish& known) {
          return known.host_port == port.host_port && known.protocol == port.protocol &&
                 known.container_ip == port.container_ip && known.container_port == port.container_port;
        });
    facts.listener = listener_of(process, port);
    found.push_back(std::move(facts));
  }
  return found;
}

}  // namespace

doctor::Facts LocalEngine::examine_networks(const std::vector<std::string>& ids) {
  std::vector<NetworkRecord> networks;
  std::vector<ContainerRecord> containers;
  db_.read([&] {
    networks = list_networks(db_);
    containers = list_containers(db_, std::nullopt);
  });
  Host host;
  Facts facts;
  facts.host = look_at_host(host, host_resolver().servers);
  const auto asked = [&](const std::string& id) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
  };
  std::map<std::string, NetworkFacts> looked_at;  // by id
  for (const NetworkRecord& network : networks)
    if (asked(network.id)) looked_at.emplace(network.id, look_at_network(host, network));

  for (const ContainerRecord& record : containers) {
    const Status status = status_of(record.id);
    const bool concerned =
        std::any_of(record.endpoints.begin(), record.endpoints.end(),
                    [&](const EndpointRecord& endpoint) { return asked(endpoint.network_id); });
    if (!concerned || !has_program(status)) continue;
    ContainerFacts container;
    container.name = record.config.name;
    container.monitor = sys::is_alive(status.monitor);
    for (const EndpointRecord& endpoint : record.endpoints) {
      const auto network = std::find_if(networks.begin(), networks.end(), [&](const NetworkRecord& each) {
        return each.id == endpoint.network_id;
      });
      if (network == networks.end()) continue;
      container.endpoints.push_back(look_at_endpoint(host, record, endpoint, *network));
      if (leads_out(*network)) {
        container.wants_default_route |= !endpoint.address.empty();
        container.wants_default_route6 |= !endpoint.address6.empty();
      }
      if (const auto found = looked_at.find(endpoint.network_id); found != looked_at.end())
        found->second.used = true;
    }
    container.ports = look_at_ports(host, record, networks, status.process);
    try {
      look_inside(status.process, record.id, container);
    } catch (const sys::Error&) {
      if (!sys::is_alive(status.process)) continue;  // it has ended meanwhile
      throw;
    }
    facts.containers.push_back(std::move(container));
  }
  for (auto& [id, network] : looked_at) facts.networks.push_back(std::move(network));
  return facts;
}

}  // namespace engine
