#pragma once
// A plan being made: steps and the edges between them in any order, put in running order at the end.
#include <deque>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "compose/plan/plan.h"

namespace compose {

class CircularSteps : public std::logic_error {
 public:
  CircularSteps() : std::logic_error("the plan's steps wait for each other in a circle") {}
};

class StepList {
 public:
  // Returns the step's number within this list.
  int add(std::string resource, Action action, std::string reason, std::vector<int> after = {});
  // `step` runs only when `before` has succeeded. Doubles and a step after itself are ignored.
  void order(int before, int step);
  Step& at(int step) { return steps_.at(static_cast<size_t>(step)); }
  int size() const { return static_cast<int>(steps_.size()); }
  std::map<std::string, Update>& updates() { return updates_; }
  // Over any number of edges.
  bool waits_for(int step, int first) const;
  // `order`, unless that would close a circle.
  void prefer(int before, int step);
  void warn(std::string text) { warnings_.push_back(std::move(text)); }

  // The plan, renumbered so that each step comes after those it waits for and otherwise as added. A cycle is
  // a mistake in the planner, but for updates by groups (up_plan.cpp): CircularSteps.
  Plan finish() &&;

 private:
  std::deque<Step> steps_;  // a step is large, and is moved once only
  std::vector<std::string> warnings_;
  std::map<std::string, Update> updates_;
};

}  // namespace compose
