// start, stop, restart, kill, pause, unpause and rm: containers that are there, in the order of depends_on.
#include <algorithm>

#include "compose/plan/graph.h"
#include "compose/plan/hooks.h"
#include "compose/plan/inventory.h"
#include "compose/plan/planner.h"
#include "compose/plan/selection.h"
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

Stops add_stops(StepList& steps, const Scene& scene, const LifeOptions& options) {
  Stops stops;
  std::map<std::string, std::vector<int>> by_service;
  for (const auto* container : scene.containers()) {
    if (!is_up(*container)) continue;
    stops[container] =
        steps.add("Container " + container->name, StopContainer{container->id, options.timeout_ms}, "");
    by_service[service_of(*container)].push_back(stops[container]);
  }
  order_stops(steps, scene.graph, by_service);
  return stops;
}

bool is_named(const LifeOptions& options, const std::string& service) {
  return std::find(options.services.begin(), options.services.end(), service) != options.services.end();
}

// Starts what `wanted` picks; all other containers of the scene count as they are.
template <typename Predicate>
void add_starts(StepList& steps, const Scene& scene, const Stops& stops, const Predicate& wanted) {
  Members members;
  for (const auto* container : scene.containers()) {
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
  StepList steps;
  add_starts(steps, scene, {}, [&](const ContainerInfo& container) {
    if (container.status.state == engine::State::kRunning) return false;
    if (container.status.state == engine::State::kRestarting) return false;
    return is_named(options, service_of(container)) || !is_done_job(scene.graph, container);
  });
  return with_hooks(std::move(steps).finish(), project, observed);
}

Plan plan_stop(const parser::Project* project, const Observed& observed, const LifeOptions& options) {
  const Scene scene(project, observed, options);
  StepList steps;
  add_stops(steps, scene, options);
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
