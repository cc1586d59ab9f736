#pragma once
// What `up` would do to each container of a service, and why: `compose why`.
#include <string>
#include <vector>

#include "compose/plan/graph.h"
#include "compose/plan/planner.h"

namespace compose {

struct ContainerAccount {
  std::string name;
  std::string state;                 // "running", "exited", ...; empty: it is not there yet
  std::string verdict;               // "stays", "is created", "is recreated", "is started", ...
  std::vector<std::string> reasons;  // all of them; of one that stays: what it agrees in
};

struct ServiceAccount {
  std::string service, image;
  Dependencies needs;
  std::vector<std::string> needed_by;
  std::vector<ContainerAccount> containers;  // by number
};

// `plan`: what plan_up made of the same project and observation. Throws PlanError for a cycle.
std::vector<ServiceAccount> account_for(const parser::Project& project, const Observed& observed,
                                        const Plan& plan, const std::vector<std::string>& services);

std::string to_text(const std::vector<ServiceAccount>& accounts);
std::string to_json(const std::vector<ServiceAccount>& accounts);

}  // namespace compose
