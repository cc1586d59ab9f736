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

// Of a new container, whatever it is for.
engine::ContainerConfig config_of(const UpScene& scene, const ServiceState& state, const Slot& slot) {
  const parser::Service& service = *state.service;
  const std::string image = image_of(scene.project, service);
  engine::ContainerConfig config =
      container_config(scene.project, service, slot.number, slot.name, scene.observed.images.at(image).id,
                       state.convergence.description);
  point_links(scene, service, config);
  point_namespaces(scene, service, config);
  return config;
}

// Returns the step after which the new container is there under its name.
int replace(UpScene& scene, const ServiceState& state, const Slot& slot, Replacement& replacement) {
  const ContainerInfo& old = *slot.current;
  const std::string resource = "Container " + slot.name;
  std::vector<int> before = replacement.before;
  if (replacement.release_first) before.push_back(release_container(scene, old, resource, slot.reason));
  const int create = scene.steps.add(resource, CreateContainer{state.service->name, replacement.config},
                                     slot.reason, std::move(before));
  if (!replacement.release_first) scene.replacements.push_back(create);
  const int removal = end_container(scene, old, resource, "replaced", {create}, replacement.renew);
  remember_stop(scene, state.service->name, old);
  const std::string& name = replacement.config.name;
  const int placed = scene.steps.add(resource, RenameContainer{name, slot.name}, "replaced", {removal});
  scene.loans.emplace(state.service->name, Loan{name, create, replacement.release_first, slot.name, placed});
  return placed;
}

}  // namespace

Replacement replacement_of(UpScene& scene, const ServiceState& state, const Slot& slot, bool in_the_end) {
  Replacement replacement;
  engine::ContainerConfig& config = replacement.config;
  config = config_of(scene, state, slot);
  replacement.before = prerequisites(scene, config);
  const bool lender_is_released =
      point_volumes(scene, *state.service, config, replacement.before, in_the_end);
  for (const auto* leftover : slot.leftovers)
    replacement.before.push_back(scene.endings.removals.at(leftover->id));
  if (!scene.options.renew_anonymous_volumes)
    config.inherited_volumes = anonymous_volumes(*slot.current, config);
  config.labels[label::kReplace] = slot.name;
  config.name = temporary_name(slot.current->id, slot.name);
  // Those it carries over are in use by then. One it had from another that has a new one now would be
  // nobody's.
  replacement.renew = scene.options.renew_anonymous_volumes || !state.service->volumes_from.empty();
  // Of a lender that is stopped first, it has to be stopped before that.
  replacement.release_first = must_release_first(scene, config) || lender_is_released;
  return replacement;
}

Member keep_slot(UpScene& scene, const ServiceState& state, const Slot& slot) {
  const ContainerInfo& container = *slot.current;
  const bool misnamed = is_half_recreated(container) || is_set_aside(container);
  const std::string name = misnamed ? slot.name : container.name;
  scene.loans.emplace(state.service->name, Loan{container.id});
  const std::string resource = "Container " + name;
  std::vector<int> after;
  for (const auto* leftover : slot.leftovers) {
    const auto removal = scene.endings.removals.find(leftover->id);
    if (removal != scene.endings.removals.end()) after.push_back(removal->second);  // else kept for a while
  }
  if (name != container.name) {
    after = {scene.steps.add(resource, RenameContainer{container.id, name},
                             "finishes an interrupted recreate", after)};
  }
  if (slot.reconfigure) {
    const engine::ContainerConfig config =
        container_config(scene.project, *state.service, slot.number, slot.name, container.image_id,
                         state.convergence.description);
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
  int ready = -1;
  std::vector<engine::PublishedPort> ports;
  if (slot.current == nullptr) {
    engine::ContainerConfig config = config_of(scene, state, slot);
    ports = config.ports;
    std::vector<int> before = prerequisites(scene, config);
    point_volumes(scene, service, config, before);
    const std::string name = config.name;
    ready = scene.steps.add(resource, CreateContainer{service.name, std::move(config)}, slot.reason, before);
    scene.loans.emplace(service.name, Loan{name, ready, false, name, ready});
  } else {
    Replacement replacement = replacement_of(scene, state, slot, false);
    ports = replacement.config.ports;
    ready = replace(scene, state, slot, replacement);
  }
  Member member{slot.name, -1, nullptr};
  const bool start = state.selected || (slot.current != nullptr && is_up(*slot.current));
  if (scene.options.no_start || !start) return member;
  member.start = scene.steps.add(resource, StartContainer{slot.name},
                                 slot.current == nullptr ? "not started yet" : "replaced", {ready});
  scene.claims.push_back({member.start, slot.name, "", std::move(ports)});
  return member;
}

}  // namespace compose
