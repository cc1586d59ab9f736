#pragma once
// A plan being made: steps and the edges between them in any order, put in running order at the end.
#include <string>
#include <vector>

#include "compose/plan/plan.h"

namespace compose {

class StepList {
 public:
  // Returns the step's number within this list.
  int add(std::string resource, Action action, std::string reason, std::vector<int> after = {});
  // `step` runs only when `before` has succeeded. Doubles and a step after itself are ignored.
  void order(int before, int step);
  Step& at(int step) { return steps_.at(static_cast<size_t>(step)); }
  int size() const { return static_cast<int>(steps_.size()); }
  void warn(std::string text) { warnings_.push_back(std::move(text)); }

  // The plan, renumbered so that each step comes after those it waits for and otherwise as added. A cycle is
  // a mistake in the planner: std::logic_error.
  Plan finish() &&;

 private:
  std::vector<Step> steps_;
  std::vector<std::string> warnings_;
};

}  // namespace compose
