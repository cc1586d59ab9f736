#include "compose/plan/up_checks.h"

#include "compose/plan/ports.h"
#include "compose/plan/selection.h"

namespace compose {
namespace {

void check_scale(const parser::Project& project, const std::map<std::string, int>& scale) {
  for (const auto& [name, count] : scale) {
    if (project.services.count(name) == 0) {
      std::vector<std::string> candidates;
      for (const auto& entry : project.services) candidates.push_back(entry.first);
      no_such_service(name, candidates);
    }
    if (count < 0) {
      throw PlanError("service \"" + name + "\": cannot be scaled to " + std::to_string(count) +
                      ", the least is 0");
    }
  }
}

void check_one_of_a_kind(const parser::Service& service, int replicas) {
  if (replicas <= 1) return;
  const std::string start =
      "service \"" + service.name + "\": " + std::to_string(replicas) + " replicas cannot share ";
  if (!service.container_name.empty()) {
    throw PlanError(start + "the container_name \"" + service.container_name +
                    "\": remove it to let each have a name of its own, or scale to 1");
  }
  if (!service.mac_address.empty())
    throw PlanError(start + "the mac_address " + service.mac_address +
                    ": remove it to let each have one of its own, or scale to 1");
  for (const auto& [key, network] : service.networks) {
    const std::string& address = network.ipv4_address.empty() ? network.ipv6_address : network.ipv4_address;
    const std::string& fixed = address.empty() ? network.mac_address : address;
    if (fixed.empty()) continue;
    throw PlanError(start + "the address " + fixed + " on network \"" + key +
                    "\": remove it to take addresses from the pool, or scale to 1");
  }
}

void check_health_conditions(const parser::Project& project, const parser::Service& service,
                             const std::map<std::string, int>& replicas) {
  for (const auto& [name, dependency] : service.depends_on) {
    const auto need = project.services.find(name);
    if (dependency.condition != parser::Dependency::Condition::kHealthy || !dependency.required) continue;
    if (need == project.services.end() || replicas.count(name) == 0 || !need->second.healthcheck) continue;
    const parser::HealthCheck& health = *need->second.healthcheck;
    if (!health.disable && (health.test.empty() || health.test.front() != "NONE")) continue;
    throw PlanError("service \"" + service.name + "\" waits for \"" + name +
                    "\" to be healthy, but the healthcheck of \"" + name +
                    "\" is switched off: switch it on, or wait for service_started");
  }
}

}  // namespace

std::map<std::string, int> check_up(const parser::Project& project, const Observed& observed,
                                    const UpOptions& options, const std::set<std::string>& services) {
  check_scale(project, options.scale);
  std::map<std::string, int> replicas;
  for (const auto& name : services) {
    const parser::Service& service = project.services.at(name);
    const auto scale = options.scale.find(name);
    replicas[name] = scale == options.scale.end() ? service.replicas : scale->second;
    check_one_of_a_kind(service, replicas[name]);
  }
  check_ports(project, replicas);
  for (const auto& name : services) {
    const parser::Service& service = project.services.at(name);
    check_health_conditions(project, service, replicas);
    const std::string image = image_of(project, service);
    if (replicas[name] > 0 && observed.images.count(image) == 0) {
      throw PlanError("service \"" + name + "\": image \"" + image + "\" is not in the image store" +
                      (service.build ? ": build it with compose build" : ""));
    }
  }
  return replicas;
}

}  // namespace compose
