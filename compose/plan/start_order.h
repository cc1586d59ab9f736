#pragma once
// Edges between the steps of services that need each other: starts wait for what they need, stops go the
// other way.
#include <map>
#include <string>
#include <vector>

#include "compose/plan/graph.h"
#include "compose/plan/step_list.h"

namespace compose {

// One container of a service as it will be when the plan has run.
struct Member {
  std::string name;
  int start = -1;  // its StartContainer step, or the step that begins its replacement; -1: there is none
  const engine::ContainerInfo* kept = nullptr;  // as observed, when start is -1
  bool one_off = false;                         // nobody waits for it
  int ready = -1;                               // after it, it has started, under its name; -1: after `start`
  int last() const { return ready >= 0 ? ready : start; }
};
using Members = std::map<std::string, std::vector<Member>>;  // by service

// Lets each start wait for the conditions of depends_on: plain order for service_started, WaitFor steps (one
// a container and condition, shared by all dependents) for the others and for what is not required. A
// condition that is already seen to hold needs no step. Services without members are not waited for.
void order_starts(StepList& steps, const ServiceGraph& graph, const Members& members);

// Lets each stop wait for the stops of the services that need it; services without stops are seen through.
void order_stops(StepList& steps, const ServiceGraph& graph,
                 const std::map<std::string, std::vector<int>>& stops);

// A finished one-shot job that others wait for is not run again by a plain start.
bool is_done_job(const ServiceGraph& graph, const engine::ContainerInfo& container);

}  // namespace compose
