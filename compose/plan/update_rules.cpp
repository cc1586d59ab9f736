#include "compose/plan/update_rules.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "compose/plan/ports.h"
#include "compose/plan/shared_namespaces.h"

namespace compose {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

UpdateRules rules_of(const parser::UpdateConfig& config) {
  UpdateRules rules;
  rules.at_a_time = config.parallelism.value_or(1);
  if (config.delay) rules.delay = duration_cast<milliseconds>(*config.delay);
  if (config.monitor) rules.monitor = duration_cast<milliseconds>(*config.monitor);
  if (config.failure_action == "continue") rules.on_failure = Update::OnFailure::kContinue;
  if (config.failure_action == "rollback") rules.on_failure = Update::OnFailure::kRollBack;
  rules.max_failure_ratio = config.max_failure_ratio;
  rules.start_first = config.order == "start-first";
  return rules;
}

std::string shown(milliseconds time) {
  const int64_t count = time.count();
  return count % 1000 == 0 ? std::to_string(count / 1000) + "s" : std::to_string(count) + "ms";
}

std::string port_obstacle(const parser::Service& service, size_t most) {
  for (const auto& port : service.ports) {
    if (port.published == 0) continue;
    const int last = std::max(port.published, port.published_end);
    const auto room = static_cast<size_t>(last) - port.published + 1;
    if (room >= most) continue;
    engine::PublishedPort published;
    published.host_ip = port.host_ip;
    published.host_port = port.published;
    published.host_port_end = port.published_end;
    published.protocol = port.protocol;
    return "host port " + compose::shown(published) + " has no room for both (publish it once on a load " +
           "balancer in front of the service)";
  }
  return "";
}

std::string address_obstacle(const parser::Service& service) {
  if (!service.mac_address.empty()) return "both would have the address " + service.mac_address;
  for (const auto& [key, network] : service.networks) {
    for (const std::string* address : {&network.ipv4_address, &network.ipv6_address, &network.mac_address})
      if (!address->empty()) return "both would have the address " + *address + " on network " + key;
    if (!network.link_local_ips.empty())
      return "both would have the address " + network.link_local_ips.front() + " on network " + key;
  }
  return "";
}

std::string network_obstacle(const parser::Project& project, const parser::Service& service) {
  const std::string& mode = service.network_mode;
  const std::string lender = lending_service(mode);
  const bool joins = mode == "host" || mode.starts_with("container:") || !lender.empty();
  const bool on_host = std::any_of(service.networks.begin(), service.networks.end(), [&](const auto& entry) {
    const auto network = project.networks.find(entry.first);
    return network != project.networks.end() && network->second.name == "host";
  });
  if (joins || on_host)
    return "both would listen on the same ports of the network of " +
           (lender.empty() ? (joins && mode != "host" ? mode : std::string("the host")) : lender);
  return "";
}

}  // namespace

int UpdateRules::tolerated(size_t total) const {
  if (on_failure == Update::OnFailure::kContinue) return std::numeric_limits<int>::max();
  constexpr double kRounding = 1e-9;  // 0.1 of 10 is one
  return static_cast<int>(std::floor(max_failure_ratio * static_cast<double>(total) + kRounding));
}

std::string UpdateRules::how(size_t total) const {
  const size_t group = at_a_time == 0 ? total : std::min(at_a_time, total);
  return std::to_string(group) + " of " + std::to_string(total) +
         (total == 1 ? " container" : " containers") + " at a time, " +
         (start_first ? "start-first" : "stop-first") +
         (delay.count() > 0 && group < total ? ", " + shown(delay) + " between" : "");
}

std::optional<UpdateRules> update_rules(const parser::Service& service) {
  if (!service.deploy || !service.deploy->update_config) return std::nullopt;
  return rules_of(*service.deploy->update_config);
}

UpdateRules rollback_rules(const parser::Service& service) {
  UpdateRules rules;
  if (service.deploy && service.deploy->rollback_config)
    rules = rules_of(*service.deploy->rollback_config);
  else if (service.deploy && service.deploy->update_config)
    rules = rules_of(*service.deploy->update_config);
  if (rules.on_failure == Update::OnFailure::kRollBack) rules.on_failure = Update::OnFailure::kPause;
  return rules;
}

std::string obstacle_to_start_first(const parser::Project& project, const parser::Service& service,
                                    size_t most) {
  for (const std::string& obstacle :
       {port_obstacle(service, most), address_obstacle(service), network_obstacle(project, service)})
    if (!obstacle.empty()) return obstacle;
  for (const auto& [name, other] : project.services)
    if (name != service.name && shares_namespace(other, service.name))
      return "service \"" + name + "\" shares a namespace of it, which is one container's";
  for (const auto& mount : service.volumes) {
    const auto volume = project.volumes.find(mount.source);
    if (mount.type != parser::VolumeMount::Type::kVolume || volume == project.volumes.end()) continue;
    const auto type = volume->second.driver_opts.find("type");
    if (type != volume->second.driver_opts.end() && type->second == "tmpfs")
      return "volume " + volume->second.name + " is a tmpfs, which two running containers cannot share";
  }
  return "";
}

}  // namespace compose
