#include "compose/plan/rollback.h"

#include <algorithm>
#include <map>

#include "compose/plan/hooks.h"
#include "compose/plan/inventory.h"
#include "compose/plan/shared_namespaces.h"
#include "compose/plan/step_list.h"
#include "compose/plan/update_rules.h"

namespace compose {
namespace {

using engine::ContainerInfo;

constexpr const char* kWhy = "the update failed";

// One replica: `old` has to run again under `name`, in place of `now`.
struct WayBack {
  std::string name;
  const ContainerInfo* old = nullptr;
  const ContainerInfo* now = nullptr;  // may be null
  std::vector<int> after{};            // steps that make room
  int proof = -1;
  int ready = -1;
};

class ServiceRollback {
 public:
  ServiceRollback(const parser::Project& project, const Observed& observed, const RollbackOptions& options,
                  const parser::Service& service, StepList& steps)
      : project_(project),
        observed_(observed),
        options_(options),
        service_(service),
        rules_(rollback_rules(service)),
        steps_(steps) {}

  void add() {
    const int first = steps_.size();
    find_ways();
    if (rules_.start_first && !can_start_first()) rules_.start_first = false;
    const size_t group = rules_.at_a_time == 0 ? ways_.size() : rules_.at_a_time;
    std::vector<int> gate;
    for (size_t begin = 0; begin < ways_.size(); begin += group) {
      const size_t end = std::min(begin + group, ways_.size());
      add_group(begin, end, gate);
      gate.clear();
      for (size_t i = begin; i < end; ++i) gate.push_back(ways_[i].ready);
      if (rules_.delay.count() > 0 && end < ways_.size())
        gate = {steps_.add("Service " + service_.name, Delay{rules_.delay}, "deploy.rollback_config.delay",
                           gate)};
    }
    if (!ways_.empty()) restart_sharers();
    for (int step = first; step < steps_.size(); ++step) steps_.at(step).update = service_.name;
    steps_.updates()[service_.name] = {rules_.on_failure, "back: " + rules_.how(ways_.size())};
  }

 private:
  void find_ways() {
    std::map<int, std::vector<const ContainerInfo*>> numbers;
    for (const auto& container : observed_.containers)
      if (service_of(container) == service_.name && !is_one_off(container))
        numbers[number_of(container)].push_back(&container);
    for (const auto& entry : numbers) find_way(entry.second);
    // Those that nobody stands in for come first.
    std::stable_partition(ways_.begin(), ways_.end(),
                          [](const WayBack& way) { return way.now == nullptr || !is_up(*way.now); });
  }

  void find_way(const std::vector<const ContainerInfo*>& group) {
    WayBack way;
    const ContainerInfo* named = nullptr;
    for (const auto* container : group) {
      if (is_set_aside(*container)) {
        if (way.old == nullptr || way.old->created_ms < container->created_ms) way.old = container;
      } else if (!is_half_recreated(*container)) {
        named = container;
      }
    }
    const bool alone = way.old == nullptr && named == nullptr;
    for (const auto* container : group)
      if (is_half_recreated(*container) && !alone) way.after.push_back(end(*container, {}));
    if (way.old != nullptr) {
      way.name = former_name(*way.old);
      way.now = named;
    } else if (named != nullptr && !way.after.empty() && !is_up(*named)) {
      way.name = named->name;
      way.old = named;
    } else {
      // An interrupted update may have stopped it.
      if (named != nullptr && !is_up(*named) && !is_finished(*named))
        steps_.add("Container " + named->name, StartContainer{named->name}, kWhy);
      return;
    }
    ways_.push_back(std::move(way));
  }

  // Stops (when up) and removes a new one. Returns the last step. Anonymous volumes that it has from the old
  // one are in use.
  int end(const ContainerInfo& container, std::vector<int> after) {
    const std::string resource = "Container " + container.name;
    if (is_up(container))
      after = {steps_.add(resource, StopContainer{container.id, options_.timeout_ms}, kWhy, after)};
    return steps_.add(resource, RemoveContainer{container.id, false, true}, kWhy, after);
  }

  bool can_start_first() const {
    const size_t most = ways_.size() + (rules_.at_a_time == 0 ? ways_.size() : rules_.at_a_time);
    if (!obstacle_to_start_first(project_, service_, most).empty()) return false;
    // What the old ones were made from may have been another description.
    return std::none_of(ways_.begin(), ways_.end(), [](const WayBack& way) {
      return std::any_of(way.old->ports.begin(), way.old->ports.end(), [](const auto& port) {
        return port.host_port != 0 && port.host_port_end <= port.host_port;
      });
    });
  }

  void add_group(size_t begin, size_t end, const std::vector<int>& gate) {
    std::vector<int> proofs;
    for (size_t i = begin; i < end; ++i) {
      WayBack& way = ways_[i];
      way.after.insert(way.after.end(), gate.begin(), gate.end());
      if (is_beside(way)) {
        way.proof = prove(way, way.old->name, way.after);
        proofs.push_back(way.proof);
        continue;
      }
      if (way.now != nullptr) way.after = {this->end(*way.now, way.after)};
      way.proof = way.ready = prove(way, way.name, {rename(way, way.after)});
    }
    for (size_t i = begin; i < end; ++i) {
      WayBack& way = ways_[i];
      if (is_beside(way)) way.ready = rename(way, {this->end(*way.now, proofs)});
    }
  }

  bool is_beside(const WayBack& way) const {
    return rules_.start_first && way.now != nullptr && is_up(*way.now);
  }

  // Returns the step after which it has its name.
  int rename(const WayBack& way, std::vector<int> after) {
    const std::string resource = "Container " + way.name;
    if (way.old->name == way.name && after.size() == 1) return after.front();
    return steps_.add(resource, RenameContainer{way.old->id, way.name}, kWhy, std::move(after));
  }

  int prove(const WayBack& way, const std::string& present_name, std::vector<int> after) {
    const std::string resource = "Container " + way.name;
    if (!is_up(*way.old)) {
      StartContainer start{present_name};
      start.tried = true;
      after = {steps_.add(resource, std::move(start), kWhy, std::move(after))};
    }
    MonitorContainer monitor{service_.name, present_name, rules_.monitor};
    monitor.back = true;
    monitor.tolerated = rules_.tolerated(ways_.size());
    return steps_.add(resource, std::move(monitor), "deploy.rollback_config", std::move(after));
  }

  // A namespace ends with the container whose it is.
  void restart_sharers() {
    std::vector<int> ready;
    for (const WayBack& way : ways_) ready.push_back(way.ready);
    for (const auto& container : observed_.containers) {
      const auto sharer = project_.services.find(service_of(container));
      if (sharer == project_.services.end() || !shares_namespace(sharer->second, service_.name)) continue;
      if (!is_up(container) || is_one_off(container)) continue;
      const std::string resource = "Container " + container.name;
      const std::string reason = service_.name + " is rolled back (shares its namespace)";
      const int stop = steps_.add(resource, StopContainer{container.id, options_.timeout_ms}, reason, ready);
      StartContainer start{container.name};
      start.restarts = true;
      steps_.add(resource, std::move(start), reason, {stop});
    }
  }

  const parser::Project& project_;
  const Observed& observed_;
  const RollbackOptions& options_;
  const parser::Service& service_;
  UpdateRules rules_;
  StepList& steps_;
  std::vector<WayBack> ways_;
};

}  // namespace

Plan plan_rollback(const parser::Project& project, const Observed& observed, const RollbackOptions& options) {
  StepList steps;
  for (const auto& name : options.services)
    ServiceRollback(project, observed, options, project.services.at(name), steps).add();
  return with_hooks(std::move(steps).finish(), &project, observed);
}

}  // namespace compose
