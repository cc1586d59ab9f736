#include "compose/plan/departures.h"

#include "compose/plan/inventory.h"

namespace compose {

using engine::ContainerInfo;

namespace {

// After `step` the container is on no network.
void leave_networks(UpScene& scene, const ContainerInfo& container, int step) {
  for (const auto& [network, removal] : scene.network_removals) {
    if (is_attached(container, network)) scene.steps.order(step, removal);
  }
}

}  // namespace

int stop_container(UpScene& scene, const ContainerInfo& container, const std::string& resource,
                   const std::string& reason, std::vector<int> after) {
  const int step = scene.steps.add(resource, StopContainer{container.id, scene.options.timeout_ms}, reason,
                                   std::move(after));
  scene.endings.stops[container.id] = step;
  return step;
}

int end_container(UpScene& scene, const ContainerInfo& container, const std::string& resource,
                  const std::string& reason, std::vector<int> after, bool anonymous_volumes) {
  const bool released = scene.endings.disconnects.count(container.id) != 0;
  if (is_up(container) && !released)
    after = {stop_container(scene, container, resource, reason, std::move(after))};
  const int removal = scene.steps.add(resource, RemoveContainer{container.id, false, anonymous_volumes},
                                      reason, std::move(after));
  scene.endings.removals[container.id] = removal;
  if (!released) leave_networks(scene, container, removal);
  return removal;
}

int release_container(UpScene& scene, const ContainerInfo& container, const std::string& resource,
                      const std::string& reason, std::vector<int> after) {
  if (is_up(container)) after = {stop_container(scene, container, resource, reason, std::move(after))};
  const int disconnect =
      scene.steps.add(resource, DisconnectContainer{container.id}, reason, std::move(after));
  scene.endings.disconnects[container.id] = disconnect;
  leave_networks(scene, container, disconnect);
  return disconnect;
}

int end_leftover(UpScene& scene, const ContainerInfo& container) {
  return end_container(scene, container, "Container " + container.name,
                       "left over from an interrupted recreate", {});
}

void remember_stop(UpScene& scene, const std::string& service, const ContainerInfo& container) {
  const auto stop = scene.endings.stops.find(container.id);
  if (stop != scene.endings.stops.end()) scene.stops[service].push_back(stop->second);
}

void orphan_steps(UpScene& scene) {
  std::map<std::string, std::vector<int>> stops;
  std::vector<ContainerInfo> containers;
  for (const auto* orphan : scene.orphans) {
    end_container(scene, *orphan, "Container " + orphan->name, "orphan", {});
    containers.push_back(*orphan);
    const auto stop = scene.endings.stops.find(orphan->id);
    if (stop != scene.endings.stops.end()) stops[service_of(*orphan)].push_back(stop->second);
  }
  order_stops(scene.steps, ServiceGraph::of(nullptr, containers), stops);
}

}  // namespace compose
