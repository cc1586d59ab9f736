#include "compose/plan/references.h"

#include "compose/plan/borrowed_volumes.h"
#include "compose/plan/service_network.h"
#include "compose/plan/shared_namespaces.h"

namespace compose {

using engine::ContainerInfo;

void point_links(const UpScene& scene, const parser::Service& service, engine::ContainerConfig& config) {
  for (const auto& [alias, linked] : links_to_one(scene.project, service)) {
    const auto state = scene.states.find(linked);
    if (state == scene.states.end() || state->second.convergence.slots.empty()) continue;
    config.links[alias] = state->second.convergence.slots.front().name;
  }
  for (const auto& link : service.external_links) {
    for (const auto& other : scene.observed.others)
      if (link.service.size() >= 12 && other.id.rfind(link.service, 0) == 0)
        config.links[link.alias] = other.name;
  }
}

void point_namespaces(const UpScene& scene, const parser::Service& service, engine::ContainerConfig& config) {
  const auto point = [&](const std::string& asked, std::string& mode) {
    const std::string lender = lending_service(asked);
    const auto state = scene.states.find(lender);
    if (state != scene.states.end() && !state->second.convergence.slots.empty()) {
      mode = "container:" + state->second.convergence.slots.front().name;
    } else if (const ContainerInfo* there = lending_container(scene.observed, lender)) {
      mode = "container:" + there->name;
    }
  };
  point(service.network_mode, config.network_mode);
  point(service.ipc, config.ipc_mode);
  point(service.pid, config.pid_mode);
  point(service.uts, config.uts_mode);
}

bool point_volumes(const UpScene& scene, const parser::Service& service, engine::ContainerConfig& config,
                   std::vector<int>& before, bool in_the_end) {
  bool released = false;
  const std::vector<VolumeLender> lenders = lenders_of(service);
  for (size_t i = 0; i < lenders.size(); ++i) {
    if (lenders[i].service.empty()) continue;
    std::string& container = config.volumes_from.at(i).container;
    if (const auto loan = scene.loans.find(lenders[i].service); loan != scene.loans.end()) {
      const bool last = in_the_end && loan->second.placed >= 0;
      container = last ? loan->second.name : loan->second.container;
      const int step = last ? loan->second.placed : loan->second.create;
      if (step >= 0) before.push_back(step);
      released = released || (loan->second.released && !in_the_end);
    } else if (const ContainerInfo* there = lending_container(scene.observed, lenders[i].service)) {
      container = there->id;
    } else {
      throw PlanError("service \"" + service.name + "\" has its volumes from \"" + lenders[i].service +
                      "\", which has no container: start that first");
    }
  }
  return released;
}

}  // namespace compose
