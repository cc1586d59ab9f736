#include "compose/plan/slot_steps.h"

#include <algorithm>

#include "compose/plan/departures.h"
#include "compose/plan/inventory.h"
#include "compose/plan/labels.h"
#include "compose/plan/references.h"
#include "compose/plan/resource_steps.h"

namespace compose {
namespace {

using engine::ContainerInfo;

std::string start_reason(const ContainerInfo& container) {
  if (container.status.state == engine::State::kExited) {
    return "exited with " + std::to_string(container.status.exit_code);
  }
  if (container.status.state == engine::State::kCreated) return "not started yet";
  return "was " + engine::to_string(container.status.state);
}

// A static address is held from create on, and a network can only be recreated once nobody is on it: the
// old container has to leave its networks before the new one can be made.
bool must_release_first(const UpScene& scene, const engine::ContainerConfig& config) {
  return std::any_of(config.networks.begin(), config.networks.end(), [&](const auto& attachment) {
    return !attachment.ipv4_address.empty() || !attachment.ipv6_address.empty() ||
           scene.network_removals.count(attachment.network) != 0;
  });
}

std::map<std::string, std::string> anonymous_volumes(const ContainerInfo& old,
                                                     const engine::ContainerConfig& config) {
  std::map<std::string, std::string> volumes;
  for (const auto& mount : old.mounts) {
    if (mount.type != engine::MountConfig::Type::kVolume || !mount.anonymous) continue;
    const bool mounted_over = std::any_of(config.mounts.begin(), config.mounts.end(), [&](const auto& other) {
      const bool anonymous = other.type == engine::MountConfig::Type::kVolume && other.source.empty();
      return other.target == mount.target && !anonymous;
    });
    if (!mounted_over) volumes[mount.target] = mount.volume;
  }
  return volumes;
}

// Returns the step after which the new container is there under its name.
int replace(UpScene& scene, const ServiceState& state, const Slot& slot, engine::ContainerConfig& config,
            std::vector<int> before, bool lender_is_released) {
  const ContainerInfo& old = *slot.current;
  const std::string resource = "Container " + slot.name;
  if (!scene.options.renew_anonymous_volumes) config.inherited_volumes = anonymous_volumes(old, config);
  config.labels[label::kReplace] = slot.name;
  // Those it carries over are in use by then. One it had from another that has a new one now would be
  // nobody's.
  const bool renew = scene.options.renew_anonymous_volumes || !state.service->volumes_from.empty();
  // Of a lender that is stopped first, it has to be stopped before that.
  const bool release_first = must_release_first(scene, config) || lender_is_released;
  if (release_first) before.push_back(release_container(scene, old, resource, slot.reason));
  config.name = temporary_name(old.id, slot.name);
  const int create =
      scene.steps.add(resource, CreateContainer{state.service->name, config}, slot.reason, std::move(before));
  scene.loans.emplace(state.service->name, Loan{config.name, create, release_first});
  if (!release_first) scene.replacements.push_back(create);
  const int removal = end_container(scene, old, resource, "replaced", {create}, renew);
  remember_stop(scene, state.service->name, old);
  return scene.steps.add(resource, RenameContainer{config.name, slot.name}, "replaced", {removal});
}

}  // namespace

Member keep_slot(UpScene& scene, const ServiceState& state, const Slot& slot) {
  const ContainerInfo& container = *slot.current;
  const std::string name = is_half_recreated(container) ? slot.name : container.name;
  scene.loans.emplace(state.service->name, Loan{container.id, -1, false});
  const std::string resource = "Container " + name;
  std::vector<int> after;
  for (const auto* leftover : slot.leftovers) after.push_back(scene.endings.removals.at(leftover->id));
  if (name != container.name) {
    after = {scene.steps.add(resource, RenameContainer{container.id, name},
                             "finishes an interrupted recreate", after)};
  }
  if (slot.reconfigure) {
    const engine::ContainerConfig config =
        container_config(scene.project, *state.service, slot.number, slot.name, container.image_id);
    after = {scene.steps.add(resource, ReconfigureContainer{container.id, config.environment, config.labels},
                             slot.reason, after)};
  }
  Member member{name, -1, &container};
  const auto status = container.status.state;
  const bool runs = status == engine::State::kRunning || status == engine::State::kRestarting;
  const bool restart = is_up(container) && !state.restart_reason.empty();
  const bool again = !state.restart_reason.empty() && state.selected;
  if (scene.options.no_start) return member;
  std::string reason = state.restart_reason;
  if (restart) {
    const int stop = scene.steps.add(resource, StopContainer{container.id, scene.options.timeout_ms}, reason);
    scene.endings.stops[container.id] = stop;
    scene.stops[state.service->name].push_back(stop);
    scene.restart_stops.push_back(stop);
    after.push_back(stop);
  } else if (runs || !state.selected || (!again && is_done_job(scene.graph, container))) {
    return member;
  } else {
    reason = start_reason(container);
  }
  member.start = scene.steps.add(resource, StartContainer{name}, reason, after);
  scene.claims.push_back({member.start, name, container.id, container.ports});
  return member;
}

Member make_slot(UpScene& scene, const ServiceState& state, const Slot& slot) {
  const parser::Service& service = *state.service;
  const std::string resource = "Container " + slot.name;
  const std::string image = image_of(scene.project, service);
  engine::ContainerConfig config =
      container_config(scene.project, service, slot.number, slot.name, scene.observed.images.at(image).id);
  point_links(scene, service, config);
  point_namespaces(scene, service, config);
  std::vector<int> before = prerequisites(scene, config);
  const bool lender_is_released = point_volumes(scene, service, config, before);
  for (const auto* leftover : slot.leftovers) before.push_back(scene.endings.removals.at(leftover->id));
  int ready = -1;
  if (slot.current == nullptr) {
    ready = scene.steps.add(resource, CreateContainer{service.name, config}, slot.reason, before);
    scene.loans.emplace(service.name, Loan{config.name, ready, false});
  } else {
    ready = replace(scene, state, slot, config, std::move(before), lender_is_released);
  }
  Member member{slot.name, -1, nullptr};
  const bool start = state.selected || (slot.current != nullptr && is_up(*slot.current));
  if (scene.options.no_start || !start) return member;
  member.start = scene.steps.add(resource, StartContainer{slot.name},
                                 slot.current == nullptr ? "not started yet" : "replaced", {ready});
  scene.claims.push_back({member.start, slot.name, "", config.ports});
  return member;
}

}  // namespace compose
