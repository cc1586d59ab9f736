// up, create, scale, run: from what there is to what the file says.
#include <algorithm>
#include <set>

#include "compose/plan/borrowed_volumes.h"
#include "compose/plan/departures.h"
#include "compose/plan/hooks.h"
#include "compose/plan/inventory.h"
#include "compose/plan/network_checks.h"
#include "compose/plan/one_off.h"
#include "compose/plan/planner.h"
#include "compose/plan/references.h"
#include "compose/plan/resource_steps.h"
#include "compose/plan/service_network.h"
#include "compose/plan/shared_namespaces.h"
#include "compose/plan/slot_steps.h"
#include "compose/plan/up_checks.h"
#include "compose/plan/up_scene.h"
#include "compose/plan/update_rules.h"
#include "compose/plan/update_steps.h"

namespace compose {
namespace {

using engine::ContainerInfo;

class UpPlanner {
 public:
  // `one_off`: made beside what it needs; may be null.
  UpPlanner(const parser::Project& project, const Observed& observed, const UpOptions& options,
            const OneOffOptions* one_off, bool at_once)
      : scene_(project, observed, options, one_off, at_once) {}

  Plan make() {
    check_folder(scene_.project, scene_.observed.containers);
    scene_.selection =
        select_services(scene_.project, scene_.graph, scene_.options.services, scene_.options.no_deps);
    check();
    for (const auto& name : scene_.selection.services) add_state(name, true);
    find_orphans();
    inspect_networks();
    converge_services();
    find_restarts();

    network_steps(scene_);
    volume_steps(scene_);
    orphan_steps(scene_);
    for (const auto& name : scene_.graph.order()) {
      const auto state = scene_.states.find(name);
      if (state != scene_.states.end()) service_steps(state->second);
    }
    if (scene_.one_off != nullptr) one_off_steps();
    remove_renamed_networks(scene_.steps, scene_.project, scene_.observed, scene_.review,
                            scene_.endings.removals);
    order_stops(scene_.steps, scene_.graph, scene_.stops);
    // Nobody is stopped for a replacement that then cannot be made.
    for (const int stop : scene_.restart_stops) {
      for (const int create : scene_.replacements) scene_.steps.order(create, stop);
    }
    if (!scene_.options.no_start) order_starts(scene_.steps, scene_.graph, scene_.members);
    order_contention(scene_.steps, scene_.observed, scene_.endings, scene_.claims);
    order_dependents_of_updates();
    return with_hooks(std::move(scene_.steps).finish(), &scene_.project, scene_.observed);
  }

 private:
  // ---- what is to be done

  // A one-off container is checked as if it were the service's only one; of the service itself nothing is to
  // be made.
  void check() {
    if (scene_.one_off == nullptr) {
      scene_.replicas = check_up(scene_.project, scene_.observed, scene_.options, scene_.selection.services);
      return;
    }
    const parser::Service& service = scene_.one_off->one_off.service;
    parser::Project with_it = scene_.project;
    with_it.services[service.name] = service;
    with_it.services[service.name].container_name = scene_.one_off->one_off.name;
    scene_.replicas = check_up(with_it, scene_.observed, scene_.options, scene_.selection.services);
    scene_.selection.services.erase(service.name);
  }

  void add_state(const std::string& name, bool selected) {
    ServiceState state;
    state.service = &scene_.project.services.at(name);
    state.selected = selected;
    scene_.states.emplace(name, std::move(state));
  }

  void find_orphans() {
    const std::vector<const ContainerInfo*> orphans = orphans_of(scene_.project, scene_.observed.containers);
    if (scene_.options.remove_orphans) {
      scene_.orphans.insert(orphans.begin(), orphans.end());
    } else if (!orphans.empty() && !scene_.options.ignore_orphans) {
      std::vector<std::string> names;
      names.reserve(orphans.size());
      for (const auto* orphan : orphans) names.push_back(orphan->name);
      scene_.steps.warn(
          "Found orphan containers ([" + join(names, " ") + "]) for this project. If their service was " +
          "removed or renamed in the file, run this command with --remove-orphans to clean them up.");
    }
  }

  void inspect_networks() {
    std::set<std::string> users = scene_.selection.services;
    if (scene_.one_off != nullptr) users.insert(scene_.one_off->one_off.service.name);
    scene_.review =
        review_networks(scene_.project, scene_.observed, users, scene_.orphans, scene_.options.no_recreate);
    check_networks(scene_.project, scene_.observed, scene_.review);
    for (const auto& name : scene_.review.drawn_in) add_state(name, false);
    if (scene_.one_off != nullptr) draw_in_replicas(scene_.one_off->one_off.service.name);
    for (const auto& warning : scene_.review.warnings) scene_.steps.warn(warning);
    review_modes();
  }

  void review_modes() {
    std::set<std::string> made;
    for (const auto& entry : scene_.review.verdicts)
      made.insert(scene_.project.networks.at(entry.first).name);
    for (const auto& name : scene_.selection.services)
      review_service_network(scene_.project, scene_.project.services.at(name), scene_.observed, made,
                             scene_.steps);
    if (scene_.one_off != nullptr)
      review_service_network(scene_.project, scene_.one_off->one_off.service, scene_.observed, made,
                             scene_.steps);
  }

  // Replicas of a one-off container's service are touched only when a network of theirs is recreated.
  void draw_in_replicas(const std::string& service) {
    if (scene_.states.count(service) != 0) return;
    for (const auto& [key, verdict] : scene_.review.verdicts) {
      if (verdict.kind != Verdict::Kind::kRecreate) continue;
      const std::string network = scene_.project.networks.at(key).name;
      const bool touched = std::any_of(scene_.observed.containers.begin(), scene_.observed.containers.end(),
                                       [&](const ContainerInfo& container) {
                                         return service_of(container) == service && !is_one_off(container) &&
                                                is_attached(container, network);
                                       });
      if (touched) return add_state(service, false);
    }
  }

  ConvergePolicy policy_of(const ServiceState& state) const {
    ConvergePolicy policy;
    const std::string& name = state.service->name;
    if (state.selected) policy.replicas = scene_.replicas.at(name);
    policy.by_groups = update_rules(*state.service) && state.selected && !scene_.options.no_start;
    const bool target = scene_.selection.targets.count(name) != 0;
    if (scene_.options.no_recreate) policy.recreate = ConvergePolicy::Recreate::kNever;
    const auto always = [&](const char* flag) {
      policy.recreate = ConvergePolicy::Recreate::kAlways;
      policy.always_reason = std::string("asked for by ") + flag;
    };
    if (!target && state.selected && scene_.options.always_recreate_deps) always("--always-recreate-deps");
    if (target && scene_.options.renew_anonymous_volumes) always("--renew-anon-volumes");
    if (target && scene_.options.force_recreate) always("--force-recreate");
    for (const VolumeLender& lender : lenders_of(*state.service)) {
      const auto lending = scene_.states.find(lender.service);
      if (policy.recreate != ConvergePolicy::Recreate::kDiverged || lending == scene_.states.end()) continue;
      if (!lending->second.convergence.replaces) continue;
      policy.recreate = ConvergePolicy::Recreate::kAlways;
      policy.always_reason = lender.service + " is replaced (volumes_from)";
    }
    for (const auto& [key, verdict] : scene_.review.verdicts) {
      if (verdict.kind != Verdict::Kind::kKeep)
        policy.made_networks.insert(scene_.project.networks.at(key).name);
    }
    return policy;
  }

  void converge_services() {
    for (const auto& name : scene_.graph.order()) {
      const auto found = scene_.states.find(name);
      if (found == scene_.states.end()) continue;
      ServiceState& state = found->second;
      state.convergence = converge(scene_.project, *state.service, scene_.observed, policy_of(state));
    }
  }

  // Its first container is there, is down, and is started by this plan: on a namespace that is new.
  bool comes_up(const std::string& name) const {
    const auto state = scene_.states.find(name);
    if (scene_.options.no_start || state == scene_.states.end() || !state->second.selected) return false;
    const auto& slots = state->second.convergence.slots;
    return !slots.empty() && !slots.front().make && !is_up(*slots.front().current) &&
           !is_done_job(scene_.graph, *slots.front().current);
  }

  void find_restarts() {
    std::set<std::string> affected;
    for (const auto& [name, state] : scene_.states) {
      if (state.convergence.replaces) affected.insert(name);
    }
    for (const auto& name : scene_.graph.order()) {
      for (const auto& [need, dependency] : scene_.graph.needs(name)) {
        const auto service = scene_.project.services.find(name);
        const bool shares =
            service != scene_.project.services.end() && shares_namespace(service->second, need);
        const bool again = shares && comes_up(need);
        const bool replaced = (dependency.restart || shares) && affected.count(need) != 0;
        if (!again && !replaced) continue;
        affected.insert(name);
        if (scene_.states.count(name) == 0) {
          add_state(name, false);
          ConvergePolicy as_they_are;
          as_they_are.recreate = ConvergePolicy::Recreate::kNever;
          scene_.states.at(name).convergence =
              converge(scene_.project, *scene_.states.at(name).service, scene_.observed, as_they_are);
        }
        ServiceState& state = scene_.states.at(name);
        if (state.restart_reason.empty())
          state.restart_reason = need + (replaced ? " is replaced" : " starts again") +
                                 (shares ? " (shares its namespace)" : " (depends_on.restart)");
      }
    }
  }

  void service_steps(ServiceState& state) {
    const std::string& name = state.service->name;
    for (const Surplus& surplus : state.convergence.surplus) {
      end_container(scene_, *surplus.container, "Container " + surplus.container->name, surplus.reason, {});
      remember_stop(scene_, name, *surplus.container);
    }
    if (updates_by_groups(scene_, state)) return update_steps(scene_, state);
    for (const Slot& slot : state.convergence.slots) {
      for (const auto* leftover : slot.leftovers) end_leftover(scene_, *leftover);
      scene_.members[name].push_back(slot.make ? make_slot(scene_, state, slot)
                                               : keep_slot(scene_, state, slot));
    }
  }

  // Who needs a service that is updated by groups goes on until that is through.
  void order_dependents_of_updates() {
    for (const auto& entry : scene_.steps.updates())
      for (const auto& dependent : scene_.graph.needed_by(entry.first))
        for (const int stop : scene_.stops[dependent])
          for (const Member& member : scene_.members[entry.first]) {
            if (member.last() >= 0) scene_.steps.prefer(member.last(), stop);
          }
  }

  // Made once what it needs is there, so that nothing is left over when that fails.
  void one_off_steps() {
    const OneOff& one_off = scene_.one_off->one_off;
    const std::string image = image_of(scene_.project, one_off.service);
    engine::ContainerConfig config =
        one_off_config(scene_.project, one_off, scene_.observed.images.at(image).id);
    point_links(scene_, one_off.service, config);
    point_namespaces(scene_, one_off.service, config);
    const std::string resource = "Container " + one_off.name;
    std::vector<int> before = prerequisites(scene_, config);
    point_volumes(scene_, one_off.service, config, before);
    const int create = scene_.steps.add(resource, CreateContainer{one_off.service.name, config}, "one-off",
                                        std::move(before));
    scene_.claims.push_back({create, one_off.name, "", config.ports});
    scene_.members[one_off.service.name].push_back({one_off.name, create, nullptr, true});
    if (scene_.one_off->start) scene_.steps.add(resource, StartContainer{one_off.name}, "one-off", {create});
  }

  UpScene scene_;
};

}  // namespace

namespace {

// A change may tie services together - a port goes from one to another that it needs - so that no group of
// one can be replaced before all of another.
Plan plan_either_way(const parser::Project& project, const Observed& observed, const UpOptions& options,
                     const OneOffOptions* one_off) {
  try {
    return UpPlanner(project, observed, options, one_off, false).make();
  } catch (const CircularSteps&) {
    Plan plan = UpPlanner(project, observed, options, one_off, true).make();
    plan.warnings.emplace_back(
        "containers are replaced all at once and not by deploy.update_config, since what has changed does "
        "not "
        "let one service go on while another is replaced: change them one after the other to avoid this");
    return plan;
  }
}

}  // namespace

Plan plan_up(const parser::Project& project, const Observed& observed, const UpOptions& options) {
  return plan_either_way(project, observed, options, nullptr);
}

Plan plan_one_off(const parser::Project& project, const Observed& observed, const OneOffOptions& options) {
  UpOptions up;
  up.services = {options.one_off.service.name};
  up.no_deps = options.no_deps;
  up.remove_orphans = options.remove_orphans;
  up.ignore_orphans = options.ignore_orphans;
  return plan_either_way(project, observed, up, &options);
}

}  // namespace compose
