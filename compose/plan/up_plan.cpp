// up, create, scale, run: from what there is to what the file says.
#include <algorithm>
#include <set>

#include "compose/plan/borrowed_volumes.h"
#include "compose/plan/contention.h"
#include "compose/plan/convergence.h"
#include "compose/plan/graph.h"
#include "compose/plan/hooks.h"
#include "compose/plan/inventory.h"
#include "compose/plan/labels.h"
#include "compose/plan/naming.h"
#include "compose/plan/network_checks.h"
#include "compose/plan/network_review.h"
#include "compose/plan/one_off.h"
#include "compose/plan/planner.h"
#include "compose/plan/selection.h"
#include "compose/plan/service_network.h"
#include "compose/plan/shared_namespaces.h"
#include "compose/plan/start_order.h"
#include "compose/plan/step_list.h"
#include "compose/plan/up_checks.h"

namespace compose {
namespace {

using engine::ContainerInfo;

// A service the plan is about. Besides the selected ones these are the users of a network that is recreated,
// and those that ask to be restarted with one that is replaced (depends_on.restart).
struct ServiceState {
  const parser::Service* service = nullptr;
  bool selected = false;
  std::string restart_reason;  // its running containers are restarted; empty: they are not
  Convergence convergence;
};

class UpPlanner {
 public:
  // `one_off`: made beside what it needs; may be null.
  UpPlanner(const parser::Project& project, const Observed& observed, const UpOptions& options,
            const OneOffOptions* one_off = nullptr)
      : project_(project),
        observed_(observed),
        options_(options),
        one_off_(one_off),
        graph_(ServiceGraph::of(project)) {}

  Plan make() {
    check_folder(project_, observed_.containers);
    selection_ = select_services(project_, graph_, options_.services, options_.no_deps);
    check();
    for (const auto& name : selection_.services) add_state(name, true);
    find_orphans();
    inspect_networks();
    converge_services();
    find_restarts();

    network_steps();
    volume_steps();
    orphan_steps();
    for (const auto& name : graph_.order()) {
      const auto state = states_.find(name);
      if (state != states_.end()) service_steps(state->second);
    }
    if (one_off_ != nullptr) one_off_steps();
    remove_renamed_networks(steps_, project_, observed_, review_, endings_.removals);
    order_stops(steps_, graph_, stops_);
    // Nobody is stopped for a replacement that then cannot be made.
    for (const int stop : restart_stops_) {
      for (const int create : replacements_) steps_.order(create, stop);
    }
    if (!options_.no_start) order_starts(steps_, graph_, members_);
    order_contention(steps_, observed_, endings_, claims_);
    return with_hooks(std::move(steps_).finish(), &project_, observed_);
  }

 private:
  // ---- what is to be done

  // A one-off container is checked as if it were the service's only one; of the service itself nothing is to
  // be made.
  void check() {
    if (one_off_ == nullptr) {
      replicas_ = check_up(project_, observed_, options_, selection_.services);
      return;
    }
    const parser::Service& service = one_off_->one_off.service;
    parser::Project with_it = project_;
    with_it.services[service.name] = service;
    with_it.services[service.name].container_name = one_off_->one_off.name;
    replicas_ = check_up(with_it, observed_, options_, selection_.services);
    selection_.services.erase(service.name);
  }

  void add_state(const std::string& name, bool selected) {
    ServiceState state;
    state.service = &project_.services.at(name);
    state.selected = selected;
    states_.emplace(name, std::move(state));
  }

  void find_orphans() {
    const std::vector<const ContainerInfo*> orphans = orphans_of(project_, observed_.containers);
    if (options_.remove_orphans) {
      orphans_.insert(orphans.begin(), orphans.end());
    } else if (!orphans.empty() && !options_.ignore_orphans) {
      std::vector<std::string> names;
      names.reserve(orphans.size());
      for (const auto* orphan : orphans) names.push_back(orphan->name);
      steps_.warn("Found orphan containers ([" + join(names, " ") +
                  "]) for this project. If their service was " +
                  "removed or renamed in the file, run this command with --remove-orphans to clean them up.");
    }
  }

  void inspect_networks() {
    std::set<std::string> users = selection_.services;
    if (one_off_ != nullptr) users.insert(one_off_->one_off.service.name);
    review_ = review_networks(project_, observed_, users, orphans_, options_.no_recreate);
    check_networks(project_, observed_, review_);
    for (const auto& name : review_.drawn_in) add_state(name, false);
    if (one_off_ != nullptr) draw_in_replicas(one_off_->one_off.service.name);
    for (const auto& warning : review_.warnings) steps_.warn(warning);
    review_modes();
  }

  void review_modes() {
    std::set<std::string> made;
    for (const auto& entry : review_.verdicts) made.insert(project_.networks.at(entry.first).name);
    for (const auto& name : selection_.services)
      review_service_network(project_, project_.services.at(name), observed_, made, steps_);
    if (one_off_ != nullptr)
      review_service_network(project_, one_off_->one_off.service, observed_, made, steps_);
  }

  // Replicas of a one-off container's service are touched only when a network of theirs is recreated.
  void draw_in_replicas(const std::string& service) {
    if (states_.count(service) != 0) return;
    for (const auto& [key, verdict] : review_.verdicts) {
      if (verdict.kind != Verdict::Kind::kRecreate) continue;
      const std::string network = project_.networks.at(key).name;
      const bool touched = std::any_of(observed_.containers.begin(), observed_.containers.end(),
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
    if (state.selected) policy.replicas = replicas_.at(name);
    const bool target = selection_.targets.count(name) != 0;
    if (options_.no_recreate) policy.recreate = ConvergePolicy::Recreate::kNever;
    const auto always = [&](const char* flag) {
      policy.recreate = ConvergePolicy::Recreate::kAlways;
      policy.always_reason = std::string("asked for by ") + flag;
    };
    if (!target && state.selected && options_.always_recreate_deps) always("--always-recreate-deps");
    if (target && options_.renew_anonymous_volumes) always("--renew-anon-volumes");
    if (target && options_.force_recreate) always("--force-recreate");
    for (const VolumeLender& lender : lenders_of(*state.service)) {
      const auto lending = states_.find(lender.service);
      if (policy.recreate != ConvergePolicy::Recreate::kDiverged || lending == states_.end()) continue;
      if (!lending->second.convergence.replaces) continue;
      policy.recreate = ConvergePolicy::Recreate::kAlways;
      policy.always_reason = lender.service + " is replaced (volumes_from)";
    }
    for (const auto& [key, verdict] : review_.verdicts) {
      if (verdict.kind != Verdict::Kind::kKeep) policy.made_networks.insert(project_.networks.at(key).name);
    }
    return policy;
  }

  void converge_services() {
    for (const auto& name : graph_.order()) {
      const auto found = states_.find(name);
      if (found == states_.end()) continue;
      ServiceState& state = found->second;
      state.convergence = converge(project_, *state.service, observed_, policy_of(state));
    }
  }

  // Its first container is there, is down, and is started by this plan: on a namespace that is new.
  bool comes_up(const std::string& name) const {
    const auto state = states_.find(name);
    if (options_.no_start || state == states_.end() || !state->second.selected) return false;
    const auto& slots = state->second.convergence.slots;
    return !slots.empty() && !slots.front().make && !is_up(*slots.front().current) &&
           !is_done_job(graph_, *slots.front().current);
  }

  void find_restarts() {
    std::set<std::string> affected;
    for (const auto& [name, state] : states_) {
      if (state.convergence.replaces) affected.insert(name);
    }
    for (const auto& name : graph_.order()) {
      for (const auto& [need, dependency] : graph_.needs(name)) {
        const auto service = project_.services.find(name);
        const bool shares = service != project_.services.end() && shares_namespace(service->second, need);
        const bool again = shares && comes_up(need);
        const bool replaced = (dependency.restart || shares) && affected.count(need) != 0;
        if (!again && !replaced) continue;
        affected.insert(name);
        if (states_.count(name) == 0) {
          add_state(name, false);
          ConvergePolicy as_they_are;
          as_they_are.recreate = ConvergePolicy::Recreate::kNever;
          states_.at(name).convergence =
              converge(project_, *states_.at(name).service, observed_, as_they_are);
        }
        ServiceState& state = states_.at(name);
        if (state.restart_reason.empty())
          state.restart_reason = need + (replaced ? " is replaced" : " starts again") +
                                 (shares ? " (shares its namespace)" : " (depends_on.restart)");
      }
    }
  }

  // ---- networks and volumes

  void network_steps() {
    for (const auto& [key, verdict] : review_.verdicts) {
      if (verdict.kind == Verdict::Kind::kKeep) continue;
      const parser::Network& network = project_.networks.at(key);
      const std::string resource = "Network " + network.name;
      std::vector<int> after;
      if (verdict.kind == Verdict::Kind::kRecreate) {
        after.push_back(steps_.add(resource, RemoveNetwork{network.name}, verdict.reason));
        network_removals_[network.name] = after.back();
      }
      network_creations_[network.name] =
          steps_.add(resource, CreateNetwork{network_config(project_, network)}, verdict.reason, after);
    }
  }

  void volume_steps() {
    std::set<std::string> used;
    const auto add = [&used](const parser::Service& service) {
      for (const auto& mount : service.volumes) {
        if (mount.type == parser::VolumeMount::Type::kVolume) used.insert(mount.source);
      }
    };
    for (const auto& entry : states_) add(*entry.second.service);
    if (one_off_ != nullptr) add(one_off_->one_off.service);
    for (const auto& key : used) {
      const auto volume = project_.volumes.find(key);
      if (volume == project_.volumes.end()) {
        unknown_volume_step(key);
        continue;
      }
      const Verdict verdict = inspect(project_, observed_, volume->second);
      if (!verdict.warning.empty()) steps_.warn(verdict.warning);
      if (verdict.kind != Verdict::Kind::kCreate) continue;
      volume_creations_[volume->second.name] =
          steps_.add("Volume " + volume->second.name, CreateVolume{volume_config(project_, volume->second)},
                     verdict.reason);
    }
  }

  // Named by --volume alone: a volume of that very name, which belongs to no project.
  void unknown_volume_step(const std::string& name) {
    const bool there = std::any_of(observed_.volumes.begin(), observed_.volumes.end(),
                                   [&](const auto& volume) { return volume.name == name; });
    if (there || name.empty()) return;
    engine::VolumeConfig config;
    config.name = name;
    volume_creations_[name] = steps_.add("Volume " + name, CreateVolume{config}, "not there yet");
  }

  // ---- containers

  void orphan_steps() {
    std::map<std::string, std::vector<int>> stops;
    std::vector<ContainerInfo> containers;
    for (const auto* orphan : orphans_) {
      end(*orphan, "Container " + orphan->name, "orphan", {});
      containers.push_back(*orphan);
      const auto stop = endings_.stops.find(orphan->id);
      if (stop != endings_.stops.end()) stops[service_of(*orphan)].push_back(stop->second);
    }
    order_stops(steps_, ServiceGraph::of(nullptr, containers), stops);
  }

  // Stops (when up) and removes an observed container. Returns the removing step.
  int end(const ContainerInfo& container, const std::string& resource, const std::string& reason,
          std::vector<int> after, bool anonymous_volumes = false) {
    const bool released = endings_.disconnects.count(container.id) != 0;
    if (is_up(container) && !released) after = {stop(container, resource, reason, std::move(after))};
    const int removal = steps_.add(resource, RemoveContainer{container.id, false, anonymous_volumes}, reason,
                                   std::move(after));
    endings_.removals[container.id] = removal;
    if (!released) leave_networks(container, removal);
    return removal;
  }

  int stop(const ContainerInfo& container, const std::string& resource, const std::string& reason,
           std::vector<int> after) {
    const int step =
        steps_.add(resource, StopContainer{container.id, options_.timeout_ms}, reason, std::move(after));
    endings_.stops[container.id] = step;
    return step;
  }

  // Stops (when up) an observed container and frees its addresses. It is still there with all its data, to be
  // started again when what comes next fails. Returns the last step.
  int release(const ContainerInfo& container, const std::string& resource, const std::string& reason) {
    std::vector<int> after;
    if (is_up(container)) after = {stop(container, resource, reason, {})};
    const int disconnect = steps_.add(resource, DisconnectContainer{container.id}, reason, std::move(after));
    endings_.disconnects[container.id] = disconnect;
    leave_networks(container, disconnect);
    return disconnect;
  }

  // After `step` the container is on no network.
  void leave_networks(const ContainerInfo& container, int step) {
    for (const auto& [network, removal] : network_removals_) {
      if (is_attached(container, network)) steps_.order(step, removal);
    }
  }

  void service_steps(ServiceState& state) {
    const std::string& name = state.service->name;
    for (const Surplus& surplus : state.convergence.surplus) {
      end(*surplus.container, "Container " + surplus.container->name, surplus.reason, {});
      remember_stop(name, *surplus.container);
    }
    for (const Slot& slot : state.convergence.slots) {
      for (const auto* leftover : slot.leftovers) {
        end(*leftover, "Container " + leftover->name, "left over from an interrupted recreate", {});
      }
      members_[name].push_back(slot.make ? make_slot(state, slot) : keep_slot(state, slot));
    }
  }

  // Made once what it needs is there, so that nothing is left over when that fails.
  void one_off_steps() {
    const OneOff& one_off = one_off_->one_off;
    const std::string image = image_of(project_, one_off.service);
    engine::ContainerConfig config = one_off_config(project_, one_off, observed_.images.at(image).id);
    point_links(one_off.service, config);
    point_namespaces(one_off.service, config);
    const std::string resource = "Container " + one_off.name;
    std::vector<int> before = prerequisites(config);
    point_volumes(one_off.service, config, before);
    const int create =
        steps_.add(resource, CreateContainer{one_off.service.name, config}, "one-off", std::move(before));
    claims_.push_back({create, one_off.name, "", config.ports});
    members_[one_off.service.name].push_back({one_off.name, create, nullptr, true});
    if (one_off_->start) steps_.add(resource, StartContainer{one_off.name}, "one-off", {create});
  }

  void remember_stop(const std::string& service, const ContainerInfo& container) {
    const auto stop = endings_.stops.find(container.id);
    if (stop != endings_.stops.end()) stops_[service].push_back(stop->second);
  }

  Member keep_slot(const ServiceState& state, const Slot& slot) {
    const ContainerInfo& container = *slot.current;
    const std::string name = is_half_recreated(container) ? slot.name : container.name;
    loans_.emplace(state.service->name, Loan{container.id, -1, false});
    const std::string resource = "Container " + name;
    std::vector<int> after;
    for (const auto* leftover : slot.leftovers) after.push_back(endings_.removals.at(leftover->id));
    if (name != container.name) {
      after = {steps_.add(resource, RenameContainer{container.id, name}, "finishes an interrupted recreate",
                          after)};
    }
    if (slot.reconfigure) {
      const engine::ContainerConfig config =
          container_config(project_, *state.service, slot.number, slot.name, container.image_id);
      after = {steps_.add(resource, ReconfigureContainer{container.id, config.environment, config.labels},
                          slot.reason, after)};
    }
    Member member{name, -1, &container};
    const auto status = container.status.state;
    const bool runs = status == engine::State::kRunning || status == engine::State::kRestarting;
    const bool restart = is_up(container) && !state.restart_reason.empty();
    const bool again = !state.restart_reason.empty() && state.selected;
    if (options_.no_start) return member;
    std::string reason = state.restart_reason;
    if (restart) {
      const int stop = steps_.add(resource, StopContainer{container.id, options_.timeout_ms}, reason);
      endings_.stops[container.id] = stop;
      stops_[state.service->name].push_back(stop);
      restart_stops_.push_back(stop);
      after.push_back(stop);
    } else if (runs || !state.selected || (!again && is_done_job(graph_, container))) {
      return member;
    } else {
      reason = start_reason(container);
    }
    member.start = steps_.add(resource, StartContainer{name}, reason, after);
    claims_.push_back({member.start, name, container.id, container.ports});
    return member;
  }

  static std::string start_reason(const ContainerInfo& container) {
    if (container.status.state == engine::State::kExited) {
      return "exited with " + std::to_string(container.status.exit_code);
    }
    if (container.status.state == engine::State::kCreated) return "not started yet";
    return "was " + engine::to_string(container.status.state);
  }

  // A static address is held from create on, and a network can only be recreated once nobody is on it: the
  // old container has to leave its networks before the new one can be made.
  bool must_release_first(const engine::ContainerConfig& config) const {
    return std::any_of(config.networks.begin(), config.networks.end(), [&](const auto& attachment) {
      return !attachment.ipv4_address.empty() || !attachment.ipv6_address.empty() ||
             network_removals_.count(attachment.network) != 0;
    });
  }

  Member make_slot(const ServiceState& state, const Slot& slot) {
    const parser::Service& service = *state.service;
    const std::string resource = "Container " + slot.name;
    const std::string image = image_of(project_, service);
    engine::ContainerConfig config =
        container_config(project_, service, slot.number, slot.name, observed_.images.at(image).id);
    point_links(service, config);
    point_namespaces(service, config);
    std::vector<int> before = prerequisites(config);
    const bool lender_is_released = point_volumes(service, config, before);
    for (const auto* leftover : slot.leftovers) before.push_back(endings_.removals.at(leftover->id));
    int ready = -1;
    if (slot.current == nullptr) {
      ready = steps_.add(resource, CreateContainer{service.name, config}, slot.reason, before);
      loans_.emplace(service.name, Loan{config.name, ready, false});
    } else {
      ready = replace(state, slot, config, std::move(before), lender_is_released);
    }
    Member member{slot.name, -1, nullptr};
    const bool start = state.selected || (slot.current != nullptr && is_up(*slot.current));
    if (options_.no_start || !start) return member;
    member.start = steps_.add(resource, StartContainer{slot.name},
                              slot.current == nullptr ? "not started yet" : "replaced", {ready});
    claims_.push_back({member.start, slot.name, "", config.ports});
    return member;
  }

  // Returns the step after which the new container is there under its name.
  int replace(const ServiceState& state, const Slot& slot, engine::ContainerConfig& config,
              std::vector<int> before, bool lender_is_released) {
    const ContainerInfo& old = *slot.current;
    const std::string resource = "Container " + slot.name;
    if (!options_.renew_anonymous_volumes) config.inherited_volumes = anonymous_volumes(old, config);
    config.labels[label::kReplace] = slot.name;
    // Those it carries over are in use by then. One it had from another that has a new one now would be
    // nobody's.
    const bool renew = options_.renew_anonymous_volumes || !state.service->volumes_from.empty();
    // Of a lender that is stopped first, it has to be stopped before that.
    const bool release_first = must_release_first(config) || lender_is_released;
    if (release_first) before.push_back(release(old, resource, slot.reason));
    config.name = temporary_name(old.id, slot.name);
    const int create =
        steps_.add(resource, CreateContainer{state.service->name, config}, slot.reason, std::move(before));
    loans_.emplace(state.service->name, Loan{config.name, create, release_first});
    if (!release_first) replacements_.push_back(create);
    const int removal = end(old, resource, "replaced", {create}, renew);
    remember_stop(state.service->name, old);
    return steps_.add(resource, RenameContainer{config.name, slot.name}, "replaced", {removal});
  }

  static std::map<std::string, std::string> anonymous_volumes(const ContainerInfo& old,
                                                              const engine::ContainerConfig& config) {
    std::map<std::string, std::string> volumes;
    for (const auto& mount : old.mounts) {
      if (mount.type != engine::MountConfig::Type::kVolume || !mount.anonymous) continue;
      const bool mounted_over =
          std::any_of(config.mounts.begin(), config.mounts.end(), [&](const auto& other) {
            const bool anonymous = other.type == engine::MountConfig::Type::kVolume && other.source.empty();
            return other.target == mount.target && !anonymous;
          });
      if (!mounted_over) volumes[mount.target] = mount.volume;
    }
    return volumes;
  }

  std::vector<int> prerequisites(const engine::ContainerConfig& config) const {
    std::vector<int> before;
    for (const auto& attachment : config.networks) {
      const auto step = network_creations_.find(attachment.network);
      if (step != network_creations_.end()) before.push_back(step->second);
    }
    for (const auto& mount : config.mounts) {
      const auto step = volume_creations_.find(mount.source);
      if (mount.type == engine::MountConfig::Type::kVolume && step != volume_creations_.end()) {
        before.push_back(step->second);
      }
    }
    return before;
  }

  // Whose volumes they are, by the name it has when they are asked for. Returns whether one of those is
  // stopped to be replaced.
  bool point_volumes(const parser::Service& service, engine::ContainerConfig& config,
                     std::vector<int>& before) const {
    bool released = false;
    const std::vector<VolumeLender> lenders = lenders_of(service);
    for (size_t i = 0; i < lenders.size(); ++i) {
      if (lenders[i].service.empty()) continue;
      std::string& container = config.volumes_from.at(i).container;
      if (const auto loan = loans_.find(lenders[i].service); loan != loans_.end()) {
        container = loan->second.container;
        if (loan->second.create >= 0) before.push_back(loan->second.create);
        released = released || loan->second.released;
      } else if (const ContainerInfo* there = lending_container(observed_, lenders[i].service)) {
        container = there->id;
      } else {
        throw PlanError("service \"" + service.name + "\" has its volumes from \"" + lenders[i].service +
                        "\", which has no container: start that first");
      }
    }
    return released;
  }

  // Links to one container lead to the first replica that there really is: scaling down may have taken
  // number 1. Those to a container of another project go by its name, which it keeps when it is made anew.
  void point_links(const parser::Service& service, engine::ContainerConfig& config) const {
    for (const auto& [alias, linked] : links_to_one(project_, service)) {
      const auto state = states_.find(linked);
      if (state == states_.end() || state->second.convergence.slots.empty()) continue;
      config.links[alias] = state->second.convergence.slots.front().name;
    }
    for (const auto& link : service.external_links) {
      for (const auto& other : observed_.others)
        if (link.service.size() >= 12 && other.id.rfind(link.service, 0) == 0)
          config.links[link.alias] = other.name;
    }
  }

  // As for links.
  void point_namespaces(const parser::Service& service, engine::ContainerConfig& config) const {
    const auto point = [&](const std::string& asked, std::string& mode) {
      const std::string lender = lending_service(asked);
      const auto state = states_.find(lender);
      if (state != states_.end() && !state->second.convergence.slots.empty()) {
        mode = "container:" + state->second.convergence.slots.front().name;
      } else if (const ContainerInfo* there = lending_container(observed_, lender)) {
        mode = "container:" + there->name;
      }
    };
    point(service.network_mode, config.network_mode);
    point(service.ipc, config.ipc_mode);
    point(service.pid, config.pid_mode);
    point(service.uts, config.uts_mode);
  }

  const parser::Project& project_;
  const Observed& observed_;
  const UpOptions& options_;
  const OneOffOptions* one_off_;
  const ServiceGraph graph_;
  Selection selection_;
  std::map<std::string, int> replicas_;  // of selected services
  std::map<std::string, ServiceState> states_;
  std::set<const ContainerInfo*> orphans_;  // to be removed
  NetworkReview review_;

  StepList steps_;
  std::map<std::string, int> network_removals_, network_creations_, volume_creations_;  // steps by name
  std::map<std::string, std::vector<int>> stops_;                                       // by service
  std::vector<int> replacements_;   // CreateContainer steps of new containers beside running old ones
  std::vector<int> restart_stops_;  // StopContainer steps of containers that are started again
  // The container that lends a service's volumes, and the step that makes it (-1: it is there).
  struct Loan {
    std::string container;
    int create;
    bool released;  // the one before it is stopped first
  };
  std::map<std::string, Loan> loans_;
  Members members_;
  Endings endings_;
  std::vector<PortClaim> claims_;
};

}  // namespace

Plan plan_up(const parser::Project& project, const Observed& observed, const UpOptions& options) {
  return UpPlanner(project, observed, options).make();
}

Plan plan_one_off(const parser::Project& project, const Observed& observed, const OneOffOptions& options) {
  UpOptions up;
  up.services = {options.one_off.service.name};
  up.no_deps = options.no_deps;
  up.remove_orphans = options.remove_orphans;
  up.ignore_orphans = options.ignore_orphans;
  return UpPlanner(project, observed, up, &options).make();
}

}  // namespace compose
