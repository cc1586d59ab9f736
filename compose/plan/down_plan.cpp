// Taking a project down: containers against the order of depends_on, then what they used.
#include <algorithm>
#include <set>

#include "compose/plan/graph.h"
#include "compose/plan/hooks.h"
#include "compose/plan/inventory.h"
#include "compose/plan/labels.h"
#include "compose/plan/planner.h"
#include "compose/plan/selection.h"
#include "compose/plan/start_order.h"
#include "compose/plan/step_list.h"

namespace compose {
namespace {

using engine::ContainerInfo;

class DownPlanner {
 public:
  DownPlanner(const parser::Project* project, const std::string& name, const Observed& observed,
              const DownOptions& options)
      : project_(project),
        name_(name),
        observed_(observed),
        options_(options),
        graph_(ServiceGraph::of(project, observed.containers)) {}

  Plan make() {
    if (project_ != nullptr) check_folder(*project_, observed_.containers);
    if (!options_.rmi.empty() && options_.rmi != "all" && options_.rmi != "local") {
      throw PlanError("invalid value for --rmi: \"" + options_.rmi + "\" is neither \"all\" nor \"local\"");
    }
    choose();
    containers();
    networks();
    if (options_.volumes) volumes();
    if (!options_.rmi.empty()) images();
    if (steps_.size() == 0) steps_.warn("No resource found to remove for project \"" + name_ + "\"");
    return with_hooks(std::move(steps_).finish(), project_, observed_);
  }

 private:
  void choose() {
    const std::set<std::string> named = select_observed(project_, observed_.containers, options_.services);
    // Who needs a service cannot go on without it.
    services_ = options_.services.empty() ? named : graph_.with_dependents(named);
    std::set<const ContainerInfo*> orphans;
    if (project_ != nullptr && options_.remove_orphans) {
      for (const auto* orphan : orphans_of(*project_, observed_.containers)) orphans.insert(orphan);
    }
    for (const auto& container : observed_.containers) {
      const bool chosen = services_.count(service_of(container)) != 0 || orphans.count(&container) != 0;
      (chosen ? removed_ : remaining_).push_back(&container);
    }
    std::map<std::string, size_t> position;
    for (const auto& service : graph_.order()) position.emplace(service, position.size());
    std::stable_sort(removed_.begin(), removed_.end(), [&](const ContainerInfo* a, const ContainerInfo* b) {
      const size_t at_a = position[service_of(*a)];
      const size_t at_b = position[service_of(*b)];
      return at_a != at_b ? at_a > at_b : number_of(*a) < number_of(*b);
    });
  }

  void containers() {
    std::map<std::string, std::vector<int>> stops;
    for (const auto* container : removed_) {
      const std::string resource = "Container " + container->name;
      std::vector<int> after;
      if (is_up(*container)) {
        after.push_back(steps_.add(resource, StopContainer{container->id, options_.timeout_ms}, ""));
        stops[service_of(*container)].push_back(after.back());
      }
      removal_[container] =
          steps_.add(resource, RemoveContainer{container->id, true, options_.volumes}, "", after);
    }
    order_stops(steps_, graph_, stops);
  }

  // Steps that remove containers for which `uses` holds; nothing when one that remains uses it too.
  template <typename Predicate>
  std::optional<std::vector<int>> users(const std::string& resource, const Predicate& uses) {
    for (const auto* container : remaining_) {
      if (!uses(*container)) continue;
      if (options_.services.empty()) {
        steps_.warn(resource + " is still in use by container " + container->name + " and is kept");
      }
      return std::nullopt;
    }
    std::vector<int> after;
    for (const auto& [container, step] : removal_) {
      if (uses(*container)) after.push_back(step);
    }
    std::sort(after.begin(), after.end());
    return after;
  }

  // `down SERVICE` takes only what nothing but the removed containers used.
  bool concerns(const std::vector<int>& after) const { return options_.services.empty() || !after.empty(); }

  void networks() {
    for (const auto& network : observed_.networks) {
      if (label_of(network.labels, label::kProject) != name_) continue;
      const auto after = users("network " + network.name,
                               [&](const ContainerInfo& info) { return is_attached(info, network.name); });
      if (!after || !concerns(*after)) continue;
      steps_.add("Network " + network.name, RemoveNetwork{network.name, true}, "", *after);
    }
  }

  // With a file, only the volumes it declares: a sibling file's data of the same project is not ours to
  // delete.
  bool declared(const engine::VolumeInfo& volume) const {
    if (project_ == nullptr) return true;
    const auto known = project_->volumes.find(label_of(volume.labels, label::kVolume));
    return known != project_->volumes.end() && !known->second.external;
  }

  void volumes() {
    for (const auto& volume : observed_.volumes) {
      if (label_of(volume.labels, label::kProject) != name_ || volume.anonymous || !declared(volume))
        continue;
      const auto after = users("volume " + volume.name,
                               [&](const ContainerInfo& info) { return mounts_volume(info, volume.name); });
      if (!after || !concerns(*after)) continue;
      steps_.add("Volume " + volume.name, RemoveVolume{volume.name, true}, "", *after);
    }
  }

  // Image names by the rule of --rmi: local ones are those built for a service that names no image.
  std::set<std::string> image_names() const {
    std::set<std::string> names;
    const auto add = [&](const std::string& service, const std::string& image) {
      const bool local = image == name_ + "-" + service || image == name_ + "_" + service;
      if (options_.rmi == "all" || local) names.insert(image);
    };
    if (project_ != nullptr) {
      for (const auto& [name, service] : project_->services) {
        if (services_.count(name) == 0) continue;
        if (options_.rmi == "local" && (!service.build || !service.image.empty())) continue;
        add(name, image_of(*project_, service));
      }
    } else {
      for (const auto* container : removed_) add(service_of(*container), container->image);
    }
    return names;
  }

  void images() {
    for (const auto& image : image_names()) {
      const auto known = observed_.images.find(image);
      if (known == observed_.images.end()) continue;
      const auto after = users("image " + image, [&](const ContainerInfo& info) {
        return info.image == image || info.image_id == known->second.id;
      });
      if (after) steps_.add("Image " + image, RemoveImage{image}, "", *after);
    }
  }

  const parser::Project* project_;
  const std::string& name_;
  const Observed& observed_;
  const DownOptions& options_;
  ServiceGraph graph_;
  StepList steps_;
  std::set<std::string> services_;
  std::vector<const ContainerInfo*> removed_, remaining_;
  std::map<const ContainerInfo*, int> removal_;
};

}  // namespace

Plan plan_down(const parser::Project* project, const std::string& project_name, const Observed& observed,
               const DownOptions& options) {
  return DownPlanner(project, project_name, observed, options).make();
}

}  // namespace compose
