#include "compose/plan/service_network.h"

#include <algorithm>

#include "compose/plan/inventory.h"
#include "compose/plan/naming.h"
#include "compose/plan/resource_plan.h"
#include "compose/plan/shared_namespaces.h"
#include "engine/address_pool.h"
#include "parser/units.h"

namespace compose {
namespace {

engine::PublishedPort published_port(const parser::Port& port) {
  engine::PublishedPort config;
  config.host_ip = port.host_ip;
  config.host_port = port.published;
  config.host_port_end = port.published_end;
  config.container_port = port.target;
  config.protocol = port.protocol;
  return config;
}

std::string network_name(const parser::Project& project, const std::string& key) {
  const auto known = project.networks.find(key);
  return known == project.networks.end() ? key : known->second.name;
}

engine::AttachmentConfig attachment(const parser::Project& project, const parser::Service& service,
                                    const std::string& key, const parser::ServiceNetwork& network) {
  engine::AttachmentConfig config;
  config.network = network_name(project, key);
  std::vector<std::string> aliases{service.name, service.container_name};
  aliases.insert(aliases.end(), network.aliases.begin(), network.aliases.end());
  for (const auto& alias : aliases) {
    const bool listed =
        std::find(config.aliases.begin(), config.aliases.end(), alias) != config.aliases.end();
    if (!alias.empty() && !listed) config.aliases.push_back(alias);
  }
  config.ipv4_address = network.ipv4_address;
  config.ipv6_address = engine::canonical_address(network.ipv6_address);
  config.driver_opts = network.driver_opts;
  config.link_local_ips = network.link_local_ips;
  config.mac_address = network.mac_address;
  config.interface_name = network.interface_name;
  config.gateway_priority = network.gw_priority;
  return config;
}

// Services of all projects meet on `bridge`, so their names are none there: containers have theirs.
void attach(const parser::Project& project, const parser::Service& service, engine::ContainerConfig& config) {
  if (const std::string name = named_network(service); !name.empty()) {
    config.networks.push_back({});
    config.networks.back().network = name;
  }
  if (service.network_mode.empty()) {
    for (const auto& [key, network] : networks_by_priority(service)) {
      const std::string name = network_name(project, key);
      if (is_without_links(name)) {
        if (service.networks.size() > 1)
          throw PlanError("service \"" + service.name + "\": network " + name +
                          " does not go together with other networks");
        config.network_mode = name;
        return;
      }
      config.networks.push_back(attachment(project, service, key, *network));
      if (name == engine::kDefaultNetwork) config.networks.back().aliases.clear();
    }
  }
  if (config.networks.empty()) return;
  if (std::string& mac = config.networks.front().mac_address; mac.empty()) mac = service.mac_address;
}

bool share_network(const parser::Service& service, const parser::Service& linked) {
  if (!service.network_mode.empty() || !linked.network_mode.empty()) return false;
  return std::any_of(service.networks.begin(), service.networks.end(),
                     [&](const auto& entry) { return linked.networks.count(entry.first) != 0; });
}

const engine::ContainerInfo* find_container(const Observed& observed, const std::string& id_or_name) {
  constexpr size_t kShortest = 12;
  for (const auto* containers : {&observed.containers, &observed.others})
    for (const auto& container : *containers)
      if (container.name == id_or_name ||
          (id_or_name.size() >= kShortest && container.id.rfind(id_or_name, 0) == 0))
        return &container;
  return nullptr;
}

void review_external_links(const parser::Project& project, const parser::Service& service,
                           const Observed& observed, StepList& steps) {
  std::vector<std::string> networks;
  if (const std::string name = named_network(service); !name.empty()) networks.push_back(name);
  if (service.network_mode.empty())
    for (const auto& entry : service.networks) networks.push_back(network_name(project, entry.first));
  for (const parser::Link& link : service.external_links) {
    const std::string subject = "service \"" + service.name + "\": external link to " + link.service + ": ";
    const engine::ContainerInfo* other = find_container(observed, link.service);
    if (other == nullptr) {
      steps.warn(subject + "there is no such container; '" + link.alias +
                 "' does not resolve until there is");
      continue;
    }
    const bool reached = std::any_of(networks.begin(), networks.end(), [&](const std::string& network) {
      return is_attached(*other, network);
    });
    if (!reached)
      steps.warn(subject + "it is on no network of this service; connect it to " +
                 (networks.empty() ? "one of them" : networks.front()) + " for '" + link.alias +
                 "' to resolve");
  }
}

}  // namespace

std::string named_network(const parser::Service& service) {
  const std::string& mode = service.network_mode;
  const bool other = mode == "none" || mode == "host" || mode.find(':') != std::string::npos;
  return other ? "" : mode;
}

OrderedNetworks networks_by_priority(const parser::Service& service) {
  OrderedNetworks ordered;
  for (const auto& [key, network] : service.networks) ordered.emplace_back(key, &network);
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const auto& a, const auto& b) { return a.second->priority > b.second->priority; });
  return ordered;
}

std::string namespace_mode(const parser::Project& project, const std::string& mode) {
  const auto lender = project.services.find(lending_service(mode));
  return lender == project.services.end() ? mode : "container:" + container_name(project, lender->second, 1);
}

std::vector<std::pair<std::string, std::string>> links_to_one(const parser::Project& project,
                                                              const parser::Service& service) {
  std::vector<std::pair<std::string, std::string>> links;
  for (const auto& link : service.links) {
    const auto linked = project.services.find(link.service);
    if (linked != project.services.end() && !share_network(service, linked->second))
      links.emplace_back(link.alias, link.service);
  }
  return links;
}

void set_network(const parser::Project& project, const parser::Service& service,
                 engine::ContainerConfig& config) {
  if (named_network(service).empty()) config.network_mode = namespace_mode(project, service.network_mode);
  attach(project, service, config);
  // Without a network of its own a container has nothing to publish; the parser says so.
  if (config.network_mode.empty())
    for (const auto& port : service.ports) config.ports.push_back(published_port(port));
  config.expose = service.expose;
  config.extra_hosts = service.extra_hosts;
  config.resolver = {service.dns, service.dns_search, service.dns_opt};
  for (const auto& link : service.links) {
    const auto linked = project.services.find(link.service);
    if (linked == project.services.end()) continue;
    const bool shared = share_network(service, linked->second);
    // Where it is known by that name anyway, a load balancer still goes by it.
    config.links[link.alias] = shared ? linked->first : container_name(project, linked->second, 1);
  }
  for (const auto& link : service.external_links) config.links[link.alias] = link.service;
}

void review_service_network(const parser::Project& project, const parser::Service& service,
                            const Observed& observed, const std::set<std::string>& made, StepList& steps) {
  const std::string name = named_network(service);
  if (!name.empty() && name != engine::kDefaultNetwork && made.count(name) == 0 &&
      find_network(observed, name) == nullptr) {
    std::string hint =
        parser::did_you_mean(name, {"none", "host", engine::kDefaultNetwork, "service", "container"});
    if (hint.empty())
      hint = "make it with 'compose network create " + name +
             "', or write none, host, bridge, service:NAME or container:NAME";
    if (project.networks.count(name) != 0) hint = "one of this file is given under 'networks' instead";
    throw PlanError("service \"" + service.name + "\": network_mode '" + name +
                    "': there is no network of this name; " + hint);
  }
  review_external_links(project, service, observed, steps);
}

}  // namespace compose
