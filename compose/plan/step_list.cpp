#include "compose/plan/step_list.h"

#include <algorithm>
#include <functional>
#include <queue>

namespace compose {

int StepList::add(std::string resource, Action action, std::string reason, std::vector<int> after) {
  const int number = size();
  Step step;
  step.id = number;
  step.resource = std::move(resource);
  step.action = std::move(action);
  step.reason = std::move(reason);
  steps_.push_back(std::move(step));
  for (const int before : after) order(before, number);
  return number;
}

void StepList::order(int before, int step) {
  std::vector<int>& after = at(step).after;
  if (before == step || std::find(after.begin(), after.end(), before) != after.end()) return;
  after.push_back(before);
}

bool StepList::waits_for(int step, int first) const {
  std::vector<bool> seen(steps_.size());
  std::vector<int> open{step};
  while (!open.empty()) {
    const int next = open.back();
    open.pop_back();
    for (const int before : steps_[static_cast<size_t>(next)].after) {
      if (before == first) return true;
      if (seen[static_cast<size_t>(before)]) continue;
      seen[static_cast<size_t>(before)] = true;
      open.push_back(before);
    }
  }
  return false;
}

void StepList::prefer(int before, int step) {
  if (!waits_for(before, step)) order(before, step);
}

Plan StepList::finish() && {
  std::vector<int> open(steps_.size());
  std::vector<std::vector<int>> followers(steps_.size());
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (const Step& step : steps_) {
    open[static_cast<size_t>(step.id)] = static_cast<int>(step.after.size());
    if (step.after.empty()) ready.push(step.id);
    for (const int before : step.after) followers[static_cast<size_t>(before)].push_back(step.id);
  }
  Plan plan;
  plan.steps.reserve(steps_.size());
  std::vector<int> number(steps_.size(), -1);
  while (!ready.empty()) {
    const int next = ready.top();
    ready.pop();
    number[static_cast<size_t>(next)] = static_cast<int>(plan.steps.size());
    for (const int follower : followers[static_cast<size_t>(next)]) {
      if (--open[static_cast<size_t>(follower)] == 0) ready.push(follower);
    }
    plan.steps.push_back(std::move(at(next)));
  }
  if (plan.steps.size() != steps_.size()) throw CircularSteps();
  for (Step& step : plan.steps) {
    step.id = number[static_cast<size_t>(step.id)];
    for (int& before : step.after) before = number[static_cast<size_t>(before)];
    std::sort(step.after.begin(), step.after.end());
  }
  plan.warnings = std::move(warnings_);
  plan.updates = std::move(updates_);
  return plan;
}

}  // namespace compose
