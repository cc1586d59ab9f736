#include "compose/plan/start_order.h"

#include <set>
#include <tuple>

#include "compose/plan/inventory.h"

namespace compose {
namespace {

using Needed = parser::Dependency::Condition;

WaitFor::Condition condition_of(const parser::Dependency& dependency) {
  switch (dependency.condition) {
    case Needed::kStarted:
      break;
    case Needed::kHealthy:
      return WaitFor::Condition::kHealthy;
    case Needed::kCompletedSuccessfully:
      return WaitFor::Condition::kCompletedSuccessfully;
  }
  return WaitFor::Condition::kRunning;
}

bool already_holds(const Member& member, const parser::Dependency& dependency) {
  if (member.start >= 0 || member.kept == nullptr) return false;
  switch (dependency.condition) {
    case Needed::kStarted:
      break;
    case Needed::kHealthy:
      return member.kept->status.state == engine::State::kRunning &&
             member.kept->status.health == engine::Health::kHealthy;
    case Needed::kCompletedSuccessfully:
      return is_finished(*member.kept);
  }
  return true;
}

class StartOrder {
 public:
  StartOrder(StepList& steps, const Members& members) : steps_(steps), members_(members) {}

  void order(const std::string& service, const Member& member, const std::string& need,
             const parser::Dependency& dependency) {
    const auto needed = members_.find(need);
    if (needed == members_.end()) return;
    for (const Member& other : needed->second) {
      if (other.one_off || already_holds(other, dependency)) continue;
      const bool plain = dependency.condition == Needed::kStarted && dependency.required;
      if (plain && other.start >= 0) steps_.order(other.last(), member.start);
      if (!plain) steps_.order(wait_step(service, need, other, dependency), member.start);
    }
  }

 private:
  int wait_step(const std::string& service, const std::string& need, const Member& member,
                const parser::Dependency& dependency) {
    const auto key = std::make_tuple(member.name, condition_of(dependency), dependency.required);
    const auto known = waits_.find(key);
    if (known != waits_.end()) {
      if (waiting_[known->second].insert(service).second) steps_.at(known->second).reason += ", " + service;
      return known->second;
    }
    std::vector<int> after;
    if (member.start >= 0) after.push_back(member.last());
    const int step = steps_.add("Container " + member.name,
                                WaitFor{need, {member.name}, condition_of(dependency), dependency.required},
                                "needed by " + service, after);
    waits_[key] = step;
    waiting_[step].insert(service);
    return step;
  }

  StepList& steps_;
  const Members& members_;
  std::map<std::tuple<std::string, WaitFor::Condition, bool>, int> waits_;
  std::map<int, std::set<std::string>> waiting_;
};

void collect_stops(const ServiceGraph& graph, const std::map<std::string, std::vector<int>>& stops,
                   const std::string& service, std::set<std::string>& seen, std::vector<int>& found) {
  for (const auto& need : graph.needs(service)) {
    if (!seen.insert(need.first).second) continue;
    const auto own = stops.find(need.first);
    if (own != stops.end() && !own->second.empty()) {
      found.insert(found.end(), own->second.begin(), own->second.end());
    } else {
      collect_stops(graph, stops, need.first, seen, found);
    }
  }
}

}  // namespace

void order_starts(StepList& steps, const ServiceGraph& graph, const Members& members) {
  StartOrder starts(steps, members);
  for (const auto& service : graph.order()) {
    const auto own = members.find(service);
    if (own == members.end()) continue;
    for (const Member& member : own->second) {
      if (member.start < 0) continue;
      for (const auto& [need, dependency] : graph.needs(service))
        starts.order(service, member, need, dependency);
    }
  }
}

void order_stops(StepList& steps, const ServiceGraph& graph,
                 const std::map<std::string, std::vector<int>>& stops) {
  for (const auto& [service, own] : stops) {
    if (own.empty()) continue;
    std::set<std::string> seen;
    std::vector<int> later;
    collect_stops(graph, stops, service, seen, later);
    for (const int first : own) {
      for (const int step : later) steps.order(first, step);
    }
  }
}

bool is_done_job(const ServiceGraph& graph, const engine::ContainerInfo& container) {
  return is_finished(container) && graph.is_awaited_job(service_of(container));
}

}  // namespace compose
