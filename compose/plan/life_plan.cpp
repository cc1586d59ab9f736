// start, stop, restart, kill, pause, unpause and rm: containers that are there, in the order of depends_on.
#include <algorithm>

#include "compose/plan/graph.h"
#include "compose/plan/hooks.h"
#include "compose/plan/inventory.h"
#include "compose/plan/planner.h"
#include "compose/plan/selection.h"
#include "compose/plan/shared_namespaces.h"
#include "compose/plan/start_order.h"
#include "compose/plan/step_list.h"

namespace compose {
namespace {

using engine::ContainerInfo;

// What the five commands share: the chosen services' containers and the graph between them.
struct Scene {
  Scene(const parser::Project* project, const Observed& observed, const LifeOptions& options)
      : graph(ServiceGraph::of(project, observed.containers)),
        services(select_observed(project, observed.containers, options.services)),
        observed_containers(observed.containers) {
    if (project != nullptr) check_folder(*project, observed.containers);
  }

  std::vector<const ContainerInfo*> containers(bool one_offs = false) const {
    std::vector<const ContainerInfo*> found;
    for (const auto& container : observed_containers) {
      if (is_one_off(container) && !one_offs) continue;
      if (services.count(service_of(container)) != 0) found.push_back(&container);
    }
    std::stable_sort(found.begin(), found.end(), [](const ContainerInfo* a, const ContainerInfo* b) {
      return std::make_pair(service_of(*a), number_of(*a)) < std::make_pair(service_of(*b), number_of(*b));
    });
    return found;
  }

  ServiceGraph graph;
  std::set<std::string> services;
  const std::vector<ContainerInfo>& observed_containers;
};

using Stops = std::map<const ContainerInfo*, int>;

template <typename Predicate>
Stops add_stops(StepList& steps, const Scene& scene, const LifeOptions& options, const Predicate& wanted) {
  Stops stops;
  std::map<std::string, std::vector<int>> by_service;
  for (const auto* container : scene.containers()) {
    if (!is_up(*container) || !wanted(*container)) continue;
    stops[container] =
        steps.add("Container " + container->name, StopContainer{container->id, options.timeout_ms}, "");
    by_service[service_of(*container)].push_back(stops[container]);
  }
  order_stops(steps, scene.graph, by_service);
  return stops;
}

Stops add_stops(StepList& steps, const Scene& scene, const LifeOptions& options) {
  return add_stops(steps, scene, options, [](const ContainerInfo&) { return true; });
}

// Services that share a namespace with one of `starting`, over any number of edges: what runs of them is in a
// namespace that has ended.
std::set<std::string> left_behind(const parser::Project* project, const Scene& scene,
                                  std::set<std::string> starting) {
  std::set<std::string> found;
  for (const auto& name : scene.graph.order()) {
    if (project == nullptr || project->services.count(name) == 0) continue;
    const parser::Service& service = project->services.at(name);
    const bool shares = std::any_of(starting.begin(), starting.end(), [&](const std::string& lender) {
      return shares_namespace(service, lender);
    });
    if (!shares) continue;
    found.insert(name);
    starting.insert(name);
  }
  return found;
}

// A network ends with the container whose it is.
void warn_of_lost_networks(StepList& steps, const parser::Project* project, const Scene& scene,
                           const Stops& stops) {
  if (project == nullptr) return;
  for (const auto& container : scene.observed_containers) {
    const auto service = project->services.find(service_of(container));
    if (service == project->services.end() || !is_up(container) || stops.count(&container) != 0) continue;
    const std::string lender = lending_service(service->second.network_mode);
    const auto stop = std::find_if(stops.begin(), stops.end(),
                                   [&](const auto& entry) { return service_of(*entry.first) == lender; });
    if (lender.empty() || stop == stops.end()) continue;
    steps.warn("Container " + container.name + " has the network of " + stop->first->name +
               ", which ends now: it has none until it is started again");
  }
}

bool is_named(const LifeOptions& options, const std::string& service) {
  return std::find(options.services.begin(), options.services.end(), service) != options.services.end();
}

// Starts what `wanted` picks; all other containers of the scene count as they are.
template <typename Predicate>
void add_starts(StepList& steps, const Scene& scene, const Stops& stops, const Predicate& wanted) {
  Members members;
  for (const auto* container : scene.containers()) {
    if (is_set_aside(*container)) continue;  // another has its place
    Member member{container->name, -1, container};
    if (wanted(*container)) {
      std::vector<int> after;
      const auto stop = stops.find(container);
      if (stop != stops.end()) after.push_back(stop->second);
      StartContainer start{container->name};
      start.restarts = stop != stops.end();
      member.start = steps.add("Container " + container->name, std::move(start), "", after);
    }
    members[service_of(*container)].push_back(member);
  }
  order_starts(steps, scene.graph, members);
}

// In no order.
template <typename Action>
Plan plan_for_each(const Scene& scene, engine::State state) {
  StepList steps;
  for (const auto* container : scene.containers()) {
    if (container->status.state == state)
      steps.add("Container " + container->name, Action{container->id}, "");
  }
  return std::move(steps).finish();
}

}  // namespace

Plan plan_start(const parser::Project* project, const Observed& observed, const LifeOptions& options) {
  Scene scene(project, observed, options);
  if (!options.no_deps) scene.services = scene.graph.with_needed(scene.services);
  std::set<std::string> seen;
  for (const auto* container : scene.containers()) seen.insert(service_of(*container));
  for (const auto& name : scene.services) {
    if (seen.count(name) != 0) continue;
    const bool wanted_none =
        project != nullptr && project->services.count(name) != 0 && project->services.at(name).replicas == 0;
    const bool required =
        is_named(options, name) || (project != nullptr && project->services.count(name) != 0);
    if (required && !wanted_none) {
      throw PlanError("service \"" + name +
                      "\" has no container to start: make it with compose up or create");
    }
  }
  std::set<std::string> starting;
  for (const auto* container : scene.containers())
    if (!is_up(*container) && !is_set_aside(*container)) starting.insert(service_of(*container));
  const std::set<std::string> behind = left_behind(project, scene, starting);
  scene.services.insert(behind.begin(), behind.end());
  const auto is_behind = [&](const ContainerInfo& container) {
    return behind.count(service_of(container)) != 0 && is_up(container);
  };
  StepList steps;
  const Stops stops = add_stops(steps, scene, options, is_behind);
  add_starts(steps, scene, stops, [&](const ContainerInfo& container) {
    if (is_behind(container)) return true;
    if (behind.count(service_of(container)) != 0 && !is_named(options, service_of(container)) &&
        starting.count(service_of(container)) == 0)
      return false;
    if (container.status.state == engine::State::kRunning) return false;
    if (container.status.state == engine::State::kRestarting) return false;
    return is_named(options, service_of(container)) || !is_done_job(scene.graph, container);
  });
  return with_hooks(std::move(steps).finish(), project, observed);
}

Plan plan_stop(const parser::Project* project, const Observed& observed, const LifeOptions& options) {
  const Scene scene(project, observed, options);
  StepList steps;
  const Stops stops = add_stops(steps, scene, options);
  warn_of_lost_networks(steps, project, scene, stops);
  return with_hooks(std::move(steps).finish(), project, observed);
}

Plan plan_restart(const parser::Project* project, const Observed& observed, const LifeOptions& options) {
  Scene scene(project, observed, options);
  if (!options.no_deps) scene.services = scene.graph.with_restarted(scene.services);
  StepList steps;
  const Stops stops = add_stops(steps, scene, options);
  add_starts(steps, scene, stops, [&](const ContainerInfo& container) {
    return is_named(options, service_of(container)) || !is_done_job(scene.graph, container);
  });
  return with_hooks(std::move(steps).finish(), project, observed);
}

Plan plan_kill(const parser::Project* project, const Observed& observed, const LifeOptions& options) {
  const Scene scene(project, observed, options);
  StepList steps;
  for (const auto* container : scene.containers(true)) {
    if (!is_up(*container)) continue;
    steps.add("Container " + container->name, KillContainer{container->id, options.signal}, "");
  }
  return with_hooks(std::move(steps).finish(), project, observed);
}

Plan plan_pause(const parser::Project* project, const Observed& observed, const LifeOptions& options) {
  return plan_for_each<PauseContainer>(Scene(project, observed, options), engine::State::kRunning);
}

Plan plan_unpause(const parser::Project* project, const Observed& observed, const LifeOptions& options) {
  return plan_for_each<UnpauseContainer>(Scene(project, observed, options), engine::State::kPaused);
}

Plan plan_rm(const parser::Project* project, const Observed& observed, const LifeOptions& options) {
  const Scene scene(project, observed, options);
  StepList steps;
  Stops stops;
  if (options.stop_first) stops = add_stops(steps, scene, options);
  for (const auto* container : scene.containers()) {
    const auto stop = stops.find(container);
    if (is_up(*container) && stop == stops.end()) continue;
    std::vector<int> after;
    if (stop != stops.end()) after.push_back(stop->second);
    steps.add("Container " + container->name, RemoveContainer{container->id, false, options.volumes}, "",
              after);
  }
  return with_hooks(std::move(steps).finish(), project, observed);
}

}  // namespace compose
