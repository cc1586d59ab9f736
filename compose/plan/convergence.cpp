#include "compose/plan/convergence.h"

#include <algorithm>
#include <map>

#include "compose/plan/borrowed_volumes.h"
#include "compose/plan/describe.h"
#include "compose/plan/inventory.h"
#include "compose/plan/labels.h"
#include "compose/plan/naming.h"
#include "compose/plan/resource_plan.h"
#include "compose/plan/service_network.h"
#include "engine/bundled_image.h"
#include "engine/image/digest.h"

namespace compose {
namespace {

using engine::ContainerInfo;

std::string short_id(const std::string& image_id) {
  const size_t colon = image_id.find(':');
  return (colon == std::string::npos ? image_id : image_id.substr(colon + 1)).substr(0, 12);
}

class Converger {
 public:
  Converger(const parser::Project& project, const parser::Service& service, const Observed& observed,
            const ConvergePolicy& policy)
      : project_(project),
        service_(service),
        observed_(observed),
        policy_(policy),
        description_(described(project, service)) {}

  Convergence make() {
    group();
    shrink();
    grow();
    for (Slot& slot : result_.slots) decide(slot);
    result_.description = std::move(description_);
    return std::move(result_);
  }

 private:
  // One slot a number; of several containers with one number the up-to-date one counts, else the one that has
  // its final name.
  void group() {
    std::map<int, std::vector<const ContainerInfo*>> numbers;
    for (const auto& container : observed_.containers) {
      if (service_of(container) != service_.name || is_one_off(container)) continue;
      numbers[number_of(container)].push_back(&container);
    }
    for (auto& [number, group] : numbers) {
      std::map<const ContainerInfo*, int> ranks;
      for (const auto* container : group) ranks[container] = rank(*container, group);
      std::stable_sort(group.begin(), group.end(),
                       [&](const ContainerInfo* a, const ContainerInfo* b) { return ranks[a] < ranks[b]; });
      Slot slot;
      slot.number = number;
      slot.name = container_name(project_, service_, number);
      slot.current = group.front();
      slot.leftovers.assign(group.begin() + 1, group.end());
      result_.slots.push_back(slot);
    }
  }

  // The least takes the place.
  int rank(const ContainerInfo& container, const std::vector<const ContainerInfo*>& group) const {
    const bool half = is_half_recreated(container);
    // It was about to take it from the others only when it runs and they do not any more.
    const bool early = half && policy_.by_groups && group.size() > 1 &&
                       (!is_up(container) || std::any_of(group.begin(), group.end(), [&](const auto* other) {
                         return other != &container && is_up(*other);
                       }));
    if (early) return 4;
    return (divergence(container).empty() ? 0 : 2) + (half || is_set_aside(container) ? 1 : 0);
  }

  void shrink() {
    if (!policy_.replicas) return;
    const auto wanted = static_cast<size_t>(*policy_.replicas);
    auto& slots = result_.slots;
    if (slots.size() <= wanted) return;
    std::stable_sort(slots.begin(), slots.end(), [&](const Slot& a, const Slot& b) {
      const bool a_outdated = !divergence(*a.current).empty();
      const bool b_outdated = !divergence(*b.current).empty();
      return a_outdated != b_outdated ? b_outdated : a.number < b.number;
    });
    const std::string reason = "scaled to " + std::to_string(wanted);
    for (size_t i = wanted; i < slots.size(); ++i) {
      result_.surplus.push_back({slots[i].current, reason});
      for (const auto* leftover : slots[i].leftovers) result_.surplus.push_back({leftover, reason});
    }
    slots.resize(wanted);
    std::sort(slots.begin(), slots.end(), [](const Slot& a, const Slot& b) { return a.number < b.number; });
  }

  void grow() {
    if (!policy_.replicas) return;
    auto& slots = result_.slots;
    int highest = slots.empty() ? 0 : slots.back().number;
    while (slots.size() < static_cast<size_t>(*policy_.replicas)) {
      Slot slot;
      slot.number = ++highest;
      slot.name = container_name(project_, service_, slot.number);
      slot.make = true;
      slot.reason = "not there yet";
      slots.push_back(slot);
    }
  }

  void decide(Slot& slot) {
    if (slot.current == nullptr || policy_.recreate == ConvergePolicy::Recreate::kNever) return;
    slot.reason = divergence(*slot.current);
    if (slot.reason.empty() && policy_.recreate == ConvergePolicy::Recreate::kAlways) {
      slot.reason = policy_.always_reason;
    }
    slot.reconfigure = !slot.reason.empty() && can_follow(*slot.current);
    slot.make = !slot.reason.empty() && !slot.reconfigure;
    result_.replaces = result_.replaces || slot.make;
  }

  // A load balancer of ours takes other settings without being made anew, which would cut who is connected.
  bool can_follow(const ContainerInfo& container) const {
    const auto image = observed_.images.find(image_of(project_, service_));
    const bool is_ours =
        image != observed_.images.end() && image->second.labels.contains(engine::kLoadBalancerLabel);
    if (!is_ours || !is_up(container)) return false;
    return policy_.recreate == ConvergePolicy::Recreate::kDiverged && other_divergence(container).empty() &&
           differs_in_environment_alone(label_of(container.labels, label::kConfig), description_.text);
  }

  // Why a container is not what the file asks for; empty when it is.
  std::string divergence(const ContainerInfo& container) const {
    if (label_of(container.labels, label::kConfigHash) != description_.hash) {
      const std::string text =
          explain_difference(label_of(container.labels, label::kConfig), description_.text);
      return text.empty() ? "config changed" : "config changed: " + text;
    }
    return other_divergence(container);
  }

  // In what does not stand in its own section.
  std::string other_divergence(const ContainerInfo& container) const {
    const std::string image = image_of(project_, service_);
    const auto known = observed_.images.find(image);
    if (known != observed_.images.end() && container.image_id != known->second.id) {
      return "image changed: " + image + " " + short_id(container.image_id) + " -> " +
             short_id(known->second.id);
    }
    for (const auto& text : {network_divergence(container), volume_divergence(container),
                             borrowed_divergence(service_, observed_, container)})
      if (!text.empty()) return text;
    return "";
  }

  std::string network_divergence(const ContainerInfo& container) const {
    if (const std::string name = named_network(service_); !name.empty())
      return is_attached(container, name) ? "" : "not connected to network " + name;
    if (!service_.network_mode.empty()) return "";
    for (const auto& entry : service_.networks) {
      const auto network = project_.networks.find(entry.first);
      if (network == project_.networks.end()) continue;
      const std::string& name = network->second.name;
      if (is_without_links(name)) continue;
      if (name == engine::kDefaultNetwork)
        return is_attached(container, name) ? "" : "not connected to network " + name;
      const auto* there = find_network(observed_, name);
      if (there == nullptr) return "network " + name + " was gone";
      if (policy_.made_networks.count(name) != 0) return "network " + name + " is recreated";
      const bool attached = std::any_of(container.endpoints.begin(), container.endpoints.end(),
                                        [&](const engine::EndpointInfo& endpoint) {
                                          return endpoint.network == name && endpoint.network_id == there->id;
                                        });
      if (!attached) return "not connected to network " + name;
    }
    return "";
  }

  std::string volume_divergence(const ContainerInfo& container) const {
    for (const auto& mount : service_.volumes) {
      if (mount.type == parser::VolumeMount::Type::kImage) {
        const std::string text = image_mount_divergence(container, mount);
        if (!text.empty()) return text;
      }
      if (mount.type != parser::VolumeMount::Type::kVolume || mount.source.empty()) continue;
      const auto volume = project_.volumes.find(mount.source);
      if (volume == project_.volumes.end()) continue;
      const std::string& name = volume->second.name;
      if (find_volume(observed_, name) == nullptr) return "volume " + name + " was gone";
      if (!mounts_volume(container, name)) return "volume " + name + " is not mounted";
    }
    return "";
  }

  std::string image_mount_divergence(const ContainerInfo& container, const parser::VolumeMount& mount) const {
    const auto image = observed_.images.find(mount.source);
    if (image == observed_.images.end()) return "";
    for (const auto& there : container.mounts) {
      if (there.target != mount.target || there.volume == image->second.id) continue;
      return "image changed: " + mount.source + " " + short_id(there.volume) + " -> " +
             short_id(image->second.id);
    }
    return "";
  }

  const parser::Project& project_;
  const parser::Service& service_;
  const Observed& observed_;
  const ConvergePolicy& policy_;
  ServiceDescription description_;
  Convergence result_;
};

}  // namespace

Convergence converge(const parser::Project& project, const parser::Service& service, const Observed& observed,
                     const ConvergePolicy& policy) {
  return Converger(project, service, observed, policy).make();
}

}  // namespace compose
