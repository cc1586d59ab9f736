#include "compose/plan/update_steps.h"

#include <algorithm>

#include "compose/plan/departures.h"
#include "compose/plan/inventory.h"
#include "compose/plan/labels.h"
#include "compose/plan/slot_steps.h"
#include "compose/plan/update_rules.h"

namespace compose {
namespace {

using engine::ContainerInfo;

// One replica that is replaced.
struct Turn {
  const Slot* slot;
  Replacement replacement;
  int create = -1;
  int begin = -1;  // from here on it matters to others
  int proof = -1;
  int ready = -1;  // the new container has proved itself and has its name
};

class Updater {
 public:
  Updater(UpScene& scene, const ServiceState& state)
      : scene_(scene), state_(state), service_(*state.service), rules_(*update_rules(service_)) {}

  void add() {
    settle_order();
    for (const Slot& slot : state_.convergence.slots) {
      if (slot.make && slot.current != nullptr)
        turns_.push_back({&slot, {}});
      else
        add_other(slot);
    }
    const int first = scene_.steps.size();
    const size_t group = rules_.at_a_time == 0 ? turns_.size() : rules_.at_a_time;
    std::vector<int> gate = prove_kept();
    for (size_t begin = 0; begin < turns_.size(); begin += group) {
      const size_t end = std::min(begin + group, turns_.size());
      add_group(begin, end, gate);
      gate.clear();
      for (size_t i = begin; i < end; ++i) gate.push_back(turns_[i].ready);
      if (rules_.delay.count() > 0 && end < turns_.size())
        gate = {scene_.steps.add("Service " + service_.name, Delay{rules_.delay},
                                 "deploy.update_config.delay", gate)};
    }
    if (keeps()) remove_kept();
    for (int step = first; step < scene_.steps.size(); ++step) scene_.steps.at(step).update = service_.name;
    scene_.steps.updates()[service_.name] = {rules_.on_failure, rules_.how(turns_.size())};
  }

 private:
  bool keeps() const { return rules_.on_failure == Update::OnFailure::kRollBack; }

  void settle_order() {
    if (!rules_.start_first) return;
    const size_t replicas = state_.convergence.slots.size();
    const size_t group = rules_.at_a_time == 0 ? replicas : std::min(rules_.at_a_time, replicas);
    const std::string obstacle = obstacle_to_start_first(scene_.project, service_, replicas + group);
    if (obstacle.empty()) return;
    scene_.steps.warn("service \"" + service_.name + "\": its containers are updated stop-first, although " +
                      "deploy.update_config.order is start-first: " + obstacle);
    rules_.start_first = false;
  }

  void add_other(const Slot& slot) {
    const size_t claims = scene_.claims.size();
    for (const auto* leftover : slot.leftovers) {
      if (keeps() && !slot.make && !is_up(*leftover) && !is_half_recreated(*leftover))
        kept_.push_back({leftover, set_aside(*leftover, slot.name, {})});
      else
        end_leftover(scene_, *leftover);
    }
    scene_.members[service_.name].push_back(slot.make ? make_slot(scene_, state_, slot)
                                                      : keep_slot(scene_, state_, slot));
    for (size_t i = claims; i < scene_.claims.size(); ++i) scene_.claims[i].beside = service_.name;
    if (!slot.make) proving_.emplace_back(&slot, scene_.members[service_.name].size() - 1);
  }

  bool runs_well(const ContainerInfo& container, const Member& member) const {
    const bool healthy = container.status.health == engine::Health::kNone ||
                         container.status.health == engine::Health::kHealthy;
    return member.start < 0 && (healthy || !is_up(container));
  }

  // Containers of an earlier update that was broken off: those that do not run well have to, before others
  // are touched.
  std::vector<int> prove_kept() {
    std::erase_if(proving_, [&](const auto& kept) {
      return runs_well(*kept.first->current, scene_.members[service_.name][kept.second]);
    });
    std::vector<int> proofs;
    for (const auto& [slot, index] : proving_) {
      Member& member = scene_.members[service_.name][index];
      std::vector<int> after;
      if (member.start >= 0) {
        std::get<StartContainer>(scene_.steps.at(member.start).action).tried = true;
        after.push_back(member.start);
      }
      proofs.push_back(monitor(slot->name, member.name, after));
      if (member.start < 0)
        std::get<MonitorContainer>(scene_.steps.at(proofs.back()).action).restarts =
            slot->current->status.restart_count;
      member.ready = proofs.back();
      if (member.start < 0) member.start = member.ready;
    }
    return proofs;
  }

  int monitor(const std::string& name, const std::string& present_name, const std::vector<int>& after) {
    const MonitorContainer action{service_.name, present_name, rules_.monitor,
                                  scene_.graph.is_awaited_job(service_.name),
                                  rules_.tolerated(turns_.size() + proving_.size())};
    return scene_.steps.add("Container " + name, action, "deploy.update_config", after);
  }

  void add_group(size_t begin, size_t end, const std::vector<int>& gate) {
    std::vector<int> creates, proofs;
    for (size_t i = begin; i < end; ++i) {
      create(turns_[i], gate);
      creates.push_back(turns_[i].create);
    }
    for (size_t i = begin; i < end; ++i) {
      Turn& turn = turns_[i];
      if (rules_.start_first) {
        turn.begin = start(turn, turn.replacement.config.name, {turn.create});
        turn.proof = monitor(turn.slot->name, turn.replacement.config.name, {turn.begin});
        proofs.push_back(turn.proof);
      } else {
        // Nobody is stopped for a replacement that then cannot be made.
        const int placed = take_place(turn, creates);
        turn.proof = monitor(turn.slot->name, turn.slot->name, {start(turn, turn.slot->name, {placed})});
        turn.ready = turn.proof;
      }
    }
    for (size_t i = begin; i < end; ++i) {
      Turn& turn = turns_[i];
      if (rules_.start_first) turn.ready = take_place(turn, proofs);
      Member member{turn.slot->name, turn.begin, nullptr};
      member.ready = turn.ready;
      scene_.members[service_.name].push_back(member);
      Loan loan{turn.slot->name, turn.ready, false, turn.slot->name, turn.ready};
      scene_.loans.emplace(service_.name, std::move(loan));
    }
  }

  void create(Turn& turn, const std::vector<int>& gate) {
    for (const auto* leftover : turn.slot->leftovers) end_leftover(scene_, *leftover);
    turn.replacement = replacement_of(scene_, state_, *turn.slot, true);
    std::vector<int> before = turn.replacement.before;
    before.insert(before.end(), gate.begin(), gate.end());
    const ContainerInfo& old = *turn.slot->current;
    if (turn.replacement.release_first) {
      before = {release_container(scene_, old, resource(turn), turn.slot->reason, before)};
      const auto stop = scene_.endings.stops.find(old.id);
      turn.begin = stop == scene_.endings.stops.end() ? before.front() : stop->second;
    }
    turn.create = scene_.steps.add(resource(turn), CreateContainer{service_.name, turn.replacement.config},
                                   turn.slot->reason, std::move(before));
  }

  int start(const Turn& turn, const std::string& name, const std::vector<int>& after) {
    StartContainer action{name};
    action.tried = true;
    const int step = scene_.steps.add(resource(turn), std::move(action), "replaced", after);
    scene_.claims.push_back({step, turn.slot->name, "", turn.replacement.config.ports, service_.name});
    return step;
  }

  // The old container goes, the new one gets its name. Returns the last step.
  int take_place(Turn& turn, std::vector<int> after) {
    const ContainerInfo& old = *turn.slot->current;
    if (is_up(old) && !turn.replacement.release_first) {
      after = {stop_container(scene_, old, resource(turn), "replaced", std::move(after))};
      if (turn.begin < 0) turn.begin = after.front();
    }
    if (keeps()) {
      kept_.push_back({&old, set_aside(old, turn.slot->name, std::move(after))});
      after = {kept_.back().second};
    } else {
      after = {scene_.steps.add(resource(turn), RemoveContainer{old.id, false, turn.replacement.renew},
                                "replaced", std::move(after))};
      scene_.endings.removals[old.id] = after.front();
    }
    if (turn.begin < 0) turn.begin = after.front();
    after.push_back(turn.create);
    return scene_.steps.add(resource(turn), RenameContainer{turn.replacement.config.name, turn.slot->name},
                            "replaced", after);
  }

  // Returns the step after which it is set aside; -1: it is already.
  int set_aside(const ContainerInfo& old, const std::string& name, std::vector<int> after) {
    if (is_set_aside(old)) return after.empty() ? -1 : after.front();
    const int step = scene_.steps.add("Container " + name, RenameContainer{old.id, set_aside_name(old)},
                                      "kept until the update is through", std::move(after));
    scene_.endings.renames[old.id] = step;
    return step;
  }

  void remove_kept() {
    std::vector<int> all;
    for (const Turn& turn : turns_) all.push_back(turn.ready);
    for (const auto& [container, aside] : kept_) {
      const Turn* turn = nullptr;
      for (const Turn& other : turns_)
        if (other.slot->current == container) turn = &other;
      const std::string name = is_set_aside(*container) ? container->name : set_aside_name(*container);
      std::vector<int> after = all;
      if (aside >= 0) after.push_back(aside);
      scene_.endings.removals[container->id] =
          scene_.steps.add("Container " + name,
                           RemoveContainer{container->id, false, turn != nullptr && turn->replacement.renew},
                           "the update is through", std::move(after));
    }
  }

  static std::string resource(const Turn& turn) { return "Container " + turn.slot->name; }

  UpScene& scene_;
  const ServiceState& state_;
  const parser::Service& service_;
  UpdateRules rules_;
  std::vector<Turn> turns_;
  std::vector<std::pair<const Slot*, size_t>> proving_;     // kept slots, and which member each is
  std::vector<std::pair<const ContainerInfo*, int>> kept_;  // old ones, and the step that sets them aside
};

}  // namespace

bool updates_by_groups(UpScene& scene, const ServiceState& state) {
  if (!update_rules(*state.service) || !state.selected || scene.options.no_start || scene.at_once)
    return false;
  const auto& slots = state.convergence.slots;
  if (std::none_of(slots.begin(), slots.end(),
                   [](const Slot& slot) { return slot.make && slot.current != nullptr; }))
    return false;
  for (const auto& entry : state.service->networks) {
    const auto network = scene.project.networks.find(entry.first);
    if (network == scene.project.networks.end() || scene.network_removals.count(network->second.name) == 0)
      continue;
    scene.steps.warn("service \"" + state.service->name +
                     "\": its containers are replaced all at once and not by deploy.update_config, since " +
                     "network " + network->second.name + " is made anew and all have to leave it first");
    return false;
  }
  return true;
}

void update_steps(UpScene& scene, const ServiceState& state) {
  Updater(scene, state).add();
}

}  // namespace compose
