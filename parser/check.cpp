#include "parser/check.h"

#include <arpa/inet.h>

#include "parser/units.h"

namespace parser {

namespace {

std::string place_of(const std::string& service) {
  return "services." + service;
}

bool in_subnet(const std::string& address, const std::string& subnet) {
  const size_t slash = subnet.find('/');
  in_addr host{}, net{};
  const auto prefix = read_integer(subnet.substr(slash + 1));
  constexpr int kBits = 32;
  if (inet_pton(AF_INET, address.c_str(), &host) != 1 || !prefix ||
      inet_pton(AF_INET, subnet.substr(0, slash).c_str(), &net) != 1)
    return true;  // reported when it was read
  const uint32_t mask = *prefix == 0 ? 0 : 0xFFFFFFFFU << (kBits - *prefix);
  return (ntohl(host.s_addr) & mask) == (ntohl(net.s_addr) & mask);
}

void check_networks(const Draft& draft, const ServiceDraft& service, Report& report) {
  for (const auto& [key, network] : service.service.networks) {
    const std::string place = place_of(service.service.name) + ".networks";
    const auto found = draft.project.networks.find(key);
    if (found == draft.project.networks.end()) {
      if (!draft.damaged)
        report.error(network.mark, place, "network '" + key + "' is not defined",
                     undefined_hint(key, keys(draft.project.networks), "networks"));
      continue;
    }
    if (network.ipv4_address.empty() || found->second.external) continue;
    const std::vector<IpamPool>& pools = found->second.ipam;
    const std::string subnet = pools.empty() ? "" : pools.front().subnet;
    if (subnet.empty())
      report.error(network.mark, place + "." + key, "ipv4_address needs a network with a subnet of its own",
                   "give networks." + key + ".ipam.config a subnet");
    else if (!in_subnet(network.ipv4_address, subnet))
      report.error(network.mark, place + "." + key,
                   "ipv4_address " + network.ipv4_address + " is not in the subnet " + subnet);
  }
  const auto mode = service.marks.find("network_mode");
  if (mode != service.marks.end() && service.marks.count("networks") != 0)
    report.error(mode->second, place_of(service.service.name),
                 "'network_mode' and 'networks' exclude each other");
}

void check_volumes(const Draft& draft, const ServiceDraft& service, Report& report) {
  std::map<std::string, Mark> targets;
  for (const VolumeMount& mount : service.service.volumes) {
    const std::string place = place_of(service.service.name) + ".volumes";
    if (mount.type == VolumeMount::Type::kVolume && !mount.source.empty() && !draft.damaged &&
        draft.project.volumes.count(mount.source) == 0) {
      const std::vector<std::string> known = keys(draft.project.volumes);
      std::string hint = undefined_hint(mount.source, known, "volumes");
      if (mount.source.find('/') != std::string::npos) hint = "a path on the host starts with './' or '/'";
      report.error(mount.mark, place, "volume '" + mount.source + "' is not defined", hint);
    }
    if (mount.target.empty()) continue;
    const auto [first, fresh] = targets.emplace(mount.target, mount.mark);
    if (!fresh)
      report.error(
          mount.mark, place,
          "'" + mount.target + "' is mounted twice, first in line " + std::to_string(first->second.line));
  }
}

void check_image(const ServiceDraft& service, Report& report) {
  if (service.damaged || service.service.build || !service.service.image.empty() || service.service.provider)
    return;
  report.error(service.service.mark, place_of(service.service.name), "has neither 'image' nor 'build'");
}

void check_replicas(const ServiceDraft& draft, Report& report) {
  const Service& service = draft.service;
  if (service.replicas <= 1) return;
  const std::string count = std::to_string(service.replicas);
  if (!service.container_name.empty())
    report.error(draft.replicas_mark, place_of(service.name),
                 count + " replicas cannot share the container_name '" + service.container_name + "'",
                 "remove 'container_name'");
  for (const Port& port : service.ports) {
    const int room = port.published_end - port.published + 1;
    if (port.published == 0 || room >= service.replicas) continue;
    const std::string target = std::to_string(port.target);
    const int last = port.published + service.replicas - 1;
    constexpr int kLastPort = 65535;
    std::string hint = "use only '" + target + "'";
    if (last <= kLastPort)
      hint = "use '" + std::to_string(port.published) + "-" + std::to_string(last) + ":" + target +
             "' or only '" + target + "'";
    const std::string what = room == 1 ? "host port " + std::to_string(port.published)
                                       : "the host ports " + std::to_string(port.published) + "-" +
                                             std::to_string(port.published_end);
    report.error(port.mark, place_of(service.name) + ".ports", count + " replicas cannot share " + what,
                 hint);
  }
}

// Docker discards them with a warning; so it is here, and said.
void check_ports_of_mode(const ServiceDraft& draft, Report& report) {
  const auto ports = draft.marks.find("ports");
  if (draft.service.network_mode.empty() || ports == draft.marks.end()) return;
  report.warning(ports->second, place_of(draft.service.name),
                 "'ports' are not published with network_mode '" + draft.service.network_mode + "'",
                 draft.service.network_mode == "host" ? "the container's ports are those of the host" : "");
}

}  // namespace

std::string undefined_hint(const std::string& name, const std::vector<std::string>& known,
                           const std::string& section) {
  const std::string hint = did_you_mean(name, known);
  return hint.empty() ? "add it under the top-level '" + section + ":'" : hint;
}

void complete(Draft& draft) {
  bool default_used = false;
  for (auto& [name, service] : draft.services) {
    for (size_t i = 0; i < service.service.links.size(); ++i) {
      Dependency implied;
      implied.mark = service.link_marks[i];
      service.service.depends_on.emplace(service.service.links[i].service, implied);
    }
    if (service.service.networks.empty() && service.service.network_mode.empty() &&
        service.marks.count("network_mode") == 0 && !service.service.provider)
      service.service.networks["default"].mark = service.service.mark;
    default_used |= service.service.networks.count("default") != 0;
    if (!service.service.network_mode.empty()) service.service.ports.clear();
  }
  if (default_used && draft.project.networks.count("default") == 0) {
    Network network;
    network.key = "default";
    network.name = draft.project.name + "_default";
    network.driver = "bridge";
    draft.project.networks["default"] = network;
  }
}

void check_project(const Draft& draft, Report& report) {
  for (const auto& [name, unused] : draft.project.services) {
    const ServiceDraft& service = draft.services.at(name);
    check_image(service, report);
    check_networks(draft, service, report);
    check_volumes(draft, service, report);
    check_replicas(service, report);
    check_ports_of_mode(service, report);
  }
  check_dependencies(draft, report);
  check_ports(draft, report);
  check_resources(draft, report);
  check_builds(draft, report);
  check_subnets(draft, report);
}

}  // namespace parser
